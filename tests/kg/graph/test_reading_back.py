"""What is written as RDF is read back as it was."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from extract.annotation import AnnotatedDocument
from kg.article import Article
from kg.assertion import Assertion, Claim, Edge, collect_evidence
from kg.graph import vocabulary as v
from kg.graph.rdf import RowError, article_quads, assertion_quads, concept_node, concept_quads
from kg.graph.reading_back import (
    GraphCounts,
    Node,
    evidence_of,
    graph_counts,
    graph_state,
    read_articles,
    read_concepts,
    read_edges,
    read_evidence,
    read_quads,
)
from kg.identifiers import assertion_iri
from kg.loading import load
from kg.sentence.cue_words import reading_version
from kg.sentence.cues import Cues, Polarity
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

Paper = Callable[..., AnnotatedDocument]
SAID = ("F. prausnitzii", Predicate.INFLUENCE, "Parkinson's disease")
TAXON = Concept("NCBITaxon:853", "F. prausnitzii", EntityType.BACTERIA)
PARKINSON = Concept(
    "NCIT:C26845", "Parkinson's disease", EntityType.DDF, ("PD", "Parkinson"), ("MESH:D010300",)
)
CLAIM = Claim(TAXON.curie, Predicate.INFLUENCE, PARKINSON.curie)
IRI = assertion_iri(*CLAIM)
ASSERTION = Assertion(
    CLAIM, 3, 7, 0.93, is_believed=True, years=((2019, 1), (2022, 2)),
    opposing_paper_count=1, opposing_evidence_count=2, disbelief=0.4,
    polarities=((Polarity.DECREASE, 2), (Polarity.NO_CHANGE, 1)),
    kinds=((StudyKind.ANIMAL, 1), (StudyKind.HUMAN, 2)),
)  # fmt: skip


def _holding(store: EmbeddedStore, quads: Iterable[Quad]) -> EmbeddedStore:
    store.change(remove=(), add=quads)
    return store


def test_a_concept_is_read_back_as_it_was_written(store: EmbeddedStore) -> None:
    made_up = Concept("gbc:food/x", "x", EntityType.FOOD, is_provisional=True)
    concepts = [TAXON, PARKINSON, made_up]
    _holding(store, (quad for concept in concepts for quad in concept_quads(concept)))
    found = read_concepts(store, (concept_node(c.curie).value for c in concepts))
    assert list(found.values()) == concepts


def test_a_concept_of_a_foreign_type_is_left_out(store: EmbeddedStore) -> None:
    node = NamedNode("https://example.org/thing")
    _holding(store, [Quad(node, v.PREF_LABEL, Literal("thing"), v.CONCEPTS)])
    assert read_concepts(store, [node.value]) == {}


def test_an_article_is_read_back_as_it_was_written(store: EmbeddedStore, paper: Paper) -> None:
    article = Article.of(paper("1", SAID, kinds=("Clinical Trial", "Journal Article")))
    bare = Article("2", record_hash="h", reading="r", is_retracted=True)
    _holding(store, [*article_quads(article), *article_quads(bare)])
    assert article.study_kinds == (StudyKind.HUMAN,)
    assert (article.doi, article.mention_count) == ("10.1/1", 2)
    assert read_articles(store, ["1", "2", "3"]) == {"1": article, "2": bare}


def test_an_assertion_is_read_back_with_its_concepts(store: EmbeddedStore) -> None:
    _holding(store, [*concept_quads(TAXON), *concept_quads(PARKINSON), *assertion_quads(ASSERTION)])
    (edge,) = read_edges(store, [IRI, "https://example.org/no"])
    assert edge == Edge(IRI, ASSERTION, TAXON, PARKINSON)
    assert edge.id == IRI[-16:]
    assert (edge.assertion.first_year, edge.assertion.last_year) == (2019, 2022)


def test_an_assertion_without_counts_is_read_back_without(store: EmbeddedStore) -> None:
    bare = Assertion(CLAIM, 1, 1, 0.2, is_believed=False)
    _holding(store, [*concept_quads(TAXON), *concept_quads(PARKINSON), *assertion_quads(bare)])
    (edge,) = read_edges(store, [IRI])
    assert edge.assertion == bare
    assert (bare.first_year, bare.last_year) == (None, None)


def test_an_assertion_of_a_foreign_predicate_or_concept_is_left_out(store: EmbeddedStore) -> None:
    other = NamedNode("https://example.org/likes")
    known = [*concept_quads(TAXON), *concept_quads(PARKINSON)]
    quads = list(assertion_quads(ASSERTION))
    foreign = [
        Quad(q.subject, q.predicate, other, q.graph_name) if q.predicate == v.PREDICATE else q
        for q in quads
    ]
    assert read_edges(_holding(EmbeddedStore.in_memory(), [*known, *foreign]), [IRI]) == []
    assert read_edges(_holding(store, [*concept_quads(TAXON), *quads]), [IRI]) == []


def test_evidence_is_read_back_as_it_was_written(graph: EmbeddedStore, paper: Paper) -> None:
    said = paper("3", SAID, score=0.6, year=None)
    ((_, written),) = collect_evidence(said)
    best, found = read_evidence(graph, [IRI])[IRI]
    assert best.evidence.score > found.evidence.score
    assert found.evidence == written
    assert found.article == Article.of(said)
    assert found.pipeline == said.pipeline
    assert found.reading == found.article.reading


def test_evidence_against_is_read_back_with_its_cues(store: EmbeddedStore, paper: Paper) -> None:
    text = "It is unclear whether F. prausnitzii did not affect Parkinson's disease."
    denied = paper("1", SAID, text=text)
    load(store, [denied], min_belief=0.5)
    ((_, written),) = collect_evidence(denied)
    (found,) = read_evidence(store, [IRI])[IRI]
    assert found.evidence == written
    assert written.cues == Cues(Polarity.NO_CHANGE, is_negated=True, is_speculative=True)
    assert written.weight == 0.4


def test_evidence_of_nothing_is_none(graph: EmbeddedStore) -> None:
    assert read_evidence(graph, []) == {}
    assert read_evidence(graph, ["https://example.org/no"]) == {"https://example.org/no": []}


def test_what_is_missing_is_named() -> None:
    with pytest.raises(RowError, match=r"example.org/e: .*article is missing"):
        evidence_of(Node("https://example.org/e", {}))


def test_the_article_of_evidence_need_not_be_described(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", SAID)], min_belief=0.5)
    described = [quad for quad in store.quads() if quad.graph_name == v.ARTICLES]
    store.change(remove=described, add=())
    (found,) = read_evidence(store, [IRI])[IRI]
    assert found.article == Article("1")
    assert replace(found, pipeline=None).reading == found.reading


def test_counts_add_up(graph: EmbeddedStore) -> None:
    assert graph_counts(graph) == GraphCounts(
        articles=9, mentions=34, relations=17, concepts=10, assertions=12, believed=11,
        evidence=16, quads=graph.size(),
    )  # fmt: skip


def test_an_empty_graph_counts_nothing(store: EmbeddedStore) -> None:
    assert graph_counts(store) == GraphCounts(0, 0, 0, 0, 0, 0, 0, 0)
    assert graph_state(store) == {}


def test_the_state_tells_what_was_read(store: EmbeddedStore, paper: Paper) -> None:
    read = paper("1", SAID)
    load(store, [read], min_belief=0.5)
    assert graph_state(store) == {"1": (read.document.record_hash, reading_version(read.pipeline))}


def test_concepts_that_are_not_there_have_no_quads(graph: EmbeddedStore) -> None:
    food, unknown = concept_node("FOODON:1"), concept_node("FOODON:2")
    found = read_quads(graph, "concepts", {"s": [food, unknown]}, v.CONCEPTS)
    assert {quad.subject for quad in found} == {food}
    assert read_quads(graph, "concepts", {"s": []}, v.CONCEPTS) == []
