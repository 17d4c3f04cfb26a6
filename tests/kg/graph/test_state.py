"""How much a graph holds, and what it was made from."""

from collections.abc import Callable

from extract.annotation import AnnotatedDocument
from kg.graph.state import GraphCounts, graph_counts, graph_state
from kg.loading import load
from kg.sentence.reading_version import reading_version
from kg.stores.embedded import EmbeddedStore
from ontology.schema import Predicate

Paper = Callable[..., AnnotatedDocument]
ON_PARKINSON = ("F. prausnitzii", Predicate.INFLUENCE, "Parkinson's disease")


def test_counts_add_up(graph: EmbeddedStore) -> None:
    assert graph_counts(graph) == GraphCounts(
        articles=9, mentions=34, relations=17, concepts=10, assertions=12, believed=11,
        evidence=16, quads=graph.size(),
    )  # fmt: skip


def test_an_empty_graph_counts_nothing(store: EmbeddedStore) -> None:
    assert graph_counts(store) == GraphCounts(0, 0, 0, 0, 0, 0, 0, 0)
    assert graph_state(store) == {}


def test_the_state_tells_what_was_read(store: EmbeddedStore, paper: Paper) -> None:
    read = paper("1", ON_PARKINSON)
    load(store, [read], min_belief=0.5)
    assert graph_state(store) == {"1": (read.document.record_hash, reading_version(read.pipeline))}
