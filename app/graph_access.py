"""Which graph is current, how it is opened, and the sandbox for queries of strangers."""

from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock

from app.sandbox.answer import Limits, Sandbox, UnavailableError
from app.sandbox.remote import RemoteSandbox
from app.sandbox.workers import WorkerSandbox
from app.settings import Settings, load_settings
from kg.snapshots.snapshot import Snapshot, SnapshotError, current_snapshot
from kg.stores import TripleStore
from kg.stores.address import StoreAddress
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_server

_OPENING = Lock()


def graph_version(settings: Settings) -> str:
    """Name the graph that is current: a server's address, a snapshot's folder, or empty.

    Raises SnapshotError where the snapshot is named but not there.
    """
    if settings.store:
        return settings.store
    snapshot = current_snapshot(settings.data / "graph")
    return str(snapshot.path) if snapshot else ""


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
        snapshot = current_snapshot(settings.data / "graph")
    except SnapshotError as error:
        raise UnavailableError("The graph is not there: try again soon") from error
    return str(snapshot.graph) if snapshot else ""
