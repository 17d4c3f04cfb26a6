"""The current snapshot, read without SPARQL: by pattern, by graph, by count."""

from functools import lru_cache
from pathlib import Path

from pyoxigraph import Store

from app.endpoint.counting import size_of
from app.endpoint.errors import ProtocolError
from app.endpoint.terms import Graph, graph_of
from app.graph_access import graph_version
from app.settings import Settings
from kg.snapshots.snapshot import Snapshot


def current_version(settings: Settings) -> str:
    """Name the snapshot, empty where there is none yet; raises ProtocolError over a server."""
    if settings.store is not None:
        raise ProtocolError(501, "The graph is on a server of its own: ask it there")
    return graph_version(settings)


def current_store(settings: Settings) -> Store:
    """Open the snapshot that is current now, for reading."""
    return opened(current_version(settings))


@lru_cache(maxsize=2)
def opened(version: str) -> Store:
    """Open a snapshot once; no name is an empty graph."""
    return Store.read_only(str(Snapshot(Path(version)).graph)) if version else Store()


def graphs_of(store: Store) -> list[Graph]:
    """List the named graphs that hold something, sorted."""
    held = (graph for graph in store.named_graphs() if has_any(store, str(graph)))
    return sorted(held, key=str)


def has_any(store: Store, context: str) -> bool:
    """Whether a graph holds anything."""
    return any(True for _ in store.quads_for_pattern(None, None, None, graph_of(context)))


@lru_cache(maxsize=200)
def count(version: str, contexts: tuple[str, ...]) -> int:
    """Count the statements of a snapshot, or of some graphs of it, once."""
    return size_of(opened(version), contexts)
