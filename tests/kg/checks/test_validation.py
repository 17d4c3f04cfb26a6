"""What breaks the shapes is named, in one line each."""

from collections.abc import Callable
from importlib.resources import files

import pytest
from pyoxigraph import Literal, Quad, Triple
from rdflib import Graph

from extract.annotation import AnnotatedDocument
from kg.assertion import Article
from kg.checks.validation import ValidationError, check, validate
from kg.graph import vocabulary as v
from kg.graph.rdf import article_quads, concept_quads
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType

CONCEPT = Concept("NCIT:C26845", "Parkinson's disease", EntityType.DDF)


def test_a_loaded_graph_keeps_to_the_shapes(graph: EmbeddedStore) -> None:
    assert validate(graph.quads()) == []


def test_a_violation_names_the_node_the_path_and_the_value() -> None:
    quads = list(concept_quads(CONCEPT))
    quads.append(Quad(quads[0].subject, v.PREF_LABEL, Literal("PD"), v.CONCEPTS))
    (violation,) = validate(quads)
    assert violation.focus == "http://purl.obolibrary.org/obo/NCIT_C26845"
    assert violation.path == v.PREF_LABEL.value
    assert "exactly one prefLabel" in str(violation)
    assert "\n" not in str(violation)


def test_a_literal_of_the_wrong_type_is_found(paper: Callable[..., AnnotatedDocument]) -> None:
    quads = list(article_quads(Article.of(paper("1"))))
    year = next(quad for quad in quads if quad.predicate == v.YEAR)
    wrong = [quad for quad in quads if quad != year]
    wrong.append(Quad(year.subject, v.YEAR, Literal("2020"), v.ARTICLES))
    assert validate(quads) == []
    assert {violation.value for violation in validate(wrong)} == {"2020"}


@pytest.mark.parametrize(
    ("predicate", "value"),
    [(v.gb("score"), Literal(1.5)), (v.gb("sentence"), Literal("")), (v.SUPPORTS, Literal("x"))],
)
def test_planted_faults_are_found(graph: EmbeddedStore, predicate: object, value: Literal) -> None:
    quads = list(graph.quads())
    at = next(n for n, quad in enumerate(quads) if quad.predicate == predicate)
    quads[at] = Quad(quads[at].subject, quads[at].predicate, value, quads[at].graph_name)
    assert {violation.path for violation in validate(quads)} == {quads[at].predicate.value}


def test_flattened_shapes_find_what_the_shapes_find(graph: EmbeddedStore) -> None:
    shapes = Graph().parse(data=(files("ontology") / "shapes.ttl").read_text(), format="turtle")
    spoilt = [
        Quad(quad.subject, quad.predicate, Literal("?"), quad.graph_name)
        if quad.predicate != v.TYPE and number % 5 == 0
        else quad
        for number, quad in enumerate(sorted(graph.quads(), key=str))
    ]
    found = validate(spoilt, shapes)
    assert len(found) > 20
    assert validate(spoilt) == found


def test_an_error_counts_all_and_names_the_first() -> None:
    quads = [
        quad
        for n in range(9)
        for quad in concept_quads(Concept(f"NCIT:C{n}", "", EntityType.DDF))
        if quad.predicate != v.PREF_LABEL
    ]
    with pytest.raises(ValidationError, match=r"^9 violations.*NCIT_C0.*NCIT_C4") as caught:
        check(quads)
    assert "NCIT_C5" not in str(caught.value)
    assert len(caught.value.violations) == 9


def test_a_term_that_we_never_write_is_refused() -> None:
    node = next(concept_quads(CONCEPT)).subject
    with pytest.raises(ValueError, match="Unexpected term"):
        validate([Quad(node, v.ALT_LABEL, Triple(node, v.TYPE, node), v.CONCEPTS)])
