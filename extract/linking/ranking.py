"""The re-ranker: which candidate is meant, and how sure that is.

Two logistic models over named columns: McFadden's conditional logit ("Conditional logit analysis of
qualitative choice behavior", 1974) chooses among the candidates of a mention, and a regression over
the chosen one's columns says how likely it is to be right, the right one missing included.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from extract.linking.candidates import COLUMNS, Floats, Shortlist
from extract.logistic import logistic
from extract.model import check_names, read_json

MODEL_FILE = "links.json"
CERTAINTY_COLUMNS = (*COLUMNS, "choice", "lead", "always")
"""What decides how sure a link is: the candidate's columns, the log-odds of the choice, its lead
over the next candidate, and 1."""
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class LinkModel:
    """Weights [columns] of both models.

    From the probability ``exact_from`` on links are right often enough to stand in the graph.
    """

    choice: Floats
    certainty: Floats
    exact_from: float
    task_list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates, best first, each with its share of the choice; ``probability`` is the best's."""

    concepts: tuple[str, ...]
    rows: Floats
    shares: Floats
    probability: float


def rank(candidates: Shortlist, model: LinkModel) -> Ranked:
    """Put the candidates of a mention in order; of equals the first by CURIE."""
    scores = candidates.rows @ model.choice
    order = np.argsort(-scores, kind="stable")
    shares = shares_of(scores[order])
    rows = candidates.rows[order]
    inputs = certainty_inputs(rows, scores[order])
    concepts = tuple(candidates.concepts[i] for i in order)
    return Ranked(concepts, rows, shares, float(logistic(inputs @ model.certainty)))


def shares_of(scores: Floats) -> Floats:
    """Share one out among candidates (softmax)."""
    odds = np.exp(scores - scores.max())
    return odds / odds.sum()


def certainty_inputs(rows: Floats, scores: Floats) -> Floats:
    """Describe a choice for ``CERTAINTY_COLUMNS``; rows and scores are in order."""
    share = np.clip(shares_of(scores)[0], _EDGE, 1 - _EDGE)
    lead = scores[0] - scores[1] if len(scores) > 1 else scores[0]
    return np.concatenate([rows[0], [np.log(share / (1 - share)), min(lead, 10.0), 1.0]])


def fit_choice(
    rows: Sequence[Floats], chosen: Sequence[int], counts: Floats, ridge: float
) -> Floats:
    """Fit the conditional logit by Newton's method.

    ``rows`` holds [candidates, columns] of each mention, ``chosen`` which candidate is right,
    ``counts`` how often the mention came. ``ridge`` is what half a squared weight costs, in units
    of each column's deviation.
    """
    return _Choices(rows, chosen, counts, ridge).fit()


class _Choices:
    """All candidates of all mentions, one below the other, columns scaled to unit deviation."""

    def __init__(
        self, rows: Sequence[Floats], chosen: Sequence[int], counts: Floats, ridge: float
    ) -> None:
        sizes = np.array([len(each) for each in rows])
        stacked = np.concatenate(rows)
        self._scale = stacked.std(axis=0) + 1e-9
        self._inputs = stacked / self._scale
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._owner = np.repeat(np.arange(len(rows)), sizes)
        self._right = self._starts + np.asarray(chosen)
        self._counts, self._ridge = counts, ridge

    def fit(self, steps: int = 30) -> Floats:
        weights = np.zeros(self._inputs.shape[1])
        loss = self._loss(weights)
        for _ in range(steps):
            weights, before = self._step(weights, loss), loss
            loss = self._loss(weights)
            if before - loss < 1e-7 * abs(before):
                break
        return weights / self._scale

    def _shares(self, weights: Floats) -> tuple[Floats, Floats]:
        scores = self._inputs @ weights
        top = np.maximum.reduceat(scores, self._starts)
        odds = np.exp(scores - top[self._owner])
        total = np.add.reduceat(odds, self._starts)
        return odds / total[self._owner], top + np.log(total) - scores[self._right]

    def _loss(self, weights: Floats) -> float:
        _, losses = self._shares(weights)
        return float(self._counts @ losses + self._ridge * weights @ weights / 2)

    def _step(self, weights: Floats, loss: float) -> Floats:
        shares, _ = self._shares(weights)
        mean = np.add.reduceat(self._inputs * shares[:, None], self._starts)
        slope = self._counts @ (mean - self._inputs[self._right]) + self._ridge * weights
        spread = self._inputs.T @ (self._inputs * (shares * self._counts[self._owner])[:, None])
        curvature = spread - mean.T @ (mean * self._counts[:, None])
        curvature += np.eye(len(weights)) * (self._ridge + 1e-9)
        step = np.linalg.solve(curvature, slope)
        for halving in range(30):
            nearer = weights - step * 0.5**halving
            if self._loss(nearer) <= loss:
                return nearer
        return weights


def write_model(model: LinkModel, folder: Path, **figures: object) -> None:
    """Write the weights with the names of their columns, and how they came about."""
    content = {
        "choice": _named(COLUMNS, model.choice),
        "certainty": _named(CERTAINTY_COLUMNS, model.certainty),
        "exact_from": model.exact_from,
        "task_list": model.task_list,
        **figures,
    }
    (folder / MODEL_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _named(columns: Sequence[str], weights: Floats) -> dict[str, float]:
    return {name: round(float(weight), 5) for name, weight in zip(columns, weights, strict=True)}


def read_model(folder: Path) -> LinkModel:
    """Read a model; raises ModelError where it knows columns that this version does not."""
    return read_json(folder / MODEL_FILE, _parse)


def _parse(content: Mapping[str, Any]) -> LinkModel:
    return LinkModel(
        _weights(content["choice"], COLUMNS),
        _weights(content["certainty"], CERTAINTY_COLUMNS),
        float(content["exact_from"]),
        tuple(content["task_list"]),
    )


def _weights(named: Mapping[str, float], columns: Sequence[str]) -> Floats:
    """Put weights in the order of our columns; one that the model lacks weighs nothing."""
    check_names(list(named), columns)
    return np.array([float(named.get(column, 0.0)) for column in columns])
