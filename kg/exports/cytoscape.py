"""Concepts and assertions as Cytoscape JSON, for Cytoscape desktop (.cyjs) and Cytoscape.js."""

import json
from collections.abc import Iterator
from pathlib import Path

from kg.exports.attributes import Attributes, edge_attributes, node_attributes
from kg.exports.rows import read_concepts, read_edges
from kg.exports.writing import new_file
from kg.stores import TripleStore

_START = (
    b'{"format_version":"1.0","generated_by":"gutbrain","target_cytoscapejs_version":"~2.1",'
    b'"directed":true,"multigraph":true,'  # for networkx, as "value" of a node is
)
_DATA = b'"data":{"name":"gut-brain graph","shared_name":"gut-brain graph"},"elements":{"nodes":['


def write_cytoscape(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write the network; returns the number of edges."""
    count = 0
    with new_file(out) as file:
        file.write(_START + _DATA)
        for number, node in enumerate(_nodes(store, work, min_belief)):
            file.write(_element(node, number))
        file.write(b'],"edges":[')
        for count, edge in enumerate(_edges(store, work, min_belief), start=1):
            file.write(_element(edge, count - 1))
        file.write(b"]}}\n")
    return count


def _nodes(store: TripleStore, work: Path, min_belief: float) -> Iterator[Attributes]:
    for concept in read_concepts(store, work, min_belief):
        yield {"id": concept.curie, "value": concept.curie, **node_attributes(concept)}


def _edges(store: TripleStore, work: Path, min_belief: float) -> Iterator[Attributes]:
    for edges in read_edges(store, work, min_belief):
        for edge in edges:
            ends: Attributes = {"source": edge.subject, "target": edge.object}
            label: Attributes = {"id": edge.iri, "interaction": str(edge.predicate)}
            yield label | ends | edge_attributes(edge)


def _element(attributes: Attributes, number: int) -> bytes:
    comma = ",\n" if number else "\n"
    return (comma + json.dumps({"data": attributes}, ensure_ascii=False)).encode()
