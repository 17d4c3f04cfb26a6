"""Curves fitted to targets; scores as probabilities."""

import numpy as np
import pytest

from extract.logistic import Platt, fit_logistic, fit_platt, logistic, read_curve


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


def test_weights_are_those_that_made_the_targets() -> None:
    generator = np.random.default_rng(1)
    inputs = np.hstack([generator.normal(size=(200, 2)), np.ones((200, 1))])
    wanted = np.array([1.5, -0.5, 0.25])
    targets = logistic(inputs @ wanted)
    assert fit_logistic(inputs, targets, np.zeros(3), np.zeros(3)) == pytest.approx(wanted)
    drawn_in = fit_logistic(inputs, targets, np.zeros(3), np.array([100.0, 100.0, 0.0]))
    assert np.abs(drawn_in[:2]).max() < np.abs(wanted[:2]).max()


def test_a_manifest_s_curve_is_read_and_missing_parts_leave_scores_as_they_are() -> None:
    assert read_curve({"curve": {"slope": 2, "shift": -1}}) == Platt(2.0, -1.0)
    assert read_curve({}) == Platt()
    for wrong in ({"slop": 1}, {"slope": "steep"}):
        with pytest.raises((TypeError, ValueError)):
            read_curve({"curve": wrong})
