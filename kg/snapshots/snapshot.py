"""Blue and green: readers keep an immutable snapshot while the next one is written.

Under the root: ``snapshots/000007`` with ``graph`` (the store), ``read_model.sqlite`` and
``snapshot.json``; ``names/<name>`` with the number of a snapshot that is kept; ``CURRENT`` with the
published one; ``LOCK`` held by the writer. A writer works in ``snapshots/000008.new``, which gets
its number when it is whole: a number is never used twice. Only the swap of ``CURRENT`` publishes.
What is removed is called ``000004.old`` first. So a process may be killed at any point: what is
named without a suffix is whole, and the next writer clears the rest away.

Disks fail too: where the published snapshot is damaged (``damage.py``), or ``CURRENT`` is, the
newest that is not takes its place, for readers and for the next writer.
"""

import json
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ingest.lock import lock
from kg.snapshots.damage import FileListError, damage, described, lasting_files, read_record
from kg.snapshots.read_model_build import build_read_model
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.writing import new_file, sync

KEPT = 3
"""Snapshots kept beside the current one, the one it was made from, and those with a name."""

RESERVED = ("current", "previous")
_MISSING = {
    "current": "there is no graph yet",
    "previous": "the current snapshot was not made from another one, so there is no previous",
}
_REBUILT = "{fault}; the next run or night makes the graph again from the archive"
_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}")


class SnapshotError(StoreError):
    """The snapshots of a directory do not hang together."""


@dataclass(frozen=True, slots=True, order=True)
class Snapshot:
    """One directory of one state of the graph."""

    path: Path

    @property
    def number(self) -> int:
        """Counts up with every published snapshot."""
        return int(self.path.name)

    @property
    def graph(self) -> Path:
        """Where the store is."""
        return self.path / "graph"

    @property
    def read_model(self) -> Path:
        """Where the read model is; snapshots made before there was one get it when it is needed."""
        return self.path / "read_model.sqlite"

    @property
    def record(self) -> Path:
        """The file with what the snapshot was made from, and how many quads it has."""
        return self.path / "snapshot.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot that is there. ``made_from`` and ``quads`` are None where no record says it."""

    snapshot: Snapshot
    names: tuple[str, ...]
    made: datetime
    made_from: int | None
    quads: int | None
    is_current: bool


def current_snapshot(root: Path) -> Snapshot | None:
    """The snapshot to read: the published one, or the newest without damage in its place.

    None before the first. Raises SnapshotError where no snapshot is without damage.
    """
    snapshot, fault = _chosen(root)
    if snapshot is None and fault:
        raise SnapshotError(fault)
    return snapshot


def readable_snapshot(root: Path) -> Snapshot | None:
    """The snapshot to read, as ``current_snapshot``; None where all are damaged, too."""
    return _chosen(root)[0]


def fault_of_current(root: Path) -> str:
    """Say in a line what is wrong with the published snapshot, and what is read in its place.

    Nothing where it is as it was written, or where there is none yet.
    """
    return _chosen(root)[1]


def _chosen(root: Path) -> tuple[Snapshot | None, str]:
    numbers = sorted(_numbers(root), reverse=True)
    try:
        published = _published(root)
        fault = damage(published.path) if published else ""
        if published and not fault:
            return published, ""
    except SnapshotError as error:
        published, fault = None, str(error)
    others = (_snapshot(root, n) for n in numbers if published is None or n != published.number)
    found = next((each for each in others if not damage(each.path)), None)
    if found is None and not fault:
        return None, _REBUILT.format(fault="every snapshot is damaged") if numbers else ""
    fault = fault or f"{root / 'CURRENT'} is missing"
    instead = f"snapshot {found.path.name} is read instead; " if found else ""
    return found, instead + _REBUILT.format(fault=fault)


def _published(root: Path) -> Snapshot | None:
    """Read the pointer; raises SnapshotError where it points nowhere."""
    pointer = root / "CURRENT"
    try:
        name = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{pointer}: cannot be read: {error}") from error
    if not (name.isascii() and name.isdecimal()) or not _snapshot(root, int(name)).path.is_dir():
        raise SnapshotError(f"{pointer} names snapshot {name!r}, which does not exist")
    return _snapshot(root, int(name))


def kept_snapshots(root: Path) -> tuple[Kept, ...]:
    """List the snapshots that are there, oldest first."""
    current, names = readable_snapshot(root), _names(root)
    numbers = sorted(_numbers(root))
    return tuple(_kept(_snapshot(root, n), current, names.get(n, ())) for n in numbers)


def find_snapshot(root: Path, which: str) -> Snapshot:
    """Find a snapshot by number, name, ``current``, ``previous``, or the last one of a day.

    ``previous`` is the one that the current was made from; a day (YYYY-MM-DD, UTC) is for the
    last snapshot made on it or before. Raises SnapshotError where there is none.
    """
    found = _found(kept_snapshots(root), which.strip())
    if found is None:
        raise SnapshotError(f"{root}: {_MISSING.get(which, f'there is no snapshot {which!r}')}")
    return found.snapshot


def roll_back(root: Path, which: str) -> Snapshot:
    """Publish a snapshot that is there in place of the current one; the others stay.

    Raises SnapshotError where it is not there, LockedError while another process writes.
    """
    with _sole_writer(root):
        snapshot = find_snapshot(root, which)
        if fault := damage(snapshot.path):
            raise SnapshotError(f"snapshot {snapshot.number} cannot be made current: {fault}")
        _publish(root, snapshot)
    return snapshot


def name_snapshot(root: Path, which: str, name: str) -> Snapshot:
    """Give a snapshot a name, or move the name to it; a snapshot with a name is kept."""
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise SnapshotError(
            f"{name!r} cannot be a name: use a letter, then letters, digits, '.', '_' or '-'"
        )
    with _sole_writer(root):
        snapshot = find_snapshot(root, which)
        (root / "names").mkdir(exist_ok=True)
        _write(root / "names" / name, snapshot.path.name)
    return snapshot


def forget_name(root: Path, name: str) -> None:
    """Take a name away; the next writer may remove what it kept."""
    if not _NAME.fullmatch(name) or not (root / "names" / name).is_file():
        raise SnapshotError(f"{root}: no snapshot is called {name!r}")
    (root / "names" / name).unlink()


@contextmanager
def next_snapshot(root: Path) -> Generator[EmbeddedStore]:
    """Write the next snapshot, starting from the current one; publish it when the block ends.

    A block that raises or changes nothing publishes nothing. Raises LockedError at once where
    another process writes.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _sole_writer(root):
        current = readable_snapshot(root)
        coming = Snapshot(root / "snapshots" / f"{max(_numbers(root), default=0) + 1:06}.new")
        try:
            with closing(_start(current, coming)) as store:
                yield store
                _finish(root, store, coming, current)
        finally:
            _remove_left_over(root)
            _prune(root)


def _snapshot(root: Path, number: int) -> Snapshot:
    return Snapshot(root / "snapshots" / f"{number:06}")


@contextmanager
def _sole_writer(root: Path) -> Generator[None]:
    """Let nobody else write, and clear away what the last writer did not finish."""
    if not root.is_dir():
        raise SnapshotError(f"{root}: there is no graph yet")
    with lock(root / "LOCK", f"writing the graph in {root}"):
        _remove_left_over(root)
        yield


def _start(current: Snapshot | None, coming: Snapshot) -> EmbeddedStore:
    coming.path.mkdir(parents=True)
    if current is not None:
        EmbeddedStore.open_read_only(current.graph).backup(coming.graph)
    return EmbeddedStore.open(coming.graph)


def _finish(root: Path, store: EmbeddedStore, coming: Snapshot, current: Snapshot | None) -> None:
    if not store.has_changed and current is not None:
        if fault_of_current(root):
            _publish(root, current)
        return
    build_read_model(store, coming.read_model)
    record = {"made_from": current.number if current else None, "quads": store.size()}
    store.close()
    files = {"files": lasting_files(coming.graph), "read_model": described(coming.read_model)}
    _write(coming.record, json.dumps(record | files))
    for folder in (coming.graph, coming.path):
        sync(folder)
    finished = Snapshot(coming.path.with_suffix(""))
    coming.path.rename(finished.path)
    _publish(root, finished)


def _publish(root: Path, snapshot: Snapshot) -> None:
    """Swap the pointer; everything it points at is on disk before, the swap itself after."""
    sync(snapshot.path.parent)
    _write(root / "CURRENT", snapshot.path.name)


def _write(path: Path, text: str) -> None:
    with new_file(path) as file:
        file.write(text.encode())


def _remove_left_over(root: Path) -> None:
    """Remove what a writer did not finish: to make, or to remove."""
    for path in (*root.glob("snapshots/*.new"), *root.glob("snapshots/*.old")):
        shutil.rmtree(path)
    for path in (*root.glob(".*.part"), *root.glob("names/.*.part")):
        path.unlink()


def _remove(snapshot: Snapshot) -> None:
    """Remove a snapshot; one that is half removed must not be found, and rolled back to."""
    doomed = snapshot.path.rename(snapshot.path.with_suffix(".old"))
    shutil.rmtree(doomed)


def _prune(root: Path) -> None:
    """Remove what is neither among the last nor current, the base of it, or named."""
    kept = kept_snapshots(root)
    base = {each.made_from for each in kept if each.is_current}
    last = {each.snapshot.number for each in kept[-KEPT:]}
    for each in kept:
        if not (each.is_current or each.names or each.snapshot.number in base | last):
            _remove(each.snapshot)


def _numbers(root: Path) -> Iterator[int]:
    for path in (root / "snapshots").glob("[0-9]*"):
        if path.name.isdecimal():
            yield int(path.name)


def _names(root: Path) -> dict[int, tuple[str, ...]]:
    named: dict[int, tuple[str, ...]] = {}
    for path in sorted((root / "names").glob("*")):
        if _NAME.fullmatch(path.name):
            number = path.read_text(encoding="utf-8", errors="replace").strip()
            if number.isascii() and number.isdecimal():
                named[int(number)] = (*named.get(int(number), ()), path.name)
    return named


def _kept(snapshot: Snapshot, current: Snapshot | None, names: tuple[str, ...]) -> Kept:
    is_there = snapshot.record.is_file()
    try:
        record = read_record(snapshot.record)
    except FileListError:
        record = {}
    seconds = (snapshot.record if is_there else snapshot.path).stat().st_mtime
    made = datetime.fromtimestamp(seconds, UTC)
    made_from, quads = record.get("made_from"), record.get("quads")
    return Kept(snapshot, names, made, made_from, quads, snapshot == current)


def _found(kept: tuple[Kept, ...], which: str) -> Kept | None:
    current = next((each for each in kept if each.is_current), None)
    if which == "current":
        return current
    if which == "previous":
        wanted = current.made_from if current else None
        return next((each for each in kept if each.snapshot.number == wanted), None)
    if which.isdecimal():
        return next((each for each in kept if each.snapshot.number == int(which)), None)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", which):
        return _last_of(kept, which)
    return next((each for each in kept if which in each.names), None)


def _last_of(kept: tuple[Kept, ...], day: str) -> Kept | None:
    until = date.fromisoformat(day)
    return next((each for each in reversed(kept) if each.made.date() <= until), None)
