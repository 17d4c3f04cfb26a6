"""Evidence is what papers say, and an assertion counts its papers."""

from collections.abc import Callable
from dataclasses import replace

from extract.annotation import AnnotatedDocument
from kg.article import Article
from kg.assertion import (
    Assertion,
    Claim,
    PaperSupport,
    Side,
    collect_evidence,
    paper_support,
    summarise,
)
from kg.sentence.cues import Cues, Polarity
from kg.sentence.study import StudyKind
from ontology.schema import Predicate

Paper = Callable[..., AnnotatedDocument]
INFLUENCE = Predicate.INFLUENCE
CLAIM = Claim("NCBITaxon:853", INFLUENCE, "NCIT:C124639")
SAID = ("F. prausnitzii", INFLUENCE, "depression")


def test_relations_that_say_nothing_are_left_out(paper: Paper) -> None:
    said = paper("1", SAID)
    relation = said.relations[0]
    unlinked = replace(relation, object=replace(relation.object, concept=None))
    of_itself = replace(relation, object=replace(relation.object, concept="NCBITaxon:853"))
    assert list(collect_evidence(replace(said, relations=(unlinked, of_itself)))) == []


def test_a_retracted_paper_gives_no_evidence(paper: Paper) -> None:
    assert list(collect_evidence(paper("1", SAID, kinds=("Retracted Publication",)))) == []


def test_the_same_relation_twice_is_one_evidence_with_the_better_score(paper: Paper) -> None:
    said = paper("1", SAID, score=0.4)
    twice = (*said.relations, replace(said.relations[0], score=0.9))
    ((_, evidence),) = collect_evidence(replace(said, relations=twice))
    assert evidence.score == 0.9


def test_a_paper_counts_with_its_best_sentence_for_and_its_best_against(paper: Paper) -> None:
    said = paper("1", SAID, year=2021, kinds=("Review",))
    ((_, once),) = collect_evidence(said)
    denied = replace(once, cues=Cues(Polarity.NO_CHANGE, is_negated=True), score=0.3)
    found = paper_support([replace(once, score=0.5), once, denied], Article.of(said))
    assert found == PaperSupport(
        "1", Side(0.8, 2), Side(0.3, 1), (Polarity.NO_CHANGE,), (StudyKind.REVIEW,), 2021
    )


def test_an_assertion_counts_its_papers_on_both_sides() -> None:
    human, both = (StudyKind.HUMAN,), (StudyKind.ANIMAL, StudyKind.HUMAN)
    papers = (
        PaperSupport("1", Side(0.5, 1), Side(0.4, 2), (Polarity.DECREASE,), human, 2022),
        PaperSupport("2", Side(0.8, 3), Side(), (Polarity.DECREASE,), both, 2019),
        PaperSupport("3", Side(), Side(0.5, 1), (Polarity.NO_CHANGE,), human, 2020),
    )
    assert summarise(CLAIM, papers, min_belief=0.9) == Assertion(
        CLAIM, 2, 4, 0.9, is_believed=True, years=((2019, 1), (2022, 1)),
        opposing_paper_count=2, opposing_evidence_count=3, disbelief=0.7,
        polarities=((Polarity.DECREASE, 2), (Polarity.NO_CHANGE, 1)),
        kinds=((StudyKind.ANIMAL, 1), (StudyKind.HUMAN, 2)),
    )  # fmt: skip


def test_an_assertion_that_papers_only_deny_is_not_believed() -> None:
    found = summarise(CLAIM, [PaperSupport("1", Side(), Side(0.5, 1), year=2020)], min_belief=0)
    assert (found.belief, found.is_believed, found.first_year) == (0, False, None)


def test_what_speaks_more_against_than_for_is_denied() -> None:
    even = Assertion(CLAIM, 1, 1, 0.5, is_believed=False, disbelief=0.5)
    assert not even.is_denied
    assert replace(even, disbelief=0.6).is_denied
