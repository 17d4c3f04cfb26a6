"""The graph says what its papers say, whatever the order and however often they are loaded."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal

from extract.annotation import AnnotatedDocument, Pipeline
from kg.assertion import Claim, PaperSupport, Side
from kg.checks.invariants import ValidationError
from kg.graph import vocabulary as v
from kg.graph.rdf import concept_node, iri_of, statement_quad
from kg.graph.reading_back import graph_counts, graph_state
from kg.identifiers import assertion_iri
from kg.loading import (
    LoadResult,
    assertions_before,
    concepts_in_use,
    load,
    load_ontology,
    ontology_quads,
    paper_quads_before,
    support_before,
    withdraw,
)
from kg.sentence.cue_words import reading_version
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.schema import Predicate

Paper = Callable[..., AnnotatedDocument]
ON_PARKINSON = ("F. prausnitzii", Predicate.INFLUENCE, "Parkinson's disease")
ON_DEPRESSION = ("F. prausnitzii", Predicate.INFLUENCE, "depression")


def _fresh(documents: Iterable[AnnotatedDocument]) -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    load(store, documents, min_belief=0.5)
    return store


def _said(store: EmbeddedStore, predicate: object) -> list[object]:
    return [quad.object for quad in store.quads() if quad.predicate == predicate]


def test_loading_the_same_twice_changes_nothing(store: EmbeddedStore, paper: Paper) -> None:
    papers = [paper("1", ON_PARKINSON), paper("2", ON_PARKINSON, ON_DEPRESSION)]
    first = load(store, papers, min_belief=0.5)
    before = set(store.quads())
    second = load(store, papers, min_belief=0.5)
    assert first.has_changed
    assert not second.has_changed
    assert set(store.quads()) == before


def test_batches_make_no_difference(paper: Paper) -> None:
    papers = [paper(str(n), ON_PARKINSON, year=2000 + n) for n in range(1, 6)]
    store, reports = EmbeddedStore.in_memory(), list[LoadResult]()
    load(store, papers, batch_size=2, on_progress=reports.append, min_belief=0.5)
    assert set(store.quads()) == set(_fresh(papers).quads())
    assert [report.documents for report in reports] == [2, 4, 5]


def test_every_triple_stands_in_one_graph(graph: EmbeddedStore) -> None:
    load_ontology(graph)
    triples = Counter(quad.triple for quad in graph.quads())
    assert [triple for triple, count in triples.items() if count > 1] == []


def test_belief_and_years_are_counted_over_papers(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON, score=0.5, year=2019)], min_belief=0.5)
    load(store, [paper("2", ON_PARKINSON, score=0.8, year=2022)], min_belief=0.5)
    assert _said(store, v.BELIEF) == [Literal(0.9)]
    assert _said(store, v.EVIDENCE_COUNT) == [Literal(2)]
    assert _said(store, v.FIRST_YEAR) == [Literal(2019)]
    assert _said(store, v.LAST_YEAR) == [Literal(2022)]


def test_an_assertion_becomes_a_direct_triple_when_a_second_paper_makes_it_believed(
    store: EmbeddedStore, paper: Paper
) -> None:
    direct = v.PREDICATE_NODES[Predicate.INFLUENCE]
    load(store, [paper("1", ON_PARKINSON, score=0.4)], min_belief=0.5)
    assert direct not in {quad.predicate for quad in store.quads()}
    load(store, [paper("2", ON_PARKINSON, score=0.4)], min_belief=0.5)
    assert direct in {quad.predicate for quad in store.quads()}
    withdraw(store, ["2"], min_belief=0.5)
    assert direct not in {quad.predicate for quad in store.quads()}


def _counts(store: EmbeddedStore) -> dict[str, int | float]:
    """The counts for and against the one assertion of a store, and its (dis)belief."""
    terms = (
        v.PAPER_COUNT, v.OPPOSING_PAPER_COUNT, v.OPPOSING_EVIDENCE_COUNT, v.BELIEF, v.DISBELIEF,
        *v.POLARITY_COUNTS.values(), *v.STUDY_COUNTS.values(),
    )  # fmt: skip
    return {
        v.local_name(quad.predicate): float(quad.object.value)
        for quad in store.quads()
        if quad.predicate in terms
        and isinstance(quad.object, Literal)
        and "/20" not in str(quad.subject)
    }


CHANGED = ("Parkinson's disease", Predicate.CHANGE_ABUNDANCE, "F. prausnitzii")
LESS = "F. prausnitzii was decreased in Parkinson's disease."
SAME = "F. prausnitzii did not differ between Parkinson's disease and controls."


def test_what_denies_an_assertion_stands_against_it_and_adds_no_belief(
    store: EmbeddedStore, paper: Paper
) -> None:
    load(
        store,
        [paper("1", CHANGED, text=LESS, score=0.6, kinds=("Clinical Trial",))],
        min_belief=0.5,
    )
    load(store, [paper("2", CHANGED, text=SAME, score=0.5, kinds=("Review",))], min_belief=0.5)
    assert _counts(store) == {
        "paperCount": 1, "belief": 0.6, "decreasePaperCount": 1, "humanPaperCount": 1,
        "opposingPaperCount": 1, "opposingEvidenceCount": 1, "disbelief": 0.5,
        "noChangePaperCount": 1,
    }  # fmt: skip
    assert len(_said(store, v.SUPPORTS)) == len(_said(store, v.OPPOSES)) == 1


def test_an_assertion_with_as_much_against_it_is_no_direct_triple(
    store: EmbeddedStore, paper: Paper
) -> None:
    direct = v.PREDICATE_NODES[Predicate.CHANGE_ABUNDANCE]
    load(store, [paper("1", CHANGED, text=LESS)], min_belief=0.5)
    assert direct in {quad.predicate for quad in store.quads()}
    load(store, [paper("2", CHANGED, text=SAME)], min_belief=0.5)
    assert direct not in {quad.predicate for quad in store.quads()}
    assert _said(store, v.IS_BELIEVED) == [Literal(value=False)]


def test_a_withdrawn_paper_takes_what_it_denied_away(store: EmbeddedStore, paper: Paper) -> None:
    said, denied = paper("1", CHANGED, text=LESS), paper("2", CHANGED, text=SAME)
    load(store, [said, denied], min_belief=0.5)
    withdraw(store, ["2"], min_belief=0.5)
    assert set(store.quads()) == set(_fresh([said]).quads())
    load(store, [denied], min_belief=0.5)
    withdraw(store, ["1"], min_belief=0.5)
    assert _counts(store)["paperCount"] == 0
    assert set(store.quads()) == set(_fresh([denied]).quads())


def test_a_revised_paper_takes_its_old_evidence_back(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON), paper("2", ON_PARKINSON)], min_belief=0.5)
    load(store, [paper("1", ON_DEPRESSION)], min_belief=0.5)
    fresh = _fresh([paper("1", ON_DEPRESSION), paper("2", ON_PARKINSON)])
    assert set(store.quads()) == set(fresh.quads())


def test_another_pipeline_replaces_the_evidence_of_the_first(
    store: EmbeddedStore, paper: Paper
) -> None:
    other = Pipeline("model", "model", "w2", "l2")
    load(store, [paper("1", ON_PARKINSON)], min_belief=0.5)
    load(store, [paper("1", ON_PARKINSON, pipeline=other)], min_belief=0.5)
    assert graph_counts(store).evidence == 1
    assert len(_said(store, v.SENTENCE)) == 1
    assert graph_state(store)["1"][1] == reading_version(other)


def test_a_retracted_paper_stays_and_its_evidence_goes(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON)], min_belief=0.5)
    load(store, [paper("1", ON_PARKINSON, kinds=("Retracted Publication",))], min_belief=0.5)
    counts = graph_counts(store)
    assert (counts.articles, counts.assertions, counts.evidence) == (1, 0, 0)
    assert _said(store, v.IS_RETRACTED) == [v.TRUE]
    assert _said(store, v.OF_ASSERTION) == []


def test_a_withdrawn_paper_leaves_no_trace(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON), paper("2", ON_PARKINSON)], min_belief=0.5)
    result = withdraw(store, ["2", "404"], min_belief=0.5)
    assert result.has_changed
    assert set(store.quads()) == set(_fresh([paper("1", ON_PARKINSON)]).quads())
    assert not withdraw(store, ["2"], min_belief=0.5).has_changed


def test_a_concept_goes_with_the_last_that_is_said_of_it(
    store: EmbeddedStore, paper: Paper
) -> None:
    first, second = paper("1", ON_PARKINSON), paper("2", ON_DEPRESSION)
    load(store, [first, second], min_belief=0.5)
    withdraw(store, ["1"], min_belief=0.5)
    names = {Literal("F. prausnitzii"), Literal("depression")}
    assert set(_said(store, v.PREF_LABEL)) == names
    assert set(store.quads()) == set(_fresh([second]).quads())
    withdraw(store, ["2"], min_belief=0.5)
    assert _said(store, v.PREF_LABEL) == []


def test_the_later_version_of_a_paper_in_one_batch_wins(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON), paper("1", ON_DEPRESSION)], min_belief=0.5)
    assert set(store.quads()) == set(_fresh([paper("1", ON_DEPRESSION)]).quads())


def test_a_concept_described_anew_is_replaced(store: EmbeddedStore, paper: Paper) -> None:
    load(store, [paper("1", ON_PARKINSON)], min_belief=0.5)
    again = paper("1", ON_PARKINSON)
    renamed = tuple(replace(c, name=f"new {c.curie}") for c in again.concepts)
    load(store, [replace(again, concepts=renamed)], min_belief=0.5)
    assert set(_said(store, v.PREF_LABEL)) == {
        Literal("new NCIT:C26845"),
        Literal("new NCBITaxon:853"),
    }


def test_what_breaks_the_schema_is_refused_and_nothing_is_written(
    store: EmbeddedStore, paper: Paper
) -> None:
    wrong = paper("1", ("depression", Predicate.INFLUENCE, "F. prausnitzii"))
    with pytest.raises(ValidationError, match="influence"):
        load(store, [wrong], min_belief=0.5)
    assert store.size() == 0


def test_a_concept_that_nobody_describes_is_a_key_error(store: EmbeddedStore, paper: Paper) -> None:
    with pytest.raises(KeyError, match="NCBITaxon:853"):
        load(store, [replace(paper("1", ON_PARKINSON), concepts=())], min_belief=0.5)


def test_the_ontology_is_loaded_once(store: EmbeddedStore) -> None:
    assert load_ontology(store).added > 100
    assert not load_ontology(store).has_changed


def test_the_blank_nodes_of_an_ontology_get_the_same_names_each_time() -> None:
    turtle = b"<x:a> <x:b> [ <x:c> 1 ], [ <x:c> 2 ] ."
    assert set(ontology_quads(turtle)) == set(ontology_quads(turtle))
    assert len(set(ontology_quads(turtle))) == 4
    assert all("_:" not in str(quad) for quad in ontology_quads(turtle))


CLAIMS = (ON_PARKINSON, ON_DEPRESSION, ("butyrate", Predicate.INFLUENCE, "depression"))
STEPS = st.lists(
    st.tuples(st.sampled_from("123"), st.lists(st.sampled_from(CLAIMS), max_size=3, unique=True)),
    max_size=6,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # both only build values
)
@given(steps=STEPS)
def test_any_history_ends_in_the_graph_of_the_last_versions(
    paper: Paper,
    steps: list[tuple[str, list[tuple[str, Predicate, str]]]],
) -> None:
    """Load and withdraw in any order; a paper without claims is withdrawn."""
    store, last = EmbeddedStore.in_memory(), dict[str, AnnotatedDocument]()
    for pmid, said in steps:
        last.pop(pmid, None)
        if said:
            last[pmid] = paper(pmid, *said)
            load(store, [last[pmid]], min_belief=0.5)
        else:
            withdraw(store, [pmid], min_belief=0.5)
    fresh = _fresh(last.values())
    kept = {*(q.graph_name for q in store.quads() if q.predicate == v.RECOGNIZER)}
    difference = set(store.quads()) ^ set(fresh.quads())
    assert {quad.graph_name for quad in difference} <= kept
    assert not any(quad.predicate == v.SENTENCE for quad in difference)


ABUNDANCE = Claim("NCIT:C26845", Predicate.CHANGE_ABUNDANCE, "NCBITaxon:853")
WEAK = Claim("FOODON:1", Predicate.IMPACT, "OHMI:0000003")


def test_papers_say_and_deny_each_with_its_best_weight(graph: EmbeddedStore) -> None:
    iri = assertion_iri(*ABUNDANCE)
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
    iris = [assertion_iri(*ABUNDANCE), assertion_iri(*WEAK), "https://example.org/no"]
    claims, quads = assertions_before(graph, iris)
    assert claims == {ABUNDANCE, WEAK}
    assert statement_quad(ABUNDANCE) in quads
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
