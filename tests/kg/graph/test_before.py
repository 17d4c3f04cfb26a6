"""What a graph says before a change is all that the change can touch."""

from kg.assertion import Claim, PaperSupport, Side
from kg.graph import vocabulary as v
from kg.graph.before import (
    assertions_before,
    concept_quads_before,
    concepts_in_use,
    paper_quads_before,
    support_before,
)
from kg.graph.rdf import concept_node, iri_of, statement_quad
from kg.identifiers import assertion_iri
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.schema import Predicate

CHANGED = Claim("NCIT:C26845", Predicate.CHANGE_ABUNDANCE, "NCBITaxon:853")
WEAK = Claim("FOODON:1", Predicate.IMPACT, "OHMI:0000003")


def test_papers_say_and_deny_each_with_its_best_weight(graph: EmbeddedStore) -> None:
    iri = assertion_iri(*CHANGED)
    found = {paper.pmid: paper for paper in support_before(graph, [iri], without=["7"])[iri]}
    assert found.keys() == {"2", "8", "9"}
    assert found["9"] == PaperSupport(
        "9", Side(), Side(0.8, 1), (Polarity.NO_CHANGE,), (StudyKind.HUMAN,), 2020
    )
    assert found["8"].support == Side(0.8, 1)
    assert (found["8"].kinds, found["8"].polarities) == (
        (StudyKind.ANIMAL,), (Polarity.INCREASE,),
    )  # fmt: skip


def test_assertions_come_with_their_years_and_direct_triples(graph: EmbeddedStore) -> None:
    iris = [assertion_iri(*CHANGED), assertion_iri(*WEAK), "https://example.org/no"]
    claims, quads = assertions_before(graph, iris)
    assert claims == {CHANGED, WEAK}
    assert statement_quad(CHANGED) in quads
    assert statement_quad(WEAK) not in quads
    years = sorted(iri_of(quad.subject)[-4:] for quad in quads if quad.predicate == v.OF_ASSERTION)
    assert years == ["2019", "2020", "2020"]
    assert set(quads) <= set(graph.quads())


def test_a_paper_has_its_article_and_its_evidence(graph: EmbeddedStore) -> None:
    quads = paper_quads_before(graph, ["3", "404"])
    assert {quad.graph_name for quad in quads} > {v.ARTICLES}
    assert sum(quad.predicate == v.SENTENCE for quad in quads) == 1
    assert set(quads) <= set(graph.quads())


def test_a_concept_is_in_use_while_another_assertion_is_about_it(graph: EmbeddedStore) -> None:
    food, microbiota = concept_node("FOODON:1"), concept_node("OHMI:0000003")
    assert concepts_in_use(graph, [food, microbiota], ()) == {food, microbiota}
    others = [assertion_iri("FOODON:1", Predicate.IMPACT, "NCBITaxon:853"), assertion_iri(*WEAK)]
    assert concepts_in_use(graph, [food, microbiota], others) == {microbiota}


def test_concepts_that_are_not_there_have_no_quads(graph: EmbeddedStore) -> None:
    food, unknown = concept_node("FOODON:1"), concept_node("FOODON:2")
    assert {quad.subject for quad in concept_quads_before(graph, [food, unknown])} == {food}
    assert concept_quads_before(graph, []) == []
