"""The shared task's scores: entities, links, relations, from single tags to concepts.

``OFFICIAL`` is the organisers' 2025 evaluation with its quirks: predictions of a class that the
whole gold file lacks are not counted, repeated hits count again. ``OFFICIAL_2026`` is the next
edition's: the same, but repetitions are dropped, and of overlapping entities all but the longest.
``STRICT`` drops repetitions, counts every prediction and takes two spellings of a concept's URI
for one. All compare exact keys and sum over documents (micro) or average over the classes of the
gold file (macro).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from extract.corpus import CorpusError, uri_identity
from extract.scoring.items import LAYOUTS, Item, Key, Lists, Scorer, Task
from extract.scoring.spans import align_overlapping, drop_overlapped

EPSILON = 1e-10
"""In every denominator, as in the organisers' script."""
RESAMPLES, COMPARED_RESAMPLES = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits, predictions and gold items of a class or of all."""

    hits: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right."""
        return self.hits / (self.predicted + EPSILON)

    @property
    def recall(self) -> float:
        """Share of the gold that is found; the 2025 scorer's may exceed 1."""
        return self.hits / (self.gold + EPSILON)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r + EPSILON)


@dataclass(frozen=True, slots=True)
class Average:
    """Precision, recall and F1, each averaged over classes: F1 need not lie between the two."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Score:
    """One task, one scorer. ``interval`` is the 95 % bootstrap interval of micro-F1.

    ``uncounted`` is the number of predictions that the scorer leaves out. ``repeated`` is how many
    repeat an earlier one of their document: the 2025 scorer rewards them. ``by_class`` has the
    classes of gold, and those of counted predictions alone with a gold of 0.
    """

    task: Task
    scorer: Scorer
    documents: int
    micro: Counts
    interval: tuple[float, float]
    uncounted: int
    repeated: int
    by_class: tuple[tuple[str, Counts], ...]

    @property
    def macro(self) -> Average:
        """The mean over the classes of gold; F1 is not the harmonic mean of the other two."""
        return _average((counts, 1) for _, counts in self.by_class if counts.gold)

    @property
    def weighted(self) -> Average:
        """The mean over the classes of gold, each by its number of gold items."""
        return _average((counts, counts.gold) for _, counts in self.by_class)


def _average(classes: Iterable[tuple[Counts, int]]) -> Average:
    rows = [(weight, c.precision, c.recall, c.f1) for c, weight in classes]
    total = sum(weight for weight, *_ in rows) or 1
    precision, recall, f1 = (sum(row[0] * row[i] for row in rows) / total for i in (1, 2, 3))
    return Average(precision, recall, f1)


def score(gold: Lists, predicted: Lists, task: Task, scorer: Scorer, *, seed: int = 0) -> Score:
    """Compare predictions to gold; raises CorpusError on PMIDs that gold lacks."""
    gold, kept = _prepare(gold, predicted, task, scorer)
    table = [count_items(gold[pmid], kept[pmid]) for pmid in gold]
    count = sum(map(len, predicted.values()))
    return Score(
        task,
        scorer,
        len(gold),
        total(table),
        bootstrap_interval(table, seed=seed),
        count - sum(map(len, kept.values())),
        count - sum(len(set(items)) for items in predicted.values()),
        _by_class(gold, kept),
    )


def count_documents(gold: Lists, predicted: Lists, task: Task, scorer: Scorer) -> list[Counts]:
    """Compare predictions to gold, a row a document of gold, in its order."""
    gold, kept = _prepare(gold, predicted, task, scorer)
    return [count_items(gold[pmid], kept[pmid]) for pmid in gold]


def _prepare(gold: Lists, predicted: Lists, task: Task, scorer: Scorer) -> tuple[Lists, Lists]:
    """Give gold and, for each of its documents, the predictions that the scorer counts."""
    if unknown := [pmid for pmid in predicted if pmid not in gold]:
        raise CorpusError(f"PMID {pmid} is not in the gold file" for pmid in unknown)
    if scorer is Scorer.STRICT:
        gold = {pmid: _distinct(items, task) for pmid, items in gold.items()}
    classes = {cls for items in gold.values() for _, cls in items}
    kept = {pmid: _countable(predicted.get(pmid, ()), classes, task, scorer) for pmid in gold}
    if task is Task.OVERLAP:
        kept = {pmid: align_overlapping(gold[pmid], items) for pmid, items in kept.items()}
    return gold, kept


def _countable(
    items: tuple[Item, ...], classes: set[Key], task: Task, scorer: Scorer
) -> tuple[Item, ...]:
    match scorer:
        case Scorer.STRICT:
            return _distinct(items, task)
        case Scorer.OFFICIAL:
            return tuple(item for item in items if item[1] in classes)
        case Scorer.OFFICIAL_2026:
            is_span = task in (Task.NER, Task.NERD, Task.OVERLAP)
            items = drop_overlapped(items) if is_span else tuple(dict(items).items())
            return tuple(item for item in items if item[1] in classes)


def _distinct(items: tuple[Item, ...], task: Task) -> tuple[Item, ...]:
    """Drop repetitions, two spellings of one concept's URI among them."""
    is_uri = [field.endswith("uri") for field in LAYOUTS[task].key]
    if any(is_uri):
        items = tuple((_with_identities(key, is_uri), cls) for key, cls in items)
    return tuple(dict.fromkeys(items))


def _with_identities(key: Key, is_uri: list[bool]) -> Key:
    return tuple(uri_identity(v) if uri else v for v, uri in zip(key, is_uri, strict=True))


def count_items(gold: tuple[Item, ...], predicted: tuple[Item, ...]) -> Counts:
    """Compare the items of one document."""
    keys = {key for key, _ in gold}
    return Counts(sum(key in keys for key, _ in predicted), len(predicted), len(gold))


def _by_class(gold: Lists, predicted: Lists) -> tuple[tuple[str, Counts], ...]:
    """Count the items of each class; a key names its class, so that classes share no hits."""
    classes = {cls for lists in (gold, predicted) for items in lists.values() for _, cls in items}
    return tuple(
        (" ".join(cls), total(count_items(_of(gold[p], cls), _of(predicted[p], cls)) for p in gold))
        for cls in sorted(classes)
    )


def _of(items: tuple[Item, ...], wanted: Key) -> tuple[Item, ...]:
    return tuple(item for item in items if item[1] == wanted)


def total(table: Iterable[Counts]) -> Counts:
    """Sum over documents."""
    rows = [(c.hits, c.predicted, c.gold) for c in table]
    return Counts(*map(sum, zip(*rows, strict=True))) if rows else Counts(0, 0, 0)


def bootstrap_f1(
    table: Iterable[Counts], *, seed: int = 0, resamples: int = RESAMPLES
) -> "np.ndarray[Any, Any]":
    """Draw documents with replacement; returns micro-F1 [resamples].

    Tables of the same length and seed get the same draws, which makes a comparison paired.
    """
    rows = np.array([(c.hits, c.predicted, c.gold) for c in table]).reshape(-1, 3)
    draws = np.random.default_rng(seed).integers(len(rows), size=(resamples, len(rows)))
    hits, predicted, gold = rows[draws].sum(axis=1).T
    return 2 * hits / np.maximum(predicted + gold, 1)


def bootstrap_interval(table: Iterable[Counts], *, seed: int = 0) -> tuple[float, float]:
    """Give the 2.5 and 97.5 percentiles of resampled micro-F1; (0, 0) without documents."""
    rows = list(table)
    if not rows:
        return 0.0, 0.0
    low, high = np.percentile(bootstrap_f1(rows, seed=seed), (2.5, 97.5))
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Micro-F1 of a file minus that of another, on one task.

    Both are scored on the same draws of documents, so that what makes a document hard for both
    cancels out: much smaller differences show than two separate intervals would let one see.

    ``interval`` is the 95 % bootstrap interval of ``difference``. ``p_value`` is two-sided: twice
    the share of draws in which the difference is nought or has the other sign, at most 1. Its
    least value is 2 / 10,001.
    """

    difference: float
    interval: tuple[float, float]
    p_value: float


def compare(
    gold: Lists, predicted: Lists, other: Lists, task: Task, scorer: Scorer, *, seed: int = 0
) -> Comparison:
    """Compare ``predicted`` to ``other``; raises CorpusError on PMIDs that gold lacks."""
    ours, theirs = (count_documents(gold, lists, task, scorer) for lists in (predicted, other))
    if not ours:
        return Comparison(0.0, (0.0, 0.0), 1.0)
    differences = bootstrap_f1(ours, seed=seed, resamples=COMPARED_RESAMPLES)
    differences -= bootstrap_f1(theirs, seed=seed, resamples=COMPARED_RESAMPLES)
    low, high = np.percentile(differences, (2.5, 97.5))
    fewer = min((differences <= 0).sum(), (differences >= 0).sum())
    p_value = min(1.0, 2 * float(fewer + 1) / (COMPARED_RESAMPLES + 1))
    return Comparison(total(ours).f1 - total(theirs).f1, (float(low), float(high)), p_value)
