"""Whether the files of a snapshot are as they were written.

The record of a snapshot names the size, time and SHA-256 of each file of its graph. RocksDB alone
does not notice everything: of a manifest that is cut it reads an empty graph, and a block that is
damaged only when it is read.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.writing import sha256

_LASTING = ("CURRENT", "MANIFEST-*", "*.sst")
"""Files of RocksDB that hold the graph, and never change in a snapshot."""
_FOUND: dict[Path, str] = {}
"""Damage that ``examine`` found: what cannot be seen by size and time alone."""


class FileState(NamedTuple):
    """A file as it was written: bytes, nanoseconds, hexadecimal digits."""

    bytes: int
    modified: int
    sha256: str


class FileListError(ValueError):
    """The record of a snapshot cannot be read."""


def lasting_files(graph: Path) -> dict[str, FileState]:
    """Describe the files of a graph that nobody writes to any more, by name."""
    paths = sorted(path for pattern in _LASTING for path in graph.glob(pattern))
    return {path.name: described(path) for path in paths}


def described(path: Path) -> FileState:
    """Describe a file as it is now."""
    found = path.stat()
    return FileState(found.st_size, found.st_mtime_ns, sha256(path))


def read_record(path: Path) -> Mapping[str, Any]:
    """Read the record of a snapshot, empty where there is none; raises FileListError."""
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise FileListError(f"{path}: {_reason(error)}") from error
    if not isinstance(record, dict) or not isinstance(record.get("files", {}), dict):
        raise FileListError(f"{path}: not the record of a snapshot")
    return record


def damage(folder: Path) -> str:
    """Say in a line what is wrong with a snapshot; nothing where it can be read.

    A file with the size and the time of its writing is taken to be unchanged; another is hashed,
    once.
    """
    return _FOUND.get(folder) or next(_damages(folder, is_thorough=False), "")


def examine(folder: Path, *, walks: bool = False) -> str:
    """Hash every file of a snapshot; says what is wrong, and remembers it for ``damage``.

    With ``walks`` every quad is read and counted, too. That is done in any case where the snapshot
    is of a version that recorded no hashes.
    """
    found = next(chain(_damages(folder, is_thorough=True), _walked(folder, always=walks)), "")
    if found:
        _FOUND[folder] = found
    return found


def _damages(folder: Path, *, is_thorough: bool) -> Iterator[str]:
    graph = folder / "graph"
    if not graph.is_dir():
        yield f"{graph}: there is no such folder"
        return
    try:
        record = read_record(folder / "snapshot.json")
        for name, written in record.get("files", {}).items():
            yield from _file_damage(graph / name, FileState(*written), is_thorough=is_thorough)
        if not (is_thorough or "files" in record):
            yield from _unopenable(graph, record.get("quads"), _state(graph))
    except (OSError, TypeError, FileListError) as error:
        yield _reason(error)


def _walked(folder: Path, *, always: bool) -> Iterator[str]:
    record = read_record(folder / "snapshot.json")
    if always or "files" not in record:
        yield from _unreadable(folder / "graph", record.get("quads"))


def _file_damage(path: Path, written: FileState, *, is_thorough: bool) -> Iterator[str]:
    found = path.stat()
    if found.st_size != written.bytes:
        yield f"{path}: {found.st_size:,} bytes, {written.bytes:,} were written"
    elif is_thorough:
        yield from _changed(sha256(path), path, written)
    elif found.st_mtime_ns != written.modified:
        state = (found.st_size, found.st_mtime_ns, found.st_ino)
        yield from _changed(_known_hash(path, state), path, written)


def _changed(found: str, path: Path, written: FileState) -> Iterator[str]:
    if found != written.sha256:
        yield f"{path}: damaged: its bytes are not those that were written"


@lru_cache(maxsize=10_000)
def _known_hash(path: Path, state: tuple[int, ...]) -> str:
    del state
    return sha256(path)


def _unreadable(graph: Path, quads: int | None) -> Iterator[str]:
    """Walk over every quad; a graph without a record has no count to compare with."""
    try:
        found = sum(1 for _ in EmbeddedStore.open_read_only(graph).quads())
    except StoreError as error:
        yield str(error)
    else:
        if quads not in {None, found}:
            yield f"{graph}: {found:,} quads, {quads:,} were written"


@lru_cache(maxsize=100)
def _unopenable(graph: Path, quads: int | None, state: tuple[object, ...]) -> tuple[str, ...]:
    """Open a graph of an earlier version, which recorded no files."""
    del state
    try:
        is_empty = next(EmbeddedStore.open_read_only(graph).quads(), None) is None
    except StoreError as error:
        return (str(error),)
    return (f"{graph}: empty, {quads:,} quads were written",) if quads and is_empty else ()


def _state(graph: Path) -> tuple[object, ...]:
    """Whatever changes when a file that holds the graph does."""
    paths = sorted(path for pattern in _LASTING for path in graph.glob(pattern))
    stats = ((path.name, path.stat()) for path in paths)
    return tuple((name, found.st_size, found.st_mtime_ns) for name, found in stats)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
