"""What is known of a mention, and how a judge weighs it."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.ner.bio import LABELS, TYPES
from extract.ner.judging import (
    COLUMNS,
    LOCAL,
    Described,
    Judge,
    JudgeError,
    describe_label,
    describe_mentions,
    read_judge,
    write_judge,
)
from extract.training.judgement import judge_held_out
from extract.training.thresholds import HeldOut
from ingest.document import Document, Passage
from ontology.lexicon import starter_lexicon
from ontology.schema import EntityType

DDF, CHEMICAL = EntityType.DDF, EntityType.CHEMICAL
BEGIN, INSIDE = LABELS.index(f"B-{DDF}"), LABELS.index(f"I-{DDF}")
Numbers = Callable[[Mention], tuple[float, ...]]


def spoken(*shares: dict[int, float]) -> np.ndarray:
    """Give log-probabilities of words: what is not named shares what is left."""
    rows = np.empty((len(shares), len(LABELS)), dtype=np.float32)
    for row, named in zip(rows, shares, strict=True):
        row[:] = (1 - sum(named.values())) / (len(LABELS) - len(named))
        for label, share in named.items():
            row[label] = share
    return np.log(rows)


def test_a_tagger_tells_of_its_words_and_of_those_beside_them() -> None:
    rows = spoken(
        {0: 0.7, BEGIN: 0.1}, {BEGIN: 0.8, 0: 0.1}, {INSIDE: 0.5, 0: 0.4}, {0: 0.6, INSIDE: 0.3}
    )
    told = dict(zip(LOCAL, describe_label(rows, [0, BEGIN, INSIDE, 0], 1, 3), strict=True))
    assert told["mean"] == pytest.approx((math.log(0.8) + math.log(0.5)) / 2, abs=1e-5)
    assert told["least"] == told["last"] == pytest.approx(math.log(0.5), abs=1e-5)
    assert told["first"] == pytest.approx(math.log(0.8), abs=1e-5)
    assert told["words"] == pytest.approx(math.log(2))
    assert told["entity"] == pytest.approx(1 - (0.1 + 0.4) / 2, abs=1e-5)
    assert told["end"] == pytest.approx(1 - 0.3, abs=1e-5)
    assert told["before"] == pytest.approx(1 - 0.7, abs=1e-5)


def test_a_mention_at_the_edges_of_a_passage_has_nothing_beside_it() -> None:
    rows = spoken({BEGIN: 0.9})
    told = dict(zip(LOCAL, describe_label(rows, [BEGIN], 0, 1), strict=True))
    assert (told["end"], told["before"]) == (1.0, 0.0)


def mention(text: str, kind: EntityType, score: float, start: int = 0) -> Mention:
    return Mention("abstract", start, start + len(text), text, kind, score)


def test_the_document_and_the_lexicon_tell_of_a_name() -> None:
    mentions = (
        mention("depression", DDF, 0.9),
        replace(mention("Depression", DDF, 0.5), passage="title"),
        mention("depression", CHEMICAL, 0.4, start=50),
    )
    found = describe_mentions(mentions, [(0.0,) * len(LOCAL)] * 3, starter_lexicon())
    first, title, other = (dict(zip(COLUMNS, row, strict=True)) for row in found.matrix.tolist())
    assert first["best of its name"] == pytest.approx(0.9)
    assert first["mean of its name"] == title["mean of its name"] == pytest.approx(0.7)
    assert first["times named"] == pytest.approx(math.log(2))
    assert first["best as another type"] == pytest.approx(0.4)
    assert (first["in title"], title["in title"]) == (0.0, 1.0)
    assert (first["in lexicon"], first["in lexicon as another type"]) == (1.0, 0.0)
    assert (other["in lexicon"], other["in lexicon as another type"]) == (0.0, 1.0)
    assert [first[f"is {kind}"] for kind in TYPES] == [float(kind is DDF) for kind in TYPES]


def test_no_mentions_are_described_by_no_rows() -> None:
    assert describe_mentions((), (), starter_lexicon()).matrix.shape == (0, len(COLUMNS))


def held_out(number: int, rights: list[bool]) -> HeldOut:
    """Read ``a b c …``: right mentions have 1 in the first column, wrong ones 0, most of them."""
    text = " ".join("abcdefgh"[: len(rights)])
    mentions = tuple(mention(text[2 * i], DDF, 0.6, start=2 * i) for i in range(len(rights)))
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


def test_a_judge_is_kept_and_read_back(tmp_path: Path) -> None:
    width = len(COLUMNS)
    judge = Judge((0.5,) * width, (2.0,) * width, tuple(map(float, range(width))), -0.25, 0.4)
    write_judge(judge, tmp_path)
    assert read_judge(tmp_path) == judge
    assert read_judge(tmp_path / "none") is None


@pytest.mark.parametrize("text", ["{}", "no", '{"columns": {}, "shift": 0, "least": 0}'])
def test_a_broken_judge_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "judge.json").write_text(text)
    with pytest.raises(JudgeError, match=r"judge\.json"):
        read_judge(tmp_path)
