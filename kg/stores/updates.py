"""Updates as texts of bounded length, every triple in its named graph."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.stores.answers import StoreError

MOST_QUADS = 1_000
"""Virtuoso refuses a text of 3,000 triples: its SQL would have more than 10,000 lines."""
MOST_CHARACTERS = 500_000
JOURNAL = NamedNode("https://w3id.org/gutbrain/graph/journal")
"""Where a change is written down before it is made (see ``kg.stores.journal``)."""


def insert_data(quads: Iterable[Quad]) -> str:
    """Write an update that adds quads."""
    return f"INSERT DATA {{\n{_grouped(quads)}}}"


def delete_data(quads: Iterable[Quad]) -> str:
    """Write an update that removes quads."""
    return f"DELETE DATA {{\n{_grouped(quads)}}}"


def drop(graph: NamedNode) -> str:
    """Write an update that removes a graph, there or not."""
    return f"DROP SILENT GRAPH {graph}"


def batches(
    quads: Iterable[Quad], most: int = MOST_QUADS, longest: int = MOST_CHARACTERS
) -> Iterator[list[Quad]]:
    """Cut quads into lists of a bounded number and length, a longer quad alone."""
    batch: list[Quad] = []
    room = longest
    for quad in quads:
        length = len(str(quad))
        if batch and (len(batch) == most or length > room):
            yield batch
            batch, room = [], longest
        batch.append(quad)
        room -= length
    if batch:
        yield batch


def check_ground(quads: Iterable[Quad]) -> None:
    """Raise StoreError on quads whose request cannot be repeated: blank nodes, no graph."""
    for quad in quads:
        if isinstance(quad.graph_name, DefaultGraph | BlankNode):
            raise StoreError(f"A quad without a named graph cannot be written: {quad}")
        if not _is_ground(quad.subject) or not _is_ground(quad.object):
            raise StoreError(f"Only IRIs and literals can be written: {quad}")


def _is_ground(term: NamedNode | BlankNode | Literal | Triple) -> bool:
    return isinstance(term, NamedNode | Literal)


def _grouped(quads: Iterable[Quad]) -> str:
    by_graph = groupby(quads, lambda quad: str(quad.graph_name))
    return "".join(f"GRAPH {graph} {{\n{_triples(group)}}}\n" for graph, group in by_graph)


def _triples(quads: Iterable[Quad]) -> str:
    return "".join(f"{quad.triple} .\n" for quad in quads)
