"""Thresholds by cross-validation, chosen by the one-standard-error rule.

F1 over the threshold is flat, and the best by a hair is a coin flip. A threshold is as good as the
best if it loses less than one standard error of the difference, resampled over the same documents
(paired: what is hard for one is hard for the other). Of those we take the lowest, which keeps
recall. The graph takes the highest instead, which keeps precision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from extract.annotation import AnnotatedDocument
from extract.corpus import write_entry
from extract.extractor import Thresholds, keep_relations
from extract.ner.judging import Described
from extract.scoring.scores import Counts, Task, bootstrap_f1, count_items, items_of

GRID = (
    *(0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18, 0.20, 0.22, 0.25, 0.28),
    *(0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60),
)
PRECISE = 0.6
"""The share of right mention-level relations, held out, that the precise preset asks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold and the micro-F1 it reaches on held-out documents.

    ``highest`` is the highest threshold that is as good; ``precision`` of both is what held-out
    predictions had there. ``standard_error`` is that of the best F1.
    """

    threshold: float
    f1: float
    precision: float
    highest: float
    highest_precision: float
    best_f1: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A document as annotated, and as read by a pipeline that never saw it.

    ``described`` is what a judge of its mentions needs, where a tagger read it.
    """

    gold: AnnotatedDocument
    read: AnnotatedDocument
    described: Described | None = None


def choose_thresholds(held_out: Sequence[HeldOut]) -> tuple[Thresholds, Mapping[str, Choice]]:
    """Choose a threshold a task; also returns how each choice came about, by task."""
    choices = {task: _choose(held_out, task) for task in (Task.BINARY, Task.TAG, Task.MENTION)}
    lowest = (choice.threshold for choice in choices.values())
    mention = choices[Task.MENTION]
    thresholds = Thresholds(*lowest, graph=mention.highest, precise=_precise(held_out))
    return thresholds, {str(task): choice for task, choice in choices.items()}


def _precise(held_out: Sequence[HeldOut]) -> float:
    """Find the lowest threshold that is precise enough; the highest of all where none is."""
    tables = ((threshold, _counts(held_out, Task.MENTION, threshold)) for threshold in GRID)
    good = (threshold for threshold, table in tables if _total(table).precision >= PRECISE)
    return next(good, GRID[-1])


def score_entities(held_out: Sequence[HeldOut]) -> float:
    """Give the micro-F1 of entities on held-out documents."""
    return _total(_counts(held_out, Task.NER, 0.0)).f1


def _choose(held_out: Sequence[HeldOut], task: Task) -> Choice:
    tables = {threshold: _counts(held_out, task, threshold) for threshold in GRID}
    totals = {threshold: _total(table) for threshold, table in tables.items()}
    resampled = {threshold: bootstrap_f1(table) for threshold, table in tables.items()}
    best = max(GRID, key=lambda threshold: totals[threshold].f1)
    losses = {t: totals[best].f1 - totals[t].f1 for t in GRID}
    errors = {t: float(np.std(resampled[best] - resampled[t])) for t in GRID}
    as_good = [threshold for threshold in GRID if losses[threshold] <= errors[threshold]]
    low, high = totals[as_good[0]], totals[as_good[-1]]
    return Choice(
        threshold=as_good[0],
        f1=low.f1,
        precision=low.precision,
        highest=as_good[-1],
        highest_precision=high.precision,
        best_f1=totals[best].f1,
        standard_error=float(np.std(resampled[best])),
    )


def _counts(held_out: Sequence[HeldOut], task: Task, threshold: float) -> list[Counts]:
    return [
        count_items(
            items_of(write_entry(pair.gold), task),
            items_of(write_entry(keep_relations(pair.read, threshold)), task),
        )
        for pair in held_out
    ]


def _total(table: Sequence[Counts]) -> Counts:
    hits, predicted, gold = (
        sum(counts) for counts in zip(*((c.hits, c.predicted, c.gold) for c in table), strict=True)
    )
    return Counts(hits, predicted, gold)
