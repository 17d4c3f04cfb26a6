"""Relation scores as probabilities, from documents that training never saw."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from extract.annotation import Relation
from extract.platt import Platt, fit_platt
from extract.training.thresholds import GRID, HeldOut


def fit_relation_curve(read: Sequence[HeldOut]) -> Platt:
    """Fit the curve from scores to the share of relations that are right."""
    return fit_platt(*_judged(read))


def _judged(read: Sequence[HeldOut]) -> tuple[list[float], list[bool]]:
    """Pair scores with whether the relation is annotated, by surfaces as the task matches them."""
    scores: list[float] = []
    is_right: list[bool] = []
    for pair in read:
        known = {_key(relation) for relation in pair.gold.relations}
        scores += (relation.score for relation in pair.read.relations)
        is_right += (_key(relation) in known for relation in pair.read.relations)
    return scores, is_right


def _key(relation: Relation) -> tuple[str, ...]:
    subject, target = relation.subject, relation.object
    return subject.text, subject.type, relation.predicate, target.text, target.type


def calibrate(pair: HeldOut, curve: Platt) -> HeldOut:
    """Put probabilities in place of scores; the least likely relations are left out."""
    scores = curve.apply(np.array([relation.score for relation in pair.read.relations]))
    relations = tuple(
        replace(relation, score=float(score))
        for relation, score in zip(pair.read.relations, scores, strict=True)
        if score >= GRID[0]
    )
    return HeldOut(pair.gold, replace(pair.read, relations=relations))


def best_relation_f1(read: Sequence[HeldOut]) -> float:
    """Give the micro-F1 of relations between surfaces, at the threshold that is best for it."""
    scores: dict[tuple[int, tuple[str, ...]], float] = {}
    for number, pair in enumerate(read):
        for relation in pair.read.relations:
            key = number, _key(relation)
            scores[key] = max(relation.score, scores.get(key, 0.0))
    gold = {(n, _key(relation)) for n, pair in enumerate(read) for relation in pair.gold.relations}
    hits = np.cumsum([key in gold for key in sorted(scores, key=lambda key: -scores[key])])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + len(gold))
    return float(f1.max(initial=0.0))
