"""Logistic curves: regression by Newton's method, and scores as probabilities (Platt, 1999)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS, _HALVINGS = 50, 30
_EDGE = 1e-6


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
    """Go a Newton step, halved until it does no harm: far off, full ones overshoot."""
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


@dataclass(frozen=True, slots=True)
class Platt:
    """A curve: log-odds times ``slope``, plus ``shift``. By default scores stay as they are."""

    slope: float = 1.0
    shift: float = 0.0

    def apply(self, scores: Floats) -> Floats:
        """Map scores in [0, 1] to probabilities."""
        return logistic(self.slope * _log_odds(scores) + self.shift)


IDENTITY = Platt()


def read_curve(manifest: Mapping[str, Any]) -> Platt:
    """Take a model's ``curve`` out of its manifest; scores stay as they are where it has none."""
    return Platt(**{name: float(value) for name, value in manifest.get("curve", {}).items()})


def fit_platt(scores: Sequence[float], is_right: Sequence[bool]) -> Platt:
    """Fit the curve by Newton's method; with all right, or all wrong, scores stay.

    Targets are drawn in from 0 and 1 as Platt does, so that separable scores have a best curve.
    A curve that would turn the order of scores round is none: they stay.
    """
    right = np.asarray(is_right, dtype=np.float64)
    hits, misses = right.sum(), (1 - right).sum()
    if not hits or not misses:
        return Platt()
    targets = np.where(right > 0, (hits + 1) / (hits + 2), 1 / (misses + 2))
    inputs = np.stack([_log_odds(np.asarray(scores)), np.ones(len(right))], axis=1)
    curve = np.array([0.0, np.log((hits + 1) / (misses + 1))])
    curve = fit_logistic(inputs, targets, curve, ridge=np.zeros(2))
    return Platt(float(curve[0]), float(curve[1])) if curve[0] > 0 else Platt()


def _log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.log(inside / (1 - inside))
