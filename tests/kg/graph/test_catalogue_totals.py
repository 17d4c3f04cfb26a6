"""Questions over all assertions, asked in a quick way, answer what the plain way would."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.assertion import Assertion, Claim
from kg.graph import vocabulary as v
from kg.graph.catalogue import ask
from kg.graph.rdf import assertion_quads, cell, concept_quads
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

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
