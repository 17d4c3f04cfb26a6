"""Copies of a data directory: made while it is in use, and checked before they are put back.

A backup is a folder with ``archive.sqlite``, ``graph`` (the current snapshot), ``alerts``,
``gutbrain.toml`` and ``manifest.json``, which names every file with its size and SHA-256.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.alerts import alerts_folder
from app.settings import PROJECT_FILE, Settings, archive_path, graph_root
from app.update import lock_path
from ingest.archive.archive import Archive
from ingest.lock import lock
from ingest.sqlite_file import damages
from kg.snapshots.snapshot import Snapshot, readable_snapshot
from kg.writing import MANIFEST, new_folder, sha256, sync, write_manifest

FORM = "gutbrain-backup"
_PART = ".restoring"
_REPLACED = "replaced-"


class BackupError(ValueError):
    """A backup that cannot be made, or must not be put back."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds; ``snapshot`` is None where there is no graph in it."""

    folder: Path
    snapshot: int | None
    papers: int
    files: int
    bytes: int


def back_up(settings: Settings, folder: Path) -> Backup:
    """Write a backup to a new folder, which appears when it is complete.

    The graph comes first: an archive may be newer than its graph, never older. Raises BackupError,
    ArchiveError, ExportError, OSError.
    """
    archive, snapshot = archive_path(settings.data), _snapshot(settings)
    if not archive.exists():
        raise BackupError(f"{archive}: there is no archive yet, so nothing to back up")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BackupError(f"{folder}: exists already; choose a new folder")
    with new_folder(folder) as part:
        part.chmod(0o700)  # gutbrain.toml may hold a key
        if snapshot is not None:
            _copy_snapshot(snapshot, part / "graph")
        papers = _copy_archive(archive, part / archive.name)
        _copy_rest(settings, part)
        files = list(map(_entry, *_paths(part)))
        content = {
            "format": FORM,
            "gutbrain": version("gutbrain"),
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "snapshot": snapshot.number if snapshot else None,
            "papers": papers,
            "files": files,
        }
        write_manifest(part, content)
    return _described(folder, content)


def read_backup(folder: Path) -> Backup:
    """Check every file of a backup against its manifest; raises BackupError."""
    try:
        content = _manifest(folder)
        for entry in content["files"]:
            _check(folder, str(entry["file"]), int(entry["bytes"]), str(entry["sha256"]))
        return _described(folder, content)
    except OSError as error:
        raise BackupError(f"{error.filename}: {error.strerror}") from error
    except BackupError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupError(f"{folder / MANIFEST}: damaged, or not of a backup") from error


def _manifest(folder: Path) -> Mapping[str, Any]:
    content = json.loads((folder / MANIFEST).read_bytes())
    if content["format"] != FORM:
        raise BackupError(f"{folder}: not a backup of gutbrain")
    return content


def restore(settings: Settings, folder: Path, *, replaces: bool = False) -> Backup:
    """Put a backup back, once it is checked; what is in its place stays where it is, or aside.

    Raises BackupError where the backup is damaged, or the data directory is in use and not
    ``replaces``; LockedError where another process works.
    """
    found, data = read_backup(folder), settings.data
    with lock(lock_path(data), f"restoring {data}"):
        present = [path for path in data.iterdir() if not _may_stay(path)]
        if present and not replaces:
            raise BackupError(
                f"{data} is not empty; --replace moves what is there to {data / _REPLACED}…"
            )
        part = _copied(folder, data / _PART)
        _move(present, data / f"{_REPLACED}{datetime.now(UTC):%Y%m%d-%H%M%S}")
        # the graph last: as long as it is missing, nobody reads half of a backup
        _move(sorted(part.iterdir(), key=lambda path: path.name == "graph"), data)
        part.rmdir()
        sync(data)
    return found


def _snapshot(settings: Settings) -> Snapshot | None:
    return None if settings.store else readable_snapshot(graph_root(settings.data))


def _copy_snapshot(snapshot: Snapshot, root: Path) -> None:
    """Leave out locks, and the engine's log, which readers write to."""
    target = root / "snapshots" / snapshot.path.name
    for path in filter(Path.is_file, snapshot.path.rglob("*")):
        if path.suffix != ".lock" and not path.name.startswith("LOG"):
            _link(path, target / path.relative_to(snapshot.path))
    (root / "CURRENT").write_text(snapshot.path.name, encoding="ascii")


def _link(path: Path, target: Path) -> None:
    """Link a file that never changes; copy it where the disk is another one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(path)
    except OSError:
        _copy(path, target)


def _copy(path: Path, target: Path) -> None:
    """Copy with the time of writing, which says that a file of a snapshot is unchanged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())


def _copy_archive(path: Path, target: Path) -> int:
    with Archive.existing(path) as archive:
        papers = len(archive.hashes())
        archive.copy(target)
    for fault in damages(target):
        raise BackupError(f"{path}: {fault}; restore an earlier backup")
    return papers


def _copy_rest(settings: Settings, part: Path) -> None:
    alerts = alerts_folder(settings.data)
    for path in filter(Path.is_file, alerts.rglob("*")):
        _copy(path, part / "alerts" / path.relative_to(alerts))
    if PROJECT_FILE.is_file():
        _copy(PROJECT_FILE, part / PROJECT_FILE.name)


def _paths(folder: Path) -> tuple[list[Path], list[str]]:
    paths = sorted(filter(Path.is_file, folder.rglob("*")))
    return paths, [path.relative_to(folder).as_posix() for path in paths]


def _entry(path: Path, name: str) -> dict[str, str | int]:
    return {"file": name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _described(folder: Path, content: Mapping[str, Any]) -> Backup:
    files = content["files"]
    size = sum(int(entry["bytes"]) for entry in files)
    return Backup(folder, content["snapshot"], content["papers"], len(files), size)


def _check(folder: Path, name: str, size: int, digest: str) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BackupError(f"{folder / MANIFEST}: names a file outside of the backup: {name}")
    if path.stat().st_size != size:
        raise BackupError(f"{path}: damaged: {path.stat().st_size:,} bytes in place of {size:,}")
    if sha256(path) != digest:
        raise BackupError(f"{path}: damaged: its bytes are not those that were written")


def _may_stay(path: Path) -> bool:
    return path.suffix == ".lock" or path.name == _PART or path.name.startswith(_REPLACED)


def _copied(folder: Path, part: Path) -> Path:
    """Copy the files that the manifest names; the settings are left to whoever restores."""
    shutil.rmtree(part, ignore_errors=True)
    content = _manifest(folder)
    part.mkdir()
    try:
        for name in (str(entry["file"]) for entry in content["files"]):
            if name != PROJECT_FILE.name:
                _copy(folder / name, part / name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return part


def _move(paths: list[Path], folder: Path) -> None:
    if paths:
        folder.mkdir(exist_ok=True)
    for path in paths:
        path.rename(folder / path.name)


def described(backup: Backup) -> Iterator[tuple[str, object]]:
    """Names and values, for people and as JSON."""
    yield "folder", str(backup.folder)
    yield "papers", backup.papers
    yield "snapshot", backup.snapshot
    yield "files", backup.files
    yield "bytes", backup.bytes
