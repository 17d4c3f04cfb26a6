"""Files and folders that appear whole or not at all, with the same bytes each time."""

import errno
import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MANIFEST = "manifest.json"
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO})
"""What a write fails with, without saying which file it was."""
DEVICES = (Path("/dev"), Path("/dev/fd"))


class ExportError(ValueError):
    """What was asked for cannot be written."""


@contextmanager
def new_file(path: Path) -> Generator[IO[bytes]]:
    """Open a file to write; it takes its name when the block ends, never when the block raises.

    It is then on the disk, under that name. What a killed process leaves is called ``.*.part``.
    A name that ends in ``.gz`` is compressed, without a time or a name inside, so that the same
    content gives the same bytes. A pipe or a device is written into as it is. Raises ExportError
    where the folder is missing, OSError with the name where the disk is full.
    """
    check_folder(path)
    if is_stream(path):
        with path.open("wb") as file, _packed(file, path) as packed:
            yield packed
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            with _packed(file, path) as packed:
                yield packed
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    except OSError as error:
        if error.filename is None and error.errno in _OF_THE_DISK:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _packed(file: IO[bytes], path: Path) -> Generator[IO[bytes]]:
    if path.suffix != ".gz":
        yield file
        return
    with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        yield packed  # type: ignore[misc]  # GzipFile is IO[bytes] in all but name


def is_stream(path: Path) -> bool:
    """Whether a pipe, a terminal or another device is there: nothing takes its place."""
    return path.exists() and (not (path.is_file() or path.is_dir()) or path.parent in DEVICES)


def check_folder(path: Path) -> None:
    """Raise ExportError where the folder of a file is missing."""
    if not path.parent.is_dir():
        raise ExportError(f"{path.parent}: there is no such folder")


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_folder(path: Path) -> Generator[Path]:
    """Fill a folder; it takes its name when the block ends, in place of an export that was there.

    Raises ExportError where something else is there: only an empty folder, or one with a manifest,
    is replaced; and where the folder around it is missing.
    """
    if path.exists() and not _is_replaceable(path):
        raise ExportError(f"{path}: exists and is not an export; choose another folder")
    check_folder(path)
    part, old = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    part.mkdir()
    try:
        yield part
        if path.exists():
            path.replace(old)
        part.replace(path)
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def _is_replaceable(path: Path) -> bool:
    return path.is_dir() and ((path / MANIFEST).is_file() or not any(path.iterdir()))


def file_entry(path: Path) -> dict[str, str | int]:
    """Describe a file for a manifest: its name, size and SHA-256."""
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def sha256(path: Path) -> str:
    """Hash the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, content: Mapping[str, object]) -> None:
    """Write what a folder holds; no time is in it, so that it is the same each time."""
    with new_file(folder / MANIFEST) as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
