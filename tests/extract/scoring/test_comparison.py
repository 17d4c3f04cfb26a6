import random

import pytest

from extract.scoring.comparison import RESAMPLES, compare
from extract.scoring.scored_items import Lists, Scorer, ScoringError, Task

NER, STRICT = Task.NER, Scorer.STRICT
DOCUMENTS = 40


def found(share: float, seed: int) -> Lists:
    """Find a share of ten gold entities in each of forty documents, at random."""
    chance = random.Random(seed)
    return {
        str(pmid): tuple(item(n) for n in range(10) if chance.random() < share)
        for pmid in range(DOCUMENTS)
    }


def item(number: int) -> tuple[tuple[int], tuple[str]]:
    return (number,), ("DDF",)


GOLD = found(1.0, seed=0)


def test_a_planted_difference_is_found() -> None:
    better, worse = found(0.7, seed=1), found(0.6, seed=2)
    result = compare(GOLD, better, worse, NER, STRICT)
    assert 0.02 < result.difference < 0.15
    assert 0 < result.interval[0] < result.difference < result.interval[1]
    assert result.p_value < 0.05


def test_the_other_way_round_the_difference_changes_its_sign() -> None:
    one, other = found(0.7, seed=1), found(0.6, seed=2)
    there, back = compare(GOLD, one, other, NER, STRICT), compare(GOLD, other, one, NER, STRICT)
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert back.p_value == there.p_value


def test_equal_files_do_not_differ() -> None:
    same = found(0.5, seed=3)
    result = compare(GOLD, same, same, NER, STRICT)
    assert (result.difference, result.interval, result.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_files_that_differ_by_chance_are_told_apart_one_time_in_twenty() -> None:
    values = [
        compare(GOLD, found(0.5, seed=2 * n), found(0.5, seed=2 * n + 1), NER, STRICT).p_value
        for n in range(20)
    ]
    assert sum(value < 0.05 for value in values) <= 3


def test_pairing_shows_what_separate_intervals_hide() -> None:
    # The same hard documents for both: each score is uncertain, the difference is not.
    worse = {pmid: items[: int(pmid) % 10] for pmid, items in GOLD.items()}
    better = {pmid: items[: int(pmid) % 10 + 1] for pmid, items in GOLD.items()}
    result = compare(GOLD, better, worse, NER, STRICT)
    assert result.interval[0] > 0
    assert result.p_value == pytest.approx(2 / (RESAMPLES + 1))
    assert result.interval[1] - result.interval[0] < 0.05


def test_the_result_repeats_itself() -> None:
    files = found(0.7, seed=1), found(0.6, seed=2)
    assert compare(GOLD, *files, NER, STRICT) == compare(GOLD, *files, NER, STRICT)
    assert compare(GOLD, *files, NER, STRICT) != compare(GOLD, *files, NER, STRICT, seed=1)


def test_nothing_to_compare_is_no_difference() -> None:
    result = compare({}, {}, {}, NER, STRICT)
    assert (result.difference, result.p_value) == (0.0, 1.0)


def test_documents_that_gold_lacks_are_an_error_in_either_file() -> None:
    with pytest.raises(ScoringError, match="PMID x is not in the gold file"):
        compare(GOLD, GOLD, {"x": ()}, NER, STRICT)
