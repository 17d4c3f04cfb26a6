"""Every quad of a store, in an order that does not depend on the store."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Quad

from kg.exports.rows import ask
from kg.exports.sorting import KeyOf, by_graph, keyed_lines, sorted_lines
from kg.graph.rdf import node, value
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore


def all_quads(store: TripleStore) -> Iterator[Quad]:
    """Walk over every quad in the store's order; a server is asked by SPARQL, its named graphs."""
    if isinstance(store, EmbeddedStore):
        return store.quads()
    rows = ask(store, "quads")
    return (Quad(node(r, "s"), node(r, "p"), value(r, "o"), node(r, "g")) for r in rows)


def sorted_quads(store: TripleStore, folder: Path, key: KeyOf = by_graph) -> Iterator[bytes]:
    """Give every quad as a keyed line, in order; ``folder`` is for the pieces on the disk."""
    folder.mkdir(exist_ok=True)
    return sorted_lines(keyed_lines(all_quads(store), key), folder)
