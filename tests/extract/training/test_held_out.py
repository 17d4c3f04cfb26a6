"""What held-out documents decide: thresholds, curves, and the mentions kept of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument, Corpus
from extract.logistic import Platt
from extract.model import ModelError
from extract.training.held_out import (
    GRID,
    PRECISE,
    HeldOut,
    best_relation_f1,
    calibrate,
    choose_thresholds,
    fit_relation_curve,
    read_held_out,
    score_entities,
    write_held_out,
)
from ingest.document import Document
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]


@pytest.fixture
def corpus(write: Write, annotate: Annotate) -> Corpus:
    """Six alike documents with two relations each."""
    marks = [
        ("Butyrate", EntityType.CHEMICAL),
        ("colitis", EntityType.DDF),
        ("old mice", EntityType.ANIMAL),
    ]
    relations = [(0, Predicate.INFLUENCE, 1), (1, Predicate.TARGET, 2)]
    text = "Butyrate eased colitis in old mice."
    return [annotate(write(text, pmid=str(n)), marks, relations) for n in range(1, 7)]


def test_of_thresholds_as_good_as_the_best_the_lowest_is_taken(corpus: Corpus) -> None:
    scores = (0.5, 0.5)
    held_out = [HeldOut(gold, with_scores(gold, scores)) for gold in corpus]
    thresholds, choices = choose_thresholds(held_out)
    assert thresholds.mention == thresholds.tag == thresholds.binary == GRID[0]
    assert [choice.f1 for choice in choices.values()] == pytest.approx([1, 1, 1])


def test_a_threshold_that_keeps_the_wrong_out_is_found(corpus: Corpus) -> None:
    held_out = [
        HeldOut(replace(gold, relations=gold.relations[:1]), with_scores(gold, (0.5, 0.15)))
        for gold in corpus
    ]
    thresholds, choices = choose_thresholds(held_out)
    assert thresholds.mention == 0.16
    assert choices["ternary_mention_based_relations"].best_f1 == pytest.approx(1)


def test_entities_are_scored_on_what_was_read(corpus: Corpus) -> None:
    half = [HeldOut(gold, replace(gold, mentions=gold.mentions[:1])) for gold in corpus]
    assert score_entities(half) == pytest.approx(0.5)


def with_scores(annotated: AnnotatedDocument, scores: tuple[float, ...]) -> AnnotatedDocument:
    pairs = zip(annotated.relations, scores, strict=True)
    return replace(annotated, relations=tuple(replace(r, score=value) for r, value in pairs))


def half_right(corpus: Corpus, scores: tuple[float, float]) -> list[HeldOut]:
    """Read both relations everywhere, where only the first is annotated."""
    return [
        HeldOut(replace(gold, relations=gold.relations[:1]), with_scores(gold, scores))
        for gold in corpus
    ]


def test_the_graph_takes_the_highest_threshold_that_is_as_good(corpus: Corpus) -> None:
    thresholds, choices = choose_thresholds(half_right(corpus, (0.45, 0.15)))
    assert (thresholds.mention, thresholds.graph) == (0.16, 0.45)
    assert choices["ternary_mention_based_relations"].highest == 0.45


def test_the_precise_threshold_is_the_lowest_that_is_precise_enough(corpus: Corpus) -> None:
    assert choose_thresholds(half_right(corpus, (0.55, 0.45)))[0].precise == 0.50
    assert PRECISE > 0.5
    all_wrong = [
        HeldOut(replace(gold, relations=()), with_scores(gold, (0.9, 0.9))) for gold in corpus
    ]
    assert choose_thresholds(all_wrong)[0].precise == GRID[-1]


def test_a_curve_is_fitted_to_which_surfaces_are_annotated(corpus: Corpus) -> None:
    curve = fit_relation_curve(half_right(corpus, (0.6, 0.5)))
    sure, doubtful = calibrate(half_right(corpus, (0.6, 0.5))[0], curve).read.relations
    assert (sure.score > 0.8, doubtful.score < 0.2) == (True, True)


def test_the_least_likely_relations_are_left_out(corpus: Corpus) -> None:
    pair = HeldOut(corpus[0], with_scores(corpus[0], (GRID[0], GRID[0] - 0.001)))
    assert len(calibrate(pair, Platt()).read.relations) == 1


def test_the_best_f1_is_that_of_the_best_threshold(corpus: Corpus) -> None:
    assert best_relation_f1(half_right(corpus, (0.9, 0.1))) == pytest.approx(1.0)
    assert best_relation_f1(half_right(corpus, (0.1, 0.9))) == pytest.approx(2 / 3)
    assert best_relation_f1([HeldOut(corpus[0], replace(corpus[0], relations=()))]) == 0.0


def test_held_out_mentions_are_kept_and_read_back(corpus: Corpus, tmp_path: Path) -> None:
    assert read_held_out(tmp_path, corpus) == {}
    write_held_out([HeldOut(gold, gold) for gold in corpus[:2]], tmp_path)
    assert read_held_out(tmp_path, corpus) == {
        gold.document.pmid: gold.mentions for gold in corpus[:2]
    }
    with pytest.raises(ModelError, match=r"held_out\.json: '1' is missing"):
        read_held_out(tmp_path, corpus[1:])
