"""What is compared when predictions are scored: the items of a task, from GutBrainIE entries.

Nothing is dropped in silence: a row that cannot be read is a line with its PMID, list and place,
and a file's bad rows are reported all at once. The lists that a file lacks are derived from its
``relations``, as bronze's own cannot be trusted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from extract.corpus import (
    CONCEPTS,
    ENTITY,
    PAIR,
    SURFACES,
    TRIPLE,
    CorpusError,
    Entries,
    Entry,
)
from ontology.schema import EntityType, Predicate


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


@dataclass(frozen=True, slots=True)
class Layout:
    """Which lists may hold a task's rows, the first that is there, and the fields compared."""

    lists: tuple[str, ...]
    key: tuple[str, ...]
    cls: tuple[str, ...]

    def lists_for(self, scorer: Scorer) -> tuple[str, ...]:
        """Order the lists: the 2026 edition has its own name for mention relations."""
        is_new = scorer is Scorer.OFFICIAL_2026
        return tuple(sorted(self.lists, key=lambda name: is_new and name != _NEW_MENTION))


_NEW_MENTION = "mention_level_relations"
_ENTITIES = Layout(("entities",), ENTITY, ("label",))
LAYOUTS: Mapping[Task, Layout] = {
    Task.NER: _ENTITIES,
    Task.OVERLAP: _ENTITIES,
    Task.TOKENS_IO: _ENTITIES,
    Task.TOKENS_BIO: _ENTITIES,
    Task.NERD: Layout(("entities",), (*ENTITY, "uri"), ("label",)),
    Task.BINARY: Layout((Task.BINARY, "relations"), PAIR, PAIR),
    Task.TAG: Layout((Task.TAG, "relations"), TRIPLE, TRIPLE),
    Task.MENTION: Layout((Task.MENTION, _NEW_MENTION, "relations"), SURFACES, TRIPLE),
    Task.LINKED: Layout(("relations",), (*SURFACES, "subject_uri", "object_uri"), TRIPLE),
    Task.CONCEPT: Layout((Task.CONCEPT, "relations"), CONCEPTS, TRIPLE),
}
_LEGAL: Mapping[str, frozenset[str]] = {
    "location": frozenset({"title", "abstract"}),
    "label": frozenset(EntityType),
    "subject_label": frozenset(EntityType),
    "object_label": frozenset(EntityType),
    "predicate": frozenset(Predicate),
}


def read_lists(path: Path, entries: Entries, task: Task, scorer: Scorer = Scorer.STRICT) -> Lists:
    """Read a task's items of all documents; raises CorpusError with every row that is wrong."""
    lists: dict[str, tuple[Item, ...]] = {}
    faults: list[str] = []
    for pmid, entry in entries.items():
        try:
            lists[pmid] = items_of(entry, task, scorer)
        except CorpusError as error:
            faults += (f"{path}: PMID {pmid}: {fault}" for fault in error.faults)
    if faults:
        raise CorpusError(faults)
    return lists


def items_of(entry: Entry, task: Task, scorer: Scorer = Scorer.STRICT) -> tuple[Item, ...]:
    """Read one task's items from the entry of one document.

    Where the entry lacks the list, they come from ``relations``, each once. Strictly, an item whose
    URI is null is none: it names no concept; the official scorers count it as wrong. Raises
    CorpusError with a line for each row that is wrong. Token tasks give entities: see
    ``extract.scoring.spans``.
    """
    lists = LAYOUTS[task].lists_for(scorer)
    name = next((name for name in lists if name in entry), lists[-1])
    read = [_read_row(row, n, name, task, scorer) for n, row in enumerate(_rows(entry, name))]
    if faults := [row for row in read if isinstance(row, str)]:
        raise CorpusError(faults)
    items = [row for row in read if isinstance(row, tuple)]
    return tuple(dict.fromkeys(items) if name == "relations" else items)


def _rows(entry: Entry, name: str) -> list[Any]:
    if name not in entry:
        raise CorpusError([f"missing list {name!r}"])
    rows = entry[name]
    if not isinstance(rows, list):
        raise CorpusError([f"{name}: not a list: {rows!r:.60}"])
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


def _value(row: Entry, field: str, scorer: Scorer) -> str | int | None:
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
        raise ValueError(f"{field}: not a whole number: {value!r}")
    return number


def has_task(entries: Entries, task: Task) -> bool:
    """Say whether a file can give a task's items; an empty file can give any.

    Linked tasks need a URI field in the first row that there is.
    """
    layout = LAYOUTS[task]
    found = [(entry, name) for entry in entries.values() for name in layout.lists if name in entry]
    rows = (row for entry, name in found for row in _first_row(entry[name]))
    uris = [field for field in layout.key if field.endswith("uri")]
    first = next(rows, None)
    return not entries or (bool(found) and (first is None or all(f in first for f in uris)))


def _first_row(rows: Any) -> Iterator[Entry]:
    if isinstance(rows, list) and rows and isinstance(rows[0], dict):
        yield rows[0]
