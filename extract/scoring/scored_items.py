"""What is compared when predictions are scored: the items of a task, read from GutBrainIE files.

Nothing is dropped in silence: a row that cannot be read is a line with its PMID, list and place,
and a file is told all its bad rows at once. The lists that a file lacks are derived from its
``relations``, as bronze's own cannot be trusted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ontology.schema import EntityType, Predicate

LINES_SHOWN = 20
"""How many bad rows an error message lists."""


class Scorer(StrEnum):
    """Which evaluation: the organisers' of 2025, theirs of 2026, or ours."""

    OFFICIAL = "official"
    OFFICIAL_2026 = "official-2026"
    STRICT = "strict"


class Task(StrEnum):
    """What is compared; the value is the list's name in GutBrainIE files where there is one."""

    NER = "entities"
    BINARY = "binary_tag_based_relations"
    TAG = "ternary_tag_based_relations"
    MENTION = "ternary_mention_based_relations"
    NERD = "linked_entities"
    LINKED = "linked_mention_relations"
    CONCEPT = "concept_level_relations"
    OVERLAP = "overlapping_entities"
    TOKENS_IO = "io_tokens"
    TOKENS_BIO = "bio_tokens"


Key = tuple[Any, ...]
Item = tuple[Key, Key]
"""(match key, class)."""
Lists = Mapping[str, tuple[Item, ...]]
"""PMID to the items of one task."""
Entries = Mapping[str, Any]
"""PMID to what the file says of it, unread."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a task's rows stand, and which fields make the match key and the class.

    ``lists`` are looked up in this order; ``is_derivable`` says that ``relations`` may stand for
    them.
    """

    lists: tuple[str, ...]
    key: tuple[str, ...]
    cls: tuple[str, ...]
    is_derivable: bool = True

    def lists_for(self, scorer: Scorer) -> tuple[str, ...]:
        """Order the lists: the 2026 edition has its own name for mention relations."""
        return self.lists[::-1] if scorer is Scorer.OFFICIAL_2026 else self.lists


_PAIR = ("subject_label", "object_label")
_TRIPLE = ("subject_label", "predicate", "object_label")
_SURFACES = ("subject_text_span", *_TRIPLE[:2], "object_text_span", "object_label")
_CONCEPTS = ("subject_uri", *_TRIPLE[:2], "object_uri", "object_label")
_ENTITY = ("start_idx", "end_idx", "location", "text_span", "label")
_ENTITIES = Layout(("entities",), _ENTITY, ("label",), is_derivable=False)
LAYOUTS: Mapping[Task, Layout] = {
    Task.NER: _ENTITIES,
    Task.OVERLAP: _ENTITIES,
    Task.TOKENS_IO: _ENTITIES,
    Task.TOKENS_BIO: _ENTITIES,
    Task.NERD: Layout(("entities",), (*_ENTITY, "uri"), ("label",), is_derivable=False),
    Task.BINARY: Layout((Task.BINARY,), _PAIR, _PAIR),
    Task.TAG: Layout((Task.TAG,), _TRIPLE, _TRIPLE),
    Task.MENTION: Layout((Task.MENTION, "mention_level_relations"), _SURFACES, _TRIPLE),
    Task.LINKED: Layout((), (*_SURFACES, "subject_uri", "object_uri"), _TRIPLE),
    Task.CONCEPT: Layout((Task.CONCEPT,), _CONCEPTS, _TRIPLE),
}
_LEGAL: Mapping[str, frozenset[str]] = {
    "location": frozenset({"title", "abstract"}),
    "label": frozenset(EntityType),
    "subject_label": frozenset(EntityType),
    "object_label": frozenset(EntityType),
    "predicate": frozenset(Predicate),
}


class ScoringError(ValueError):
    """A file cannot be scored: a line a fault, each with PMID and place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(shown(self.faults)))


def shown(faults: Sequence[str]) -> tuple[str, ...]:
    """Cut a long list of lines, saying how many are left out."""
    rest = len(faults) - LINES_SHOWN
    return (*faults[:LINES_SHOWN], *((f"... and {rest} more",) if rest > 0 else ()))


def read_entries(path: Path) -> Entries:
    """Read a GutBrainIE file; raises ScoringError where it is no object of objects.

    A key that stands twice is an error: JSON readers keep the last and drop the rest.
    """
    try:
        entries = json.loads(path.read_bytes(), object_pairs_hook=_unique_keys)
    except (OSError, ValueError) as error:
        raise ScoringError([f"{path}: {error}"]) from error
    if not isinstance(entries, dict):
        raise ScoringError([f"{path}: no object with an entry a PMID"])
    if faults := [
        f"{path}: PMID {p}: no object" for p, e in entries.items() if type(e) is not dict
    ]:
        raise ScoringError(faults)
    return entries


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice in one object")
    return content


def items_of(
    entry: Mapping[str, Any], task: Task, *, derive: bool = False, scorer: Scorer = Scorer.STRICT
) -> tuple[Item, ...]:
    """Read one task's items from the entry of one document.

    With ``derive``, or where the entry lacks the list, the items come from ``relations``, each
    once. Strictly, an item whose URI is null is none: it names no concept; the official scorers
    count it as wrong. Raises ScoringError with a line for each row that is wrong. Token tasks give
    entities: see ``extract.scoring.token_scoring``.
    """
    name = _list_name(entry, task, scorer, derive=derive)
    read = [_read_row(row, n, name, task, scorer) for n, row in enumerate(_rows(entry, name))]
    if faults := [row for row in read if isinstance(row, str)]:
        raise ScoringError(faults)
    items = [row for row in read if isinstance(row, tuple)]
    return tuple(dict.fromkeys(items) if name == "relations" else items)


def _list_name(entry: Mapping[str, Any], task: Task, scorer: Scorer, *, derive: bool) -> str:
    layout = LAYOUTS[task]
    if not layout.is_derivable:
        return layout.lists[0]
    names = () if derive else layout.lists_for(scorer)
    return next((name for name in names if name in entry), "relations")


def _rows(entry: Mapping[str, Any], name: str) -> list[Any]:
    if name not in entry:
        raise ScoringError([f"missing list {name!r}"])
    rows = entry[name]
    if not isinstance(rows, list):
        raise ScoringError([f"{name}: no list: {rows!r:.60}"])
    return rows


def _read_row(row: Any, number: int, name: str, task: Task, scorer: Scorer) -> Item | str | None:
    """Read a row: an item, what is wrong with it, or None where it names no concept."""
    layout = LAYOUTS[task]
    if not isinstance(row, dict):
        return f"{name}[{number}]: no object: {row!r:.60}"
    try:
        key = tuple(_value(row, field, scorer) for field in layout.key)
        cls = tuple(_value(row, field, scorer) for field in layout.cls)
    except ValueError as error:
        return f"{name}[{number}]: {error}"
    return None if None in key and scorer is Scorer.STRICT else (key, cls)


def _value(row: Mapping[str, Any], field: str, scorer: Scorer) -> str | int | None:
    is_uri = field.endswith("uri")
    if field not in row or (row[field] is None and not is_uri):
        raise ValueError(f"missing field {field!r}")
    value = row[field]
    if field.endswith("_idx"):
        return _whole_number(field, value, scorer)
    if is_uri and value is None:
        return None
    if not isinstance(value, str) or value not in _LEGAL.get(field, (value,)):
        raise ValueError(f"no such {field}: {value!r}")
    return value


def _whole_number(field: str, value: Any, scorer: Scorer) -> int:
    # The 2026 script sorts offsets before it makes them numbers, and fails on text.
    is_text = isinstance(value, str) and scorer is not Scorer.OFFICIAL_2026
    try:
        number = int(value) if is_text or type(value) in (int, float) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or (not is_text and number != value):
        raise ValueError(f"{field}: no whole number: {value!r}")
    return number


def has_task(entries: Entries, task: Task) -> bool:
    """Say whether a file can give a task's items; an empty file can give any.

    Linked tasks need a URI field in the first row that there is.
    """
    layout = LAYOUTS[task]
    names = (*layout.lists, *(("relations",) if layout.is_derivable else ()))
    found = [(entry, name) for entry in entries.values() for name in names if name in entry]
    rows = (row for entry, name in found for row in _first_row(entry[name]))
    uris = [field for field in layout.key if field.endswith("uri")]
    first = next(rows, None)
    return not entries or (bool(found) and (first is None or all(f in first for f in uris)))


def _first_row(rows: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        yield rows[0]
