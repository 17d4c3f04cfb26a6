"""Logistic regression: the curve, and its weights by Newton's method."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS, _HALVINGS = 50, 30


def logistic(values: Floats) -> Floats:
    """Map log-odds to probabilities."""
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


def fit_logistic(inputs: Floats, targets: Floats, start: Floats, ridge: Floats) -> Floats:
    """Find the weights [columns] under which targets in [0, 1] are most likely.

    ``inputs`` [rows, columns]; ``ridge`` [columns] is what half a squared weight costs beside the
    summed log-loss of the rows.
    """
    weights = start
    for _ in range(_STEPS):
        weights = _step(weights, inputs, targets, ridge)
    return weights


def _step(weights: Floats, inputs: Floats, targets: Floats, ridge: Floats) -> Floats:
    """Go a Newton step, halved until it does no harm: far off, whole ones overshoot."""
    expected = logistic(inputs @ weights)
    slopes = (inputs * (expected * (1 - expected))[:, None]).T @ inputs + np.diag(ridge + 1e-9)
    step = np.linalg.solve(slopes, inputs.T @ (expected - targets) + ridge * weights)
    before = _loss(weights, inputs, targets, ridge)
    for halving in range(_HALVINGS):
        nearer = weights - step * 0.5**halving
        if _loss(nearer, inputs, targets, ridge) <= before:
            return nearer
    return weights


def _loss(weights: Floats, inputs: Floats, targets: Floats, ridge: Floats) -> float:
    odds = inputs @ weights
    return float((np.logaddexp(0, odds) - targets * odds).sum() + (ridge * weights**2).sum() / 2)
