"""Concepts and assertions as GraphML, for Gephi, yEd, igraph and networkx."""

import re
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from kg.exports.attributes import (
    EDGE_KINDS,
    NODE_KINDS,
    Attribute,
    edge_attributes,
    node_attributes,
)
from kg.exports.rows import read_concepts, read_edges
from kg.exports.writing import new_file
from kg.stores import TripleStore

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold at all."""


def write_graphml(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write the network; returns the number of edges."""
    count = 0
    with new_file(out) as file:
        file.write(f'{_HEAD}{_keys()}<graph edgedefault="directed">\n'.encode())
        for concept in read_concepts(store, work, min_belief):
            inside = _data("n", node_attributes(concept))
            file.write(f"<node id={_quoted(concept.curie)}>{inside}</node>\n".encode())
        for edges in read_edges(store, work, min_belief):
            for edge in edges:
                ends = f"source={_quoted(edge.subject)} target={_quoted(edge.object)}"
                name = _quoted(edge.iri.rpartition("/")[2])
                inside = _data("e", edge_attributes(edge))
                file.write(f"<edge id={name} {ends}>{inside}</edge>\n".encode())
            count += len(edges)
        file.write(b"</graph>\n</graphml>\n")
    return count


def _keys() -> str:
    return "".join(
        f'<key id="{letter}_{name}" for="{what}" attr.name="{name}" attr.type="{kind}"/>\n'
        for letter, what, kinds in (("n", "node", NODE_KINDS), ("e", "edge", EDGE_KINDS))
        for name, kind in kinds.items()
    )


def _data(letter: str, attributes: Mapping[str, Attribute]) -> str:
    return "".join(
        f'<data key="{letter}_{name}">{_text(value)}</data>' for name, value in attributes.items()
    )


def _text(value: Attribute) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NO_XML.sub(" ", str(value)))


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub(" ", text))
