"""The graph of concepts and assertions in memory, as networkx knows it."""

import tempfile
from pathlib import Path

from networkx import MultiDiGraph

from kg.exports.attributes import edge_attributes, node_attributes
from kg.exports.rows import read_concepts, read_edges
from kg.snapshots.snapshot import find_snapshot
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore


def open_network(
    data: Path | str, snapshot: str = "current", min_belief: float = 0.0
) -> "MultiDiGraph[str]":
    """Read the graph of a data directory, the current snapshot or another one.

    Nodes are concept identifiers with ``name``, ``type``, ``iri`` …; edges are keyed by predicate
    and have ``belief``, ``papers``, ``evidence``, ``first_year`` …: one an assertion.
    """
    found = find_snapshot(Path(data) / "graph", snapshot)
    return read_network(EmbeddedStore.open_read_only(found.graph), min_belief)


def read_network(store: TripleStore, min_belief: float = 0.0) -> "MultiDiGraph[str]":
    """Read the graph of a store, with the assertions of at least some belief."""
    network: MultiDiGraph[str] = MultiDiGraph()
    with tempfile.TemporaryDirectory() as folder:
        for concept in read_concepts(store, Path(folder), min_belief):
            network.add_node(concept.curie, **node_attributes(concept))
        for edges in read_edges(store, Path(folder), min_belief):
            for edge in edges:
                attributes = edge_attributes(edge)
                network.add_edge(edge.subject, edge.object, str(edge.predicate), **attributes)
    return network
