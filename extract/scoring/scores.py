"""The shared task's scores: entities, links, relations, from single tags to concepts.

``OFFICIAL`` is the organisers' 2025 evaluation with its quirks: predictions of a class that the
whole gold file lacks are not counted, repeated hits count again. ``OFFICIAL_2026`` is the next
edition's: the same, but repetitions are dropped, and of overlapping entities all but the longest.
``STRICT`` drops repetitions, counts every prediction and takes two spellings of a concept's URI
for one. All compare exact keys and sum over documents (micro) or average over the classes of the
gold file (macro).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from extract.scoring.overlaps import align_overlapping, drop_overlapped
from extract.scoring.scored_items import (
    LAYOUTS,
    Entries,
    Item,
    Key,
    Lists,
    Scorer,
    ScoringError,
    Task,
    items_of,
    read_entries,
)
from extract.scoring.uris import uri_identity

EPSILON = 1e-10
"""In every denominator, as in the organisers' script."""
RESAMPLES = 1000

Table = Sequence["Counts"]
"""A row a document."""


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

    @property
    def macro_f1(self) -> float:
        """The mean of the classes' F1."""
        return self.macro.f1


def _average(classes: Iterable[tuple[Counts, int]]) -> Average:
    rows = [(weight, c.precision, c.recall, c.f1) for c, weight in classes]
    total = sum(weight for weight, *_ in rows) or 1
    precision, recall, f1 = (sum(row[0] * row[i] for row in rows) / total for i in (1, 2, 3))
    return Average(precision, recall, f1)


def read_items(
    path: Path, task: Task, *, derive: bool = False, scorer: Scorer = Scorer.STRICT
) -> Lists:
    """Read one task's items from a GutBrainIE file; raises ScoringError: see ``items_of``."""
    return read_lists(path, read_entries(path), task, scorer, derive=derive)


def read_lists(
    path: Path, entries: Entries, task: Task, scorer: Scorer, *, derive: bool = False
) -> Lists:
    """Read a task's items of all documents; raises ScoringError with every row that is wrong."""
    lists: dict[str, tuple[Item, ...]] = {}
    faults: list[str] = []
    for pmid, entry in entries.items():
        try:
            lists[pmid] = items_of(entry, task, derive=derive, scorer=scorer)
        except ScoringError as error:
            faults += (f"{path}: PMID {pmid}: {fault}" for fault in error.faults)
    if faults:
        raise ScoringError(faults)
    return lists


def score(gold: Lists, predicted: Lists, task: Task, scorer: Scorer, *, seed: int = 0) -> Score:
    """Compare predictions to gold; raises ScoringError on PMIDs that gold lacks."""
    gold, kept = prepare(gold, predicted, task, scorer)
    table = [count_items(gold[pmid], kept[pmid]) for pmid in gold]
    total = sum(map(len, predicted.values()))
    return Score(
        task,
        scorer,
        len(gold),
        _total(table),
        bootstrap_interval(table, seed=seed),
        total - sum(map(len, kept.values())),
        total - sum(len(set(items)) for items in predicted.values()),
        _by_class(gold, kept),
    )


def count_documents(gold: Lists, predicted: Lists, task: Task, scorer: Scorer) -> list[Counts]:
    """Compare predictions to gold, a row a document of gold, in its order."""
    gold, kept = prepare(gold, predicted, task, scorer)
    return [count_items(gold[pmid], kept[pmid]) for pmid in gold]


def prepare(gold: Lists, predicted: Lists, task: Task, scorer: Scorer) -> tuple[Lists, Lists]:
    """Give gold and, for each of its documents, the predictions that the scorer counts."""
    check_documents(gold, predicted)
    if scorer is Scorer.STRICT:
        gold = {pmid: _distinct(items, task) for pmid, items in gold.items()}
    classes = {cls for items in gold.values() for _, cls in items}
    kept = {pmid: _countable(predicted.get(pmid, ()), classes, task, scorer) for pmid in gold}
    if task is Task.OVERLAP:
        kept = {pmid: align_overlapping(gold[pmid], items) for pmid, items in kept.items()}
    return gold, kept


def check_documents(gold: Iterable[str], predicted: Iterable[str]) -> None:
    """Raise ScoringError, a line a PMID that is predicted for but not in gold."""
    known = set(gold)
    if unknown := [pmid for pmid in predicted if pmid not in known]:
        raise ScoringError(f"PMID {pmid} is not in the gold file" for pmid in unknown)


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
    of_gold = Counter(cls for items in gold.values() for _, cls in items)
    of_predicted = Counter(cls for items in predicted.values() for _, cls in items)
    hits = Counter(cls for pmid, items in predicted.items() for cls in _hits(gold[pmid], items))
    return tuple(
        (" ".join(cls), Counts(hits[cls], of_predicted[cls], of_gold[cls]))
        for cls in sorted(of_gold.keys() | of_predicted.keys())
    )


def _hits(gold: tuple[Item, ...], predicted: tuple[Item, ...]) -> Iterable[Key]:
    keys = {key for key, _ in gold}
    return (cls for key, cls in predicted if key in keys)


def _total(table: Table) -> Counts:
    return Counts(
        sum(c.hits for c in table), sum(c.predicted for c in table), sum(c.gold for c in table)
    )


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
