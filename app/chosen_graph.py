"""The graph that the settings choose: a snapshot of the data directory, or a server."""

from dataclasses import dataclass
from pathlib import Path

from app.read_models import open_or_make, path_of
from app.settings import Settings, graph_root
from kg.snapshots.read_model import ReadModel
from kg.snapshots.snapshot import Snapshot, SnapshotError, current_snapshot, find_snapshot
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_store

ReadableStore = EmbeddedStore | ServerStore


@dataclass(frozen=True, slots=True)
class ChosenGraph:
    """A graph open for reading; ``read_model`` is where the file for its lists is, or will be."""

    store: ReadableStore
    read_model: Path

    def lists(self) -> ReadModel:
        """Open the read model; where there is none of the graph as it is now, make it first."""
        return open_or_make(self.store, self.read_model)


def chosen_graph(settings: Settings, which: str = "current") -> ChosenGraph:
    """Open a snapshot for reading, or the server of the settings.

    Raises SnapshotError where there is no such snapshot; a server has the current state only.
    """
    address = settings.store_address
    if address is None:
        return open_snapshot(settings.data, which)
    if which != "current":
        raise SnapshotError(f"{address}: a graph on a server has no snapshots")
    return ChosenGraph(open_store(address), path_of(settings, str(settings.store)))


def open_snapshot(data: Path, which: str) -> ChosenGraph:
    """Open a snapshot of a data directory for reading."""
    snapshot = snapshot_of(data, which)
    return ChosenGraph(EmbeddedStore.open_read_only(snapshot.graph), snapshot.read_model)


def snapshot_of(data: Path, which: str) -> Snapshot:
    """Find a snapshot of a data directory."""
    root = graph_root(data)
    if current_snapshot(root) is None:
        raise SnapshotError(f"{root}: no graph yet; make one with `gutbrain run`")
    return find_snapshot(root, which)
