"""Blue and green: readers keep an immutable snapshot while the next one is written.

Under the root: ``snapshots/000007/graph`` (the store) and ``snapshots/000007/labels.sqlite``,
``CURRENT`` with the name of the published one, ``LOCK`` held by the writer. Only the swap of
``CURRENT`` publishes; whatever is newer than it was left by a writer that died.
"""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg.labels import build_index
from kg.stores.embedded import EmbeddedStore

KEPT = 3


class SnapshotError(RuntimeError):
    """The snapshots of a directory do not hang together."""


class WriterBusyError(SnapshotError):
    """Another process is writing the next snapshot."""


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
    def labels(self) -> Path:
        """Where the label index is."""
        return self.path / "labels.sqlite"


def current_snapshot(root: Path) -> Snapshot | None:
    """The published snapshot, None before the first; raises SnapshotError where it is gone."""
    try:
        name = (root / "CURRENT").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    if not name.isdecimal() or not _snapshot(root, int(name)).graph.is_dir():
        raise SnapshotError(f"{root / 'CURRENT'} names {name!r}, which is not there")
    return _snapshot(root, int(name))


@contextmanager
def next_snapshot(root: Path) -> Generator[EmbeddedStore]:
    """Write the next snapshot, starting from the current one; publish it when the block ends.

    A block that raises or changes nothing publishes nothing. Raises WriterBusyError at once where
    another process writes.
    """
    root.mkdir(parents=True, exist_ok=True)
    with _sole_writer(root):
        current = current_snapshot(root)
        _remove_left_over(root, current)
        coming = _snapshot(root, current.number + 1 if current else 1)
        store = _start(current, coming)
        try:
            yield store
            _finish(root, store, coming)
        finally:
            store.close()
            _remove_left_over(root, current_snapshot(root))


def _snapshot(root: Path, number: int) -> Snapshot:
    return Snapshot(root / "snapshots" / f"{number:06}")


@contextmanager
def _sole_writer(root: Path) -> Generator[None]:
    """Hold the lock; the system lets go of it when the process ends, however it ends."""
    with (root / "LOCK").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WriterBusyError(f"{root}: another process is writing the graph") from error
        yield


def _start(current: Snapshot | None, coming: Snapshot) -> EmbeddedStore:
    coming.path.mkdir(parents=True)
    if current is not None:
        EmbeddedStore.open_read_only(current.graph).backup(coming.graph)
    return EmbeddedStore.open(coming.graph)


def _finish(root: Path, store: EmbeddedStore, coming: Snapshot) -> None:
    if not store.has_changed and current_snapshot(root) is not None:
        return
    build_index(store, coming.labels)
    store.close()
    _publish(root, coming)


def _publish(root: Path, snapshot: Snapshot) -> None:
    """Swap the pointer; everything it points at is on disk before, the swap itself after."""
    for folder in (snapshot.graph, snapshot.path, snapshot.path.parent):
        _sync(folder)
    pointer = root / "CURRENT.new"
    with pointer.open("w", encoding="ascii") as file:
        file.write(snapshot.path.name)
        file.flush()
        os.fsync(file.fileno())
    pointer.replace(root / "CURRENT")
    _sync(root)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_left_over(root: Path, current: Snapshot | None) -> None:
    """Remove what is newer than the current snapshot, and what is older than the last three."""
    newest = current.number if current else 0
    for path in (root / "snapshots").glob("[0-9]*"):
        if not newest - KEPT < int(path.name) <= newest:
            shutil.rmtree(path)
