"""What is known of a mention, and how a judge weighs it."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import Mention
from extract.model import ModelError
from extract.ner.bio import LABELS, TYPES
from extract.ner.judging import (
    COLUMNS,
    LOCAL,
    Judge,
    describe_label,
    describe_mentions,
    read_judge,
    write_judge,
)
from ontology.lexicon import starter_lexicon
from ontology.schema import EntityType

DDF, CHEMICAL = EntityType.DDF, EntityType.CHEMICAL
BEGIN, INSIDE = LABELS.index(f"B-{DDF}"), LABELS.index(f"I-{DDF}")


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


def test_a_judge_is_kept_and_read_back(tmp_path: Path) -> None:
    width = len(COLUMNS)
    weights = tuple(map(float, range(width)))
    judge = Judge(COLUMNS, (0.5,) * width, (2.0,) * width, weights, -0.25, 0.4)
    write_judge(judge, tmp_path)
    assert read_judge(tmp_path) == judge
    assert read_judge(tmp_path / "none") is None


@pytest.mark.parametrize("text", ["{}", "no", '{"columns": {}, "shift": 0, "least": 0}'])
def test_a_broken_judge_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "judge.json").write_text(text)
    with pytest.raises(ModelError, match=r"judge\.json"):
        read_judge(tmp_path)


def test_a_judge_s_columns_are_matched_by_name() -> None:
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(5, len(COLUMNS))).astype(np.float32)
    numbers = generator.uniform(1, 2, size=(3, len(COLUMNS))).tolist()
    straight = Judge(COLUMNS, *map(tuple, numbers), shift=0.5, least=0.0)
    turned = Judge(COLUMNS[::-1], *(tuple(row[::-1]) for row in numbers), shift=0.5, least=0.0)
    assert turned.probabilities(matrix) == pytest.approx(straight.probabilities(matrix))


def test_a_judge_that_knows_fewer_columns_takes_no_notice_of_the_rest() -> None:
    judge = Judge(("is DDF",), (0.0,), (1.0,), (1.0,), 0.0, 0.0)
    matrix = np.ones((2, len(COLUMNS)), dtype=np.float32)
    matrix[1, COLUMNS.index("is DDF")] = 0
    assert judge.probabilities(matrix) == pytest.approx([1 / (1 + math.exp(-1)), 0.5])


def test_a_column_that_is_gone_is_one_line(tmp_path: Path) -> None:
    text = '{"columns": {"is virus": [0, 1, 1]}, "shift": 0, "least": 0}'
    (tmp_path / "judge.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"judge\.json: trained for 'is virus', which this"):
        read_judge(tmp_path)
