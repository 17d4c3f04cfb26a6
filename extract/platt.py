"""Scores as probabilities: a logistic curve over log-odds (Platt, 1999)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extract.logistic import Floats, fit_logistic, logistic


class CurveError(ValueError):
    """A model's curve cannot be read: names the file."""


_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Platt:
    """A curve: log-odds times ``slope``, plus ``shift``. By default scores stay as they are."""

    slope: float = 1.0
    shift: float = 0.0

    def apply(self, scores: Floats) -> Floats:
        """Map scores in [0, 1] to probabilities."""
        return logistic(self.slope * _log_odds(scores) + self.shift)


IDENTITY = Platt()


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


def read_curve(manifest: Path) -> Platt:
    """Read a model's ``curve``; scores stay as they are where it has none.

    Raises CurveError.
    """
    try:
        curve = json.loads(manifest.read_bytes()).get("curve", {})
        return Platt(**{name: float(value) for name, value in curve.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CurveError(f"{manifest}: no curve: {error}") from error


def _log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.log(inside / (1 - inside))
