"""Scores as probabilities."""

import numpy as np
import pytest

from extract.platt import Platt, fit_platt


def test_by_default_scores_stay() -> None:
    scores = np.array([0.1, 0.5, 0.99])
    assert Platt().apply(scores) == pytest.approx(scores)


def test_scores_that_are_too_sure_are_drawn_in() -> None:
    generator = np.random.default_rng(1)
    truth = generator.uniform(0.05, 0.95, 4000)
    right = generator.uniform(size=4000) < truth
    odds = np.log(truth / (1 - truth))
    too_sure = 1 / (1 + np.exp(-(3 * odds + 1)))
    curve = fit_platt(too_sure.tolist(), right.tolist())
    assert curve.slope == pytest.approx(1 / 3, abs=0.03)
    assert curve.apply(too_sure) == pytest.approx(truth, abs=0.05)


def test_scores_that_part_right_from_wrong_keep_a_finite_curve() -> None:
    curve = fit_platt([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    low, high = curve.apply(np.array([0.1, 0.9]))
    assert 0 < low < 0.5 < high < 1


@pytest.mark.parametrize("right", [[True, True], [False, False], []])
def test_without_both_right_and_wrong_scores_stay(right: list[bool]) -> None:
    assert fit_platt([0.3, 0.6][: len(right)], right) == Platt()


def test_a_curve_never_turns_the_order_round() -> None:
    assert fit_platt([0.9, 0.8, 0.2, 0.1], [False, False, True, True]) == Platt()
