"""The shared task's scores: entities, binary, tag and mention relations.

``OFFICIAL`` is the organisers' 2025 evaluation with its quirks: predictions of a class that the
whole gold file lacks are not counted, repeated hits count again. ``STRICT`` drops repetitions and
counts every prediction. Both compare exact keys and sum over documents (micro) or average the
F1 of the gold classes (macro).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from ontology.schema import EntityType, Predicate

EPSILON = 1e-10
"""In every denominator, as in the organisers' script."""
RESAMPLES = 1000


class Scorer(StrEnum):
    """Which evaluation."""

    OFFICIAL = "official"
    STRICT = "strict"


class Task(StrEnum):
    """What is compared; the value is the list's name in GutBrainIE files."""

    NER = "entities"
    BINARY = "binary_tag_based_relations"
    TAG = "ternary_tag_based_relations"
    MENTION = "ternary_mention_based_relations"


Key = tuple[Any, ...]
Item = tuple[Key, Key]
"""(match key, class)."""
Lists = Mapping[str, tuple[Item, ...]]
"""PMID to the items of one task."""

_PAIR = ("subject_label", "object_label")
_TRIPLE = ("subject_label", "predicate", "object_label")
_SURFACES = ("subject_text_span", *_TRIPLE[:2], "object_text_span", "object_label")
_ENTITY = ("start_idx", "end_idx", "location", "text_span", "label")
_FIELDS: Mapping[Task, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Task.NER: (_ENTITY, ("label",)),
    Task.BINARY: (_PAIR, _PAIR),
    Task.TAG: (_TRIPLE, _TRIPLE),
    Task.MENTION: (_SURFACES, _TRIPLE),
}
_LEGAL: Mapping[str, frozenset[str]] = {
    "label": frozenset(EntityType),
    "subject_label": frozenset(EntityType),
    "object_label": frozenset(EntityType),
    "predicate": frozenset(Predicate),
}


class ScoringError(ValueError):
    """A file cannot be scored: names file, PMID and field."""


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
        """Share of the gold that is found; the official scorer's may exceed 1."""
        return self.hits / (self.gold + EPSILON)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r + EPSILON)


@dataclass(frozen=True, slots=True)
class Score:
    """One task, one scorer. ``interval`` is the 95 % bootstrap interval of micro-F1.

    ``uncounted`` is the number of predictions left out: those of a class that gold lacks where the
    scorer is official, repeated ones where it is strict.
    """

    task: Task
    scorer: Scorer
    documents: int
    micro: Counts
    macro_f1: float
    interval: tuple[float, float]
    uncounted: int
    by_class: tuple[tuple[str, Counts], ...]


def read_items(path: Path, task: Task, *, derive: bool = False) -> Lists:
    """Read one task's items from a GutBrainIE file.

    With ``derive``, or where the file lacks the list, the items come from ``relations``. Raises
    ScoringError on a missing field or a label that does not exist.
    """
    lists: dict[str, tuple[Item, ...]] = {}
    for pmid, entry in _read_entries(path).items():
        try:
            _check_object(entry)
            lists[pmid] = items_of(entry, task, derive=derive)
        except ScoringError as error:
            raise ScoringError(f"{path}: PMID {pmid}: {error}") from error
    return lists


def _read_entries(path: Path) -> Mapping[str, Any]:
    try:
        entries = json.loads(path.read_bytes())
        _check_object(entries)
    except (OSError, ValueError) as error:
        raise ScoringError(f"{path}: {error}") from error
    return entries


def _check_object(value: object) -> None:
    if not isinstance(value, dict):
        raise ScoringError(f"no object: {value!r:.60}")


def items_of(entry: Mapping[str, Any], task: Task, *, derive: bool = False) -> tuple[Item, ...]:
    """Read one task's items from the entry of one document."""
    is_listed = task is Task.NER or (task in entry and not derive)
    try:
        items = tuple(_item(task, row) for row in _rows(entry, task if is_listed else "relations"))
    except ScoringError as error:
        raise ScoringError(f"{task}: {error}") from error
    return items if is_listed else tuple(dict.fromkeys(items))


def _rows(entry: Mapping[str, Any], name: str) -> list[Any]:
    rows = entry.get(name, [])
    if not isinstance(rows, list):
        raise ScoringError(f"no list: {rows!r:.60}")
    return rows


def _item(task: Task, row: Mapping[str, Any]) -> Item:
    fields, classes = _FIELDS[task]
    _check_object(row)
    return tuple(_value(row, f) for f in fields), tuple(_value(row, f) for f in classes)


def _value(row: Mapping[str, Any], field: str) -> str | int:
    value = row.get(field)
    if value is None:
        raise ScoringError(f"missing field {field!r}")
    if field.endswith("_idx"):
        return _whole_number(field, value)
    if not isinstance(value, str) or value not in _LEGAL.get(field, (value,)):
        raise ScoringError(f"no such {field}: {value!r}")
    return value


def _whole_number(field: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ScoringError(f"{field}: no number: {value!r}") from None


def score(gold: Lists, predicted: Lists, task: Task, scorer: Scorer, *, seed: int = 0) -> Score:
    """Compare predictions to gold; raises ScoringError on a PMID that gold lacks."""
    if unknown := sorted(predicted.keys() - gold.keys()):
        raise ScoringError(f"PMID {unknown[0]} is not in the gold file ({len(unknown)} such)")
    classes = {cls for items in gold.values() for _, cls in items}
    kept = {pmid: _countable(predicted.get(pmid, ()), classes, scorer) for pmid in gold}
    table = [count_items(gold[pmid], kept[pmid]) for pmid in gold]
    by_class = _by_class(gold, kept, classes)
    return Score(
        task,
        scorer,
        len(gold),
        _total(table),
        sum(counts.f1 for _, counts in by_class) / max(1, len(by_class)),
        bootstrap_interval(table, seed=seed),
        sum(len(items) for items in predicted.values()) - sum(map(len, kept.values())),
        by_class,
    )


def _countable(items: tuple[Item, ...], classes: set[Key], scorer: Scorer) -> tuple[Item, ...]:
    match scorer:
        case Scorer.OFFICIAL:
            return tuple(item for item in items if item[1] in classes)
        case Scorer.STRICT:
            return tuple(dict.fromkeys(items))


def count_items(gold: tuple[Item, ...], predicted: tuple[Item, ...]) -> Counts:
    """Compare the items of one document."""
    keys = {key for key, _ in gold}
    return Counts(sum(key in keys for key, _ in predicted), len(predicted), len(gold))


def _by_class(gold: Lists, predicted: Lists, classes: set[Key]) -> tuple[tuple[str, Counts], ...]:
    of_gold = Counter(cls for items in gold.values() for _, cls in items)
    of_predicted = Counter(cls for items in predicted.values() for _, cls in items)
    hits = Counter(
        cls
        for pmid, items in predicted.items()
        for keys in ({key for key, _ in gold[pmid]},)
        for key, cls in items
        if key in keys
    )
    return tuple(
        (" ".join(cls), Counts(hits[cls], of_predicted[cls], of_gold[cls]))
        for cls in sorted(classes)
    )


def _total(table: Iterable[Counts]) -> Counts:
    rows = list(table)
    return Counts(
        sum(c.hits for c in rows), sum(c.predicted for c in rows), sum(c.gold for c in rows)
    )


def bootstrap_f1(table: Iterable[Counts], *, seed: int = 0) -> "np.ndarray[Any, Any]":
    """Resample documents 1,000 times; returns micro-F1 [resamples]."""
    rows = np.array([(c.hits, c.predicted, c.gold) for c in table]).reshape(-1, 3)
    draws = np.random.default_rng(seed).integers(len(rows), size=(RESAMPLES, len(rows)))
    hits, predicted, gold = rows[draws].sum(axis=1).T
    return 2 * hits / np.maximum(predicted + gold, 1)


def bootstrap_interval(table: Iterable[Counts], *, seed: int = 0) -> tuple[float, float]:
    """Give the 2.5 and 97.5 percentiles of resampled micro-F1; (0, 0) without documents."""
    rows = list(table)
    if not rows:
        return 0.0, 0.0
    low, high = np.percentile(bootstrap_f1(rows, seed=seed), (2.5, 97.5))
    return float(low), float(high)
