"""What is written as RDF looks as docs/graph.md says."""

from collections.abc import Callable
from dataclasses import replace
from unicodedata import is_normalized

from pyoxigraph import BlankNode, Literal, Quad

from extract.annotation import AnnotatedDocument
from ingest.document import Passage
from kg.article import Article
from kg.assertion import Assertion, Claim, collect_evidence
from kg.graph import vocabulary as v
from kg.graph.rdf import (
    article_quads,
    assertion_quads,
    concept_quads,
    evidence_quads,
    run_quads,
)
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

Paper = Callable[..., AnnotatedDocument]
SAID = ("F. prausnitzii", Predicate.INFLUENCE, "Parkinson's disease")


def _lines(quads: object) -> set[str]:
    assert isinstance(quads, list)
    return {f"{q.predicate.value.rpartition('/')[2].rpartition('#')[2]} {q.object}" for q in quads}


def test_a_concept_has_its_names_and_its_type() -> None:
    concept = Concept(
        "NCIT:C26845", "Parkinson's disease", EntityType.DDF,
        ("PD", "Parkinson's disease", "PD"), ("MESH:D010300", "NOPE:1"),
    )  # fmt: skip
    assert _lines(list(concept_quads(concept))) == {
        "type <http://www.w3.org/2004/02/skos/core#Concept>",
        "type <https://w3id.org/gutbrain/ontology#DDF>",
        'prefLabel "Parkinson\'s disease"',
        'altLabel "PD"',
        'identifier "NCIT:C26845"',
        "closeMatch <https://identifiers.org/mesh:D010300>",
    }


def test_only_a_provisional_concept_is_marked() -> None:
    concept = Concept("gbc:food/x", "x", EntityType.FOOD, is_provisional=True)
    assert Quad(next(concept_quads(concept)).subject, v.IS_PROVISIONAL, v.TRUE, v.CONCEPTS) in set(
        concept_quads(concept)
    )


def test_text_is_written_in_nfc() -> None:
    concept = Concept("gbc:food/x", "cafe\u0301", EntityType.FOOD, ("the\u0301",))
    literals = [q.object for q in concept_quads(concept) if isinstance(q.object, Literal)]
    assert all(is_normalized("NFC", literal.value) for literal in literals)


def test_an_article_without_a_year_has_none(paper: Paper) -> None:
    predicates = {quad.predicate for quad in article_quads(Article.of(paper("1", SAID, year=None)))}
    assert v.YEAR not in predicates
    assert {v.PMID, *map(v.gb, ("doi", "journal", "recordHash", "mentionCount"))} <= predicates


def test_there_are_no_blank_nodes_and_years_are_integers(paper: Paper) -> None:
    annotated = paper("1", SAID)
    (claim, evidence), *_ = collect_evidence(annotated)
    assertion = Assertion(claim, 1, 1, 0.5, is_believed=True, years=((2020, 1),))
    quads = [
        *article_quads(Article.of(annotated)), *run_quads(annotated.pipeline),
        *evidence_quads(claim, evidence), *assertion_quads(assertion),
    ]  # fmt: skip
    assert not any(
        isinstance(q.subject, BlankNode) or isinstance(q.object, BlankNode) for q in quads
    )
    years = {q.object for q in quads if q.predicate == v.YEAR}
    assert years == {Literal(2020)}


def test_an_assertion_below_the_threshold_has_no_direct_triple() -> None:
    assertion = Assertion(
        Claim("NCBITaxon:853", Predicate.INFLUENCE, "NCIT:C26845"), 1, 1, 0.2, is_believed=False
    )
    direct = v.PREDICATE_NODES[Predicate.INFLUENCE]
    assert all(quad.predicate != direct for quad in assertion_quads(assertion))
    believed = replace(assertion, is_believed=True)
    assert any(quad.predicate == direct for quad in assertion_quads(believed))


def test_the_title_of_an_article_has_no_mark_up(paper: Paper) -> None:
    annotated = paper("1", SAID)
    passages = (Passage("title", "<i>Roseburia</i> in mice"), *annotated.document.passages[1:])
    marked = replace(annotated, document=replace(annotated.document, passages=passages))
    titles = [
        quad.object
        for quad in article_quads(Article.of(marked))
        if quad.predicate == v.term("dcterms:title")
    ]
    assert titles == [Literal("Roseburia in mice")]
