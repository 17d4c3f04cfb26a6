"""Fitting a judge to held-out documents."""

from dataclasses import replace

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.ner.judging import COLUMNS, Described
from extract.training.held_out import HeldOut
from extract.training.judgement import judge_held_out
from ingest.document import Document, Passage
from ontology.schema import EntityType


def held_out(number: int, rights: list[bool]) -> HeldOut:
    """Read ``a b c …``: right mentions have 1 in the first column, wrong ones 0, most of them."""
    text = " ".join("abcdefgh"[: len(rights)])
    mentions = tuple(
        Mention("abstract", 2 * i, 2 * i + 1, text[2 * i], EntityType.DDF, 0.6)
        for i in range(len(rights))
    )
    matrix = np.zeros((len(rights), len(COLUMNS)), dtype=np.float32)
    matrix[:, 0] = rights
    matrix[0, 0] = 1.0  # the first is right or wrong by chance
    document = Document(str(number), (Passage("abstract", text),))
    gold = tuple(m for m, is_right in zip(mentions, rights, strict=True) if is_right)
    pipeline = Pipeline("x", "x", "", "")
    return HeldOut(
        AnnotatedDocument(document, gold, (), pipeline),
        AnnotatedDocument(document, mentions, (), pipeline),
        Described(mentions, matrix),
    )


def test_a_judge_keeps_what_is_likely_right_and_scores_it() -> None:
    read = [held_out(i, [i % 4 > 0, True, False, False]) for i in range(80)]
    judge, judged = judge_held_out(read)
    assert judge is not None
    assert {len(pair.read.mentions) for pair in judged} == {2}
    scores = [m.score for pair in judged for m in pair.read.mentions]
    # of those with 1 in the column, 140 of 160 are right; few documents make a judge careful
    assert all(0.7 < score < 0.88 for score in scores)
    assert judge.least == pytest.approx(0.5 * 2 * 140 / (160 + 140), abs=0.01)
    assert read[0].described is not None
    kept = judge.keep(read[0].described)
    assert [m.text for m in kept] == ["a", "b"]


def test_nothing_is_learned_where_all_mentions_are_right() -> None:
    read = [held_out(i, [True, True]) for i in range(5)]
    judge, judged = judge_held_out(read)
    assert judge is None
    assert judged == read


def test_a_document_is_judged_by_judges_that_never_saw_it() -> None:
    odd = replace(held_out(0, [True, True]), gold=held_out(0, [False, False]).gold)
    others = [held_out(i, [True, False]) for i in range(1, 40)]
    _, judged = judge_held_out([odd, *others])
    # its own mentions are all wrong, and no other document says so
    assert [m.score > 0.6 for m in judged[0].read.mentions] == [True, True]
