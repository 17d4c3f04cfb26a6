"""Fitting the judge of a tagger's mentions to documents that the tagger never saw."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from extract.logistic import fit_logistic
from extract.ner.judging import COLUMNS, Described, Judge
from extract.training.held_out import HeldOut, judge_mentions

RIDGE = 30.0
"""Chosen by ten folds over held-out expert documents, where 10 and 100 were as good."""
FOLDS = 10
_ROUNDS = 30
Labels = NDArray[np.float64]


def judge_held_out(read: Sequence[HeldOut]) -> tuple[Judge | None, list[HeldOut]]:
    """Fit a judge; give it, and the documents as judges of the other documents read them.

    None where all mentions are right, or all are wrong: there is nothing to learn, and they stay.
    """
    labels = [_labels(pair) for pair in read]
    right = np.concatenate(labels) if labels else np.zeros(0)
    if right.all() or not right.any():
        return None, list(read)
    likely = list(_cross_fitted(read, labels))
    least = _half_of_best(likely, labels, sum(len(pair.gold.mentions) for pair in read))
    judge = _fit(read, labels, least)
    return judge, [
        replace(pair, read=replace(pair.read, mentions=_described(pair).keep(chances, least)))
        for pair, chances in zip(read, likely, strict=True)
    ]


def _described(pair: HeldOut) -> Described:
    if pair.described is None:
        raise ValueError(f"{pair.gold.document.pmid}: read without what a judge needs")
    return pair.described


def _labels(pair: HeldOut) -> Labels:
    """Say which mentions are annotated; [mentions]."""
    judged = judge_mentions(pair.gold, _described(pair).mentions)
    return np.array([is_right for _, is_right in judged], dtype=np.float64)


def _cross_fitted(read: Sequence[HeldOut], labels: Sequence[Labels]) -> Iterator[Labels]:
    """Give each document's probabilities by a judge that was fitted to other documents."""
    judges = {
        fold: _fit(
            [pair for n, pair in enumerate(read) if n % FOLDS != fold],
            [label for n, label in enumerate(labels) if n % FOLDS != fold],
            least=0.0,
        )
        for fold in range(min(FOLDS, len(read)))
    }
    for number, pair in enumerate(read):
        yield judges[number % FOLDS].probabilities(_described(pair).matrix)


def _fit(read: Sequence[HeldOut], labels: Sequence[Labels], least: float) -> Judge:
    matrix = np.vstack([_described(pair).matrix for pair in read]).astype(np.float64)
    center, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale[scale == 0] = 1.0
    inputs = np.hstack([(matrix - center) / scale, np.ones((len(matrix), 1))])
    ridge = np.array([RIDGE] * matrix.shape[1] + [0.0])
    weights = fit_logistic(inputs, np.concatenate(labels), np.zeros(len(ridge)), ridge)
    rows = (tuple(map(float, row)) for row in (center, scale, weights[:-1]))
    return Judge(COLUMNS, *rows, shift=float(weights[-1]), least=least)


def _half_of_best(likely: Sequence[Labels], labels: Sequence[Labels], gold: int) -> float:
    """Find the threshold that is best for F1: half of what it reaches (Lipton et al., 2014)."""
    chances, right = np.concatenate(likely), np.concatenate(labels)
    least = 0.5
    for _ in range(_ROUNDS):
        kept = chances >= least
        least = float(right[kept].sum() / max(1, kept.sum() + gold))
    return round(least, 3)
