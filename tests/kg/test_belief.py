"""Belief counts papers, in one place that has its formula."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.belief import is_believed, noisy_or, probability, reason_for_doubt, weight, written_out


def test_a_sentence_that_only_supposes_has_half_its_weight() -> None:
    assert weight(0.8, is_speculative=False) == 0.8
    assert weight(0.8, is_speculative=True) == 0.4
    assert weight(0.12345, is_speculative=True) == 0.0617


@given(st.lists(st.floats(0, 1), max_size=8), st.randoms(use_true_random=False))
def test_belief_is_a_probability_whatever_the_order(weights: list[float], random: Random) -> None:
    shuffled = list(weights)
    random.shuffle(shuffled)
    assert 0 <= noisy_or(weights) == noisy_or(shuffled) <= 1


def test_papers_add_up_to_belief_and_none_of_them_can_take_it_away() -> None:
    assert noisy_or([]) == 0
    assert noisy_or([0.5, 0.8, 0]) == 0.9
    assert noisy_or([1, 0.2]) == 1


@pytest.mark.parametrize(
    ("belief", "disbelief", "expected"),
    [(0.5, 0, True), (0.49, 0, False), (0.6, 0.6, False), (0.6, 0.59, True), (0.4, 0.1, False)],
)
def test_believed_is_what_reaches_the_threshold_and_exceeds_what_denies_it(
    belief: float, disbelief: float, *, expected: bool
) -> None:
    assert is_believed(belief, disbelief, 0.5) is expected


def test_nothing_at_all_is_not_believed() -> None:
    assert not is_believed(0, 0, 0)


def test_the_reason_for_doubt_is_given_in_words() -> None:
    assert reason_for_doubt(0.1, 0) == "Below the threshold: not a direct triple."
    assert reason_for_doubt(0.3, 0.2) == "Below the threshold: not a direct triple."
    assert reason_for_doubt(0.3, 0.3).startswith("As much speaks against it as for it")


def test_a_long_formula_is_cut_and_says_so() -> None:
    assert written_out([], 0, 0) == "1 − 1 = 0.0000"
    cut = written_out([0.5] * 9, 9, 0.998)
    assert cut.count("0.5000") == 8
    assert cut.endswith(" × … = 0.9980")


def test_a_formula_never_ends_in_a_certainty() -> None:
    assert written_out([0.99996], 1, 0.99996).endswith(" > 0.9999")
    assert written_out([0.00004], 1, 0.00004).endswith(" < 0.0001")


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0.00"),
        (0.0049, "< 0.01"),
        (0.0051, "0.01"),
        (0.994, "0.99"),
        (0.995, "> 0.99"),
        (0.9999999, "> 0.99"),
        (1.0, "> 0.99"),
    ],
)
def test_a_doubt_is_never_shown_as_certainty(share: float, shown: str) -> None:
    assert probability(share) == shown


def test_many_papers_make_no_certainty() -> None:
    assert noisy_or([0.5] * 2000) == noisy_or([0.9, 0.9] * 9) == 0.999999
    assert noisy_or([0.999]) == 0.999
