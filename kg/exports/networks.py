"""The graph as networkx knows it: in memory, as GraphML, and as JSON for Cytoscape."""

import json
import re
import tempfile
from pathlib import Path

import networkx
from networkx import MultiDiGraph

from kg.assertion import Edge
from kg.graph.ordered import concepts, edges
from kg.identifiers import iri_of_identifier
from kg.stores import TripleStore
from kg.writing import new_file
from ontology.concept import Concept

Attributes = dict[str, str | int | float | bool]
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, and so GraphML, cannot hold at all."""


def read_network(store: TripleStore, min_belief: float = 0.0) -> "MultiDiGraph[str]":
    """Read the graph of a store, with the assertions of at least some belief.

    Nodes are concept identifiers with ``name``, ``type``, ``iri`` …; edges are keyed by predicate
    and have ``belief``, ``papers``, ``evidence``, ``first_year`` …: one an assertion.
    """
    network: MultiDiGraph[str] = MultiDiGraph()
    with tempfile.TemporaryDirectory() as folder:
        for concept in concepts(store, Path(folder), min_belief):
            network.add_node(concept.curie, **_node(concept))
        for batch in edges(store, Path(folder), min_belief):
            for edge in batch:
                ends = edge.subject.curie, edge.object.curie
                network.add_edge(*ends, str(edge.predicate), **_edge(edge))
    return network


def _node(concept: Concept) -> Attributes:
    """Describe a concept; lists are joined by ``|``."""
    return {
        "name": _text(concept.name),
        "type": concept.type.value,
        "iri": iri_of_identifier(concept.curie),
        "synonyms": _text("|".join(concept.synonyms)),
        "same_as": "|".join(concept.same_as),
        "is_provisional": concept.is_provisional,
    }


def _text(name: str) -> str:
    return _NO_XML.sub(" ", name)


def _edge(edge: Edge) -> Attributes:
    """Describe an assertion; a year that is not known is left out."""
    assertion = edge.assertion
    years = {"first_year": assertion.first_year, "last_year": assertion.last_year}
    return {
        "assertion": edge.iri,
        "predicate": edge.predicate.value,
        "papers": assertion.paper_count,
        "evidence": assertion.evidence_count,
        "belief": assertion.belief,
        "is_believed": assertion.is_believed,
        "opposing_papers": assertion.opposing_paper_count,
        "disbelief": assertion.disbelief,
        **{f"{name}_papers": papers for name, papers in assertion.papers_by_name.items()},
        **{name: year for name, year in years.items() if year is not None},
    }


_CYTOSCAPE = {
    "format_version": "1.0",
    "generated_by": "gutbrain",
    "target_cytoscapejs_version": "~2.1",
}
_NAME = {"name": "gut-brain graph", "shared_name": "gut-brain graph"}


def write_graphml(store: TripleStore, out: Path, _: Path, min_belief: float = 0.0) -> int:
    """Write the network for Gephi, yEd, igraph and networkx; returns the number of edges."""
    network = read_network(store, min_belief)
    with new_file(out) as file:
        networkx.write_graphml(
            network, file, named_key_ids=True, edge_id_from_attribute="assertion"
        )
    return network.number_of_edges()


def write_cytoscape(store: TripleStore, out: Path, _: Path, min_belief: float = 0.0) -> int:
    """Write the network for Cytoscape desktop (.cyjs) and Cytoscape.js; returns the edges.

    networkx keeps an edge's ``key``, by which parallel edges stay apart when it is read back.
    """
    network = read_network(store, min_belief)
    for _subject, _object, edge in network.edges(data=True):
        edge |= {"id": edge["assertion"], "interaction": edge["predicate"]}
    written = _CYTOSCAPE | networkx.cytoscape_data(network) | {"data": _NAME}
    with new_file(out) as file:
        file.write(json.dumps(written, ensure_ascii=False).encode() + b"\n")
    return network.number_of_edges()
