"""Every question runs as it stands, and no argument can break out of its place."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad

from kg.assertion import Assertion, Claim
from kg.graph import vocabulary as v
from kg.graph.catalogue import QuestionError, ask, bind, question, questions, read_question
from kg.graph.rdf import assertion_quads, cell, concept_quads
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

NAMES = [question.name for question in questions()]


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_an_answer_with_its_defaults(graph: EmbeddedStore, name: str) -> None:
    assert list(ask(graph, name))


@pytest.mark.parametrize("name", NAMES)
def test_defaults_written_as_arguments_change_nothing(graph: EmbeddedStore, name: str) -> None:
    asked = question(name)
    given = {p.name: p.default for p in asked.params if p.kind == "integer"}
    given |= {
        p.name: p.default.strip("<>") for p in asked.params if p.default.startswith(("<", "gb:"))
    }
    assert list(ask(graph, name, given)) == list(ask(graph, name))


def test_there_are_enough_questions_and_each_has_a_summary() -> None:
    assert len(NAMES) >= 16
    assert all(question.summary for question in questions())


def test_taxa_of_a_disease_count_papers_once_and_quote_one(graph: EmbeddedStore) -> None:
    first, second = ask(graph, "taxa_for_disease", {"disease": "NCIT:C26845"})
    assert (cell(first, "name"), cell(first, "papers")) == ("F. prausnitzii", "5")
    assert (cell(second, "name"), cell(second, "papers")) == ("A. muciniphila", "1")
    assert "F. prausnitzii" in cell(first, "sentence")
    assert cell(first, "pmid") in {"36517457", "2", "3", "7", "8"}


def test_for_and_against_stand_side_by_side(graph: EmbeddedStore) -> None:
    (row,) = ask(graph, "contradictions")
    assert (cell(row, "subjectName"), cell(row, "objectName")) == (
        "Parkinson's disease", "F. prausnitzii",
    )  # fmt: skip
    assert (cell(row, "papers"), cell(row, "opposingPapers")) == ("3", "1")
    (opposite,) = ask(graph, "opposite_directions")
    assert (cell(opposite, "increasePapers"), cell(opposite, "decreasePapers")) == ("1", "1")


def test_directions_and_study_kinds_are_counted_by_taxon(graph: EmbeddedStore) -> None:
    (row,) = ask(graph, "taxa_by_direction")
    counts = [cell(row, f"{name}Papers") for name in ("increase", "decrease", "unchanged")]
    assert (cell(row, "name"), counts) == ("F. prausnitzii", ["1", "1", "1"])
    told = {(cell(r, "study")[35:], cell(r, "direction")[35:]) for r in ask(graph, "taxa_by_study")}
    assert told == {
        ("humanStudy", "decrease"), ("animalStudy", "increase"), ("humanStudy", "noChange"),
    }  # fmt: skip


def test_a_curie_is_expanded_and_every_place_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "twice.rq"
    path.write_text(
        "#+ summary: s\n#+ param: a iri A\n"
        "SELECT * { { VALUES ?a { <x:y> } } UNION { VALUES ?a { <x:y> } } }"
    )
    bound = bind(read_question(path), {"a": "NCBITaxon:853"})
    assert bound.count("<http://purl.obolibrary.org/obo/NCBITaxon_853>") == 2
    assert "x:y" not in bound


def test_limit_and_offset_are_numbers() -> None:
    asked = question("evidence_of_assertion")
    assert bind(asked, {"limit": "7", "offset": "14"}).endswith("LIMIT 7 OFFSET 14\n")
    for wrong in ("-1", "1; DROP ALL", "", "99999999", "１"):
        with pytest.raises(QuestionError, match="limit"):
            bind(asked, {"limit": wrong})


@pytest.mark.parametrize("wrong", ["NOPE:1", "http://x> } #", "http://a b", "", "Parkinson"])
def test_what_is_no_identifier_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(QuestionError, match="disease"):
        bind(question("taxa_for_disease"), {"disease": wrong})


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(QuestionError, match="colour"):
        bind(question("top_relations"), {"colour": "red"})


@pytest.mark.parametrize("name", ["nothing", "../catalogue", "reading/state"])
def test_an_unknown_question_is_named(name: str) -> None:
    with pytest.raises(QuestionError, match="No question"):
        question(name)


@given(st.text())
def test_a_string_never_leaves_its_place(text: str) -> None:
    store = EmbeddedStore.in_memory()
    assert list(store.select(bind(question("assertions_of_paper"), {"pmid": text}))) == []


def test_a_string_that_looks_like_a_place_is_only_a_string() -> None:
    bound = bind(
        question("assertions_of_paper"), {"pmid": "VALUES ?pmid { } LIMIT 9", "limit": "5"}
    )
    assert "VALUES ?pmid { } LIMIT 9" in bound
    assert bound.endswith("LIMIT 5\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("#+ summary: s\n#+ param: a iri A\nSELECT * {}", "'a' is not used in the query"),
        ("#+ summary: s\n#+ param: a date A\nSELECT * { VALUES ?a { 1 } }", "unknown kind 'date'"),
        ("#+ param: a iri:fish A\nSELECT * { VALUES ?a { 1 } }", "unknown kind"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "mine.rq"
    path.write_text(text)
    with pytest.raises(QuestionError, match=f"mine.rq: .*{error}"):
        read_question(path)


def test_a_file_without_a_head_is_a_question(tmp_path: Path) -> None:
    (tmp_path / "mine.rq").write_text("ASK {}")
    found = read_question(tmp_path / "mine.rq")
    assert (found.name, found.summary, found.params, bind(found, {})) == ("mine", "", (), "ASK {}")


def test_an_iri_may_be_narrowed_to_a_type(tmp_path: Path) -> None:
    text = "#+ param: a iri:DDF A\nSELECT * { VALUES ?a { UNDEF } }"
    (tmp_path / "mine.rq").write_text(text)
    (param,) = read_question(tmp_path / "mine.rq").params
    assert (param.kind, param.named) == ("iri", "DDF")
    (param,) = question("concept_by_year").params
    assert (param.kind, param.named) == ("iri", "")


CONCEPTS = tuple(Concept(f"CHEBI:{n}", f"chemical {n}", EntityType.CHEMICAL) for n in range(1, 40))
PREDICATES = (Predicate.INFLUENCE, Predicate.INTERACT, Predicate.PART_OF)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Assertions, and a graph that holds them."""

    summaries: tuple[Assertion, ...]
    store: EmbeddedStore


def summary(number: int, dice: random.Random) -> Assertion:
    """An assertion with few papers, as a rule; much evidence need not mean many papers."""
    papers = dice.choice((0, 1, 1, 1, 2, 3, 7, 12))
    years = Counter(dice.randint(2015, 2022) for _ in range(papers))
    kinds = {kind: dice.randint(0, 3) for kind in (StudyKind.HUMAN, StudyKind.ANIMAL)}
    told = {side: dice.randint(0, 2) for side in (Polarity.INCREASE, Polarity.DECREASE)}
    claim = Claim(
        CONCEPTS[number % 38].curie,
        dice.choice(PREDICATES),
        CONCEPTS[38].curie if number < 38 else CONCEPTS[(number * 7 + 1) % 38].curie,
    )
    return Assertion(
        claim,
        paper_count=papers,
        evidence_count=papers * dice.choice((1, 1, 2, 9)),
        belief=round(dice.random(), 2),
        is_believed=False,
        years=tuple(sorted(years.items())),
        polarities=tuple((side, n) for side, n in told.items() if n),
        kinds=tuple((kind, n) for kind, n in kinds.items() if n),
    )


def quads(summaries: tuple[Assertion, ...]) -> Iterator[Quad]:
    for concept in CONCEPTS:
        yield from concept_quads(concept)
    for each in summaries:
        yield from assertion_quads(each)


@pytest.fixture(scope="module", params=range(5))
def crowd(request: pytest.FixtureRequest) -> Crowd:
    dice = random.Random(request.param)
    made = {s.claim: s for s in (summary(n, dice) for n in range(150))}
    summaries = tuple(made.values())
    store = EmbeddedStore.in_memory()
    store.bulk_load(quads(summaries))
    # an article has a year too, and is no count
    article = NamedNode("https://pubmed.ncbi.nlm.nih.gov/1")
    store.bulk_load([Quad(article, v.YEAR, Literal(2020), v.ARTICLES)])
    return Crowd(summaries, store)


@pytest.mark.parametrize("limit", [1, 5, 20, 60, 500])
def test_the_top_relations_are_those_with_most_papers_then_most_belief(
    crowd: Crowd, limit: int
) -> None:
    found = [
        (int(cell(row, "papers")), float(cell(row, "belief")))
        for row in ask(crowd.store, "top_relations", {"limit": str(limit)})
    ]

    every = sorted(((s.paper_count, s.belief) for s in crowd.summaries), reverse=True)
    assert found == every[:limit]


@pytest.mark.parametrize("limit", [1, 20, 500])
def test_the_newest_assertions_are_those_first_said_last(crowd: Crowd, limit: int) -> None:
    found = [
        (int(cell(row, "year")), float(cell(row, "belief")))
        for row in ask(crowd.store, "newest_assertions", {"limit": str(limit)})
    ]

    dated = sorted(((s.years[0][0], s.belief) for s in crowd.summaries if s.years), reverse=True)
    assert found == dated[:limit]


def test_each_predicate_counts_its_assertions_and_their_evidence(crowd: Crowd) -> None:
    found = {
        cell(row, "predicate"): (int(cell(row, "assertions")), int(cell(row, "evidence")))
        for row in ask(crowd.store, "predicate_counts")
    }

    for predicate in PREDICATES:
        evidence = [s.evidence_count for s in crowd.summaries if s.claim.predicate == predicate]
        assert found[v.PREDICATE_NODES[predicate].value] == (len(evidence), sum(evidence))


def test_each_year_counts_the_assertions_with_papers_and_the_papers(crowd: Crowd) -> None:
    found = {
        int(cell(row, "year")): (int(cell(row, "assertions")), int(cell(row, "statements")))
        for row in ask(crowd.store, "relations_by_year")
    }

    papers = [(year, n) for s in crowd.summaries for year, n in s.years]
    assert found == {
        year: (sum(y == year for y, _ in papers), sum(n for y, n in papers if y == year))
        for year in {year for year, _ in papers}
    }


def test_what_is_told_of_both_is_counted_of_both(crowd: Crowd) -> None:
    studied = [dict(s.kinds) for s in crowd.summaries]
    both = [k[StudyKind.HUMAN] + k[StudyKind.ANIMAL] for k in studied if len(k) > 1]
    told = [sum(n for _, n in s.polarities) for s in crowd.summaries if len(s.polarities) > 1]

    people = [
        int(cell(row, "humanPapers")) + int(cell(row, "animalPapers"))
        for row in ask(crowd.store, "people_and_animals")
    ]
    sides = [
        int(cell(row, "increasePapers")) + int(cell(row, "decreasePapers"))
        for row in ask(crowd.store, "opposite_directions")
    ]

    assert people == sorted(both, reverse=True)[:20]
    assert sides == sorted(told, reverse=True)[:20]
