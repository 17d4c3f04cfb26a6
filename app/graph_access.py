"""Which graph is current, how it and its read model are opened, and the sandbox for strangers.

A snapshot has its own read model; one that was made before there were any gets it at the first
visit. That of a server's graph is a file in the data directory, made anew when the graph is found
to have changed: until then the one before is read.
"""

import logging
import sqlite3
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock, Thread

from app.sandbox.answer import Limits, Sandbox, UnavailableError
from app.sandbox.remote import RemoteSandbox
from app.sandbox.workers import WorkerSandbox
from app.settings import Settings, graph_root, load_settings
from app.work import check_graph
from kg.graph.rdf import RowError
from kg.identifiers import digest
from kg.snapshots.read_model import ReadModel, ReadModelError
from kg.snapshots.read_model_build import make_read_model, server_state
from kg.snapshots.snapshot import (
    Snapshot,
    SnapshotError,
    current_snapshot,
    fault_of_current,
    find_snapshot,
)
from kg.stores import TripleStore
from kg.stores.address import StoreAddress
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_server, open_store

ReadableStore = EmbeddedStore | ServerStore
LOG = logging.getLogger(__name__)
FRESH_S = 300
"""How long a server's graph is taken to be what it was."""
_OPENING, _STARTING = Lock(), Lock()
LAST: dict[Path, "Making"] = {}
"""The last attempt at each read model."""


class NotPreparedError(RuntimeError):
    """The read model is being made; it will be there soon."""


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
    if which == "current" and (fault := fault_of_current(root)):
        LOG.warning("%s", fault)
    return find_snapshot(root, which)


def graph_version(settings: Settings) -> str:
    """Name the graph that is current: a server's address, a snapshot's folder, or empty.

    Raises SnapshotError where the snapshot is named but not there.
    """
    if settings.store:
        return settings.store
    snapshot = current_snapshot(graph_root(settings.data))
    return str(snapshot.path) if snapshot else ""


def look_again(settings: Settings) -> None:
    """Read the files of a graph that did not answer; where they are damaged, the next takes over.

    A disk that fails changes no file's size or time.
    """
    with suppress(SnapshotError):
        check_graph(settings)


def open_graph(version: str, address: StoreAddress | None) -> TripleStore:
    """Open the server of an address, else a snapshot; what was opened last stays open."""
    if address is not None:
        return open_graph_server(address)
    with _OPENING:
        return _opened(version)


@lru_cache(maxsize=2)
def _opened(version: str) -> TripleStore:
    return EmbeddedStore.open_read_only(Snapshot(Path(version)).graph)


@lru_cache(maxsize=2)
def open_graph_server(address: StoreAddress) -> ServerStore:
    """Connect to the server that is the graph, once. Raises StoreError as long as that fails.

    Without a lock: while a server is away, those who ask wait side by side.
    """
    return open_server(address)


def read_model(settings: Settings, version: str) -> ReadModel:
    """Open the read model of the graph that ``graph_version`` names; waits for nothing.

    Raises NotPreparedError while it is made, then StoreError or ReadModelError where that failed.
    """
    try:
        found = ReadModel.open(path_of(settings, version))
    except ReadModelError as error:
        LOG.info("%s: it is made now", error)
        raise _begin(settings, version, 0) or NotPreparedError(str(error)) from error
    if settings.store:
        _begin(settings, version, FRESH_S)
    return found


def open_or_make(store: TripleStore, path: Path) -> ReadModel:
    """Open the read model of a store as it is now; where that takes making one, wait for it.

    Raises StoreError where the graph does not answer, ReadModelError where no file can be made.
    """
    is_server = not isinstance(store, EmbeddedStore)
    state = server_state(store) if is_server else ""
    try:
        if is_server:
            path.parent.mkdir(parents=True, exist_ok=True)
        make_read_model(store, path, state)
    except (OSError, sqlite3.Error, RowError) as error:
        raise ReadModelError(f"{path} cannot be made: {error}") from error
    return ReadModel.open(path)


def path_of(settings: Settings, version: str) -> Path:
    """Where the read model of a graph is."""
    if settings.store:
        return settings.data / "cache" / f"read_model-{digest(version)}.sqlite"
    return Snapshot(Path(version)).read_model


@dataclass(frozen=True, slots=True)
class Making:
    """One attempt to make a read model; it may still go on, or have failed."""

    result: Future[ReadModel] = field(default_factory=Future[ReadModel])
    began: float = field(default_factory=time.monotonic)

    def goes_on(self, within_s: float) -> bool:
        """Whether it is at work, or began so lately."""
        return not self.result.done() or time.monotonic() - self.began < within_s

    def run(self, settings: Settings, version: str) -> None:
        """Make it; a failure is for those who ask next."""
        try:
            store = open_graph(version, settings.store_address)
            self.result.set_result(open_or_make(store, path_of(settings, version)))
        except (StoreError, ReadModelError) as error:
            LOG.warning("No read model of %s: %s", version, error)
            self.result.set_exception(error)
        finally:
            self.result.cancel()


def _begin(settings: Settings, version: str, within_s: float) -> BaseException | None:
    """Begin in a thread, unless somebody did within some seconds; give what failed before."""
    path = path_of(settings, version)
    with _STARTING:
        last = LAST.get(path)
        if last and last.goes_on(within_s):
            return None
        making = LAST[path] = Making()
        Thread(target=making.run, args=(settings, version), daemon=True).start()
        return last.result.exception() if last and not last.result.cancelled() else None


@cache
def shared_sandbox() -> Sandbox:
    """The one sandbox of this process, for the endpoint and the query page alike."""
    return sandbox_of(load_settings())


def sandbox_of(settings: Settings) -> Sandbox:
    """Start a sandbox over the graph that is current when a query comes."""
    limits, address = limits_of(settings), settings.store_address
    if address is not None:
        return RemoteSandbox(partial(open_graph_server, address), limits)
    return WorkerSandbox(lambda: _graph_folder(settings), limits)


def limits_of(settings: Settings) -> Limits:
    """Say what a query may use."""
    return Limits(
        settings.query_timeout_s,
        settings.max_rows,
        settings.max_bytes,
        settings.query_memory_mb << 20,
        settings.query_workers,
    )


def _graph_folder(settings: Settings) -> str:
    """Where query processes find the current graph, empty where there is none yet."""
    try:
        snapshot = current_snapshot(graph_root(settings.data))
    except SnapshotError as error:
        raise UnavailableError("The graph is not there: try again soon") from error
    return str(snapshot.graph) if snapshot else ""
