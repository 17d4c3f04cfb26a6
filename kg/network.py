"""The graph of concepts and assertions in memory, as networkx knows it."""

import re
import tempfile
from pathlib import Path

from networkx import MultiDiGraph

from kg.assertion import Edge
from kg.graph.ordered import concepts, edges
from kg.identifiers import iri_of_identifier
from kg.snapshots.snapshot import find_snapshot
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept

Attributes = dict[str, str | int | float | bool]
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, and so GraphML, cannot hold at all."""


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
