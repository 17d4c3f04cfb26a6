"""What a reader of scores should know: spans that are not in the text, gold entities."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from extract.corpus import CorpusError, Entries, Entry
from extract.scoring.items import Lists, Task, items_of
from extract.scoring.spans import Texts

_LOCATIONS = ("title", "abstract")


class EntityInput(StrEnum):
    """Which entities relations were found between; a relation score means little without."""

    GOLD = "gold"
    PREDICTED = "predicted"
    UNKNOWN = "unknown"


def entity_input(gold: Lists, predicted: Lists | None) -> EntityInput:
    """Distinguish gold entities from predicted ones by comparison: nobody need say.

    Gold are those of a file whose documents all have just the entities (place and label) that
    they have in gold. A file without any entity leaves it unknown.
    """
    if predicted is None or not any(predicted.values()):
        return EntityInput.UNKNOWN
    is_gold = all(_places(items) == _places(gold.get(p, ())) for p, items in predicted.items())
    return EntityInput.GOLD if is_gold else EntityInput.PREDICTED


def _places(items: tuple[Any, ...]) -> set[tuple[Any, ...]]:
    return {(start, end, location, label) for (start, end, location, _, label), _ in items}


def texts_of(entries: Entries) -> Texts:
    """Give the titles and abstracts that a file has."""
    passages = (
        (pmid, location, entry["metadata"].get(location))
        for pmid, entry in entries.items()
        if isinstance(entry.get("metadata"), dict)
        for location in _LOCATIONS
    )
    return {(pmid, location): text for pmid, location, text in passages if isinstance(text, str)}


def wrong_spans(path: Path, entries: Entries, texts: Texts) -> tuple[str, ...]:
    """Name the spans that read otherwise in the text: a line each, in the order of the file.

    Rows that ``items_of`` refuses, and documents whose text is not at hand, are passed over.
    """
    lines = (
        f"{path}: PMID {pmid}: {place}: {fault}"
        for pmid, entry in entries.items()
        for place, row, prefix in _spans(entry)
        if (fault := _span_fault(pmid, row, prefix, texts))
    )
    return tuple(dict.fromkeys(lines))


def wrong_relations(path: Path, entries: Entries) -> tuple[str, ...]:
    """Name the rows of ``relations`` that cannot be read, whether or not a task needs them."""
    faults: list[str] = []
    for pmid, entry in entries.items():
        if "relations" in entry:
            try:
                items_of({"relations": entry["relations"]}, Task.MENTION)
            except CorpusError as error:
                faults += (f"{path}: PMID {pmid}: {fault}" for fault in error.faults)
    return tuple(faults)


def _spans(entry: Entry) -> Iterator[tuple[str, Entry, str]]:
    """Yield (place, row, field prefix) of each span: those of entities, then of relations."""
    for name, prefixes in (("entities", ("",)), ("relations", ("subject_", "object_"))):
        listed = entry.get(name)
        rows: list[Any] = listed if isinstance(listed, list) else []
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                yield from ((f"{name}[{number}]", row, prefix) for prefix in prefixes)


def _span_fault(pmid: str, row: Entry, prefix: str, texts: Texts) -> str:
    location, span = row.get(prefix + "location"), row.get(prefix + "text_span")
    text = texts.get((pmid, str(location)))
    try:
        start, last = int(row[prefix + "start_idx"]), int(row[prefix + "end_idx"])
    except (KeyError, TypeError, ValueError):
        return ""
    if text is None or (start >= 0 and text[start : last + 1] == span):
        return ""
    found = text[start : last + 1] if 0 <= start <= last else ""
    hint = " (ends are inclusive)" if start >= 0 and text[start:last] == span else ""
    return f"{prefix}{location} [{start}, {last}] reads {found!r:.60}, not {span!r:.60}{hint}"
