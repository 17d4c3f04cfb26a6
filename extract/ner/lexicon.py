"""The recognizer without trained weights: names, head-noun patterns, abbreviations.

1. Known names are found in the plain text, longest first.
2. A name of a type that grows to the left ("PD patients", "germ-free mice") takes in the modifiers
   before it that were mostly part of such mentions in the corpus.
3. An abbreviation takes the type of its long form throughout the document, and the reverse.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from extract.annotation import Mention
from extract.model import ModelError
from extract.ner.abbreviations import Definition, find_definitions
from extract.ner.matcher import NameMatcher, is_whole
from extract.text import PlainText, fold, plain
from ingest.document import Document
from ontology.schema import EntityType

Row = TypeVar("Row")
NAMES_FILE, MODIFIERS_FILE = "names.tsv", "modifiers.tsv"
_LEARNED_HERE = 0.8
"""Score of a mention known only through its abbreviation or long form in the same text."""


@dataclass(frozen=True, slots=True)
class KnownName:
    """A surface form, folded; ``score`` is how often it named that type where it was found."""

    name: str
    type: EntityType
    score: float


@dataclass(frozen=True, slots=True)
class LexiconModel:
    """What the recognizer reads with: names, and the modifiers that belong to a type's heads."""

    names: tuple[KnownName, ...]
    modifiers: frozenset[tuple[EntityType, str]]


@dataclass(frozen=True, slots=True, order=True)
class _Found:
    start: int
    end: int
    type: EntityType
    score: float


def modifier_keys(word: str) -> tuple[str, ...]:
    """Name a modifier, and the class of its last part: any "…-treated" counts as one.

    >>> modifier_keys("CPZ-treated")
    ('cpz-treated', '-treated')
    """
    folded = fold(word)
    _, hyphen, last = folded.rpartition("-")
    return (folded, hyphen + last) if hyphen and last else (folded,)


def word_before(text: str, start: int) -> str:
    """Give the word that one blank parts from ``start`` in a plain text; empty where none is.

    >>> word_before("germ-free mice", 10), word_before("germ-free  mice", 11)
    ('germ-free', '')
    """
    is_parted = start > 0 and text[start - 1] == " "
    return text[text.rfind(" ", 0, start - 1) + 1 : start - 1] if is_parted else ""


class LexiconRecognizer:
    """A model loaded for reading."""

    def __init__(self, model: LexiconModel) -> None:
        self._known = {entry.name: entry for entry in model.names}
        self._modifiers = model.modifiers
        self._growing = {entity_type for entity_type, _ in model.modifiers}
        self._matcher = NameMatcher(self._known)

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        texts = {passage.name: plain(passage.text) for passage in document.passages}
        found = {name: self._find(text.text) for name, text in texts.items()}
        local = dict(_local_types(texts, found))
        return tuple(
            _mention(document, name, text, span)
            for name, text in texts.items()
            for span in self._with_local(text.text, found[name], local)
        )

    def _find(self, text: str) -> list[_Found]:
        known = ((m, self._known[m.name]) for m in self._matcher.find(text))
        return self._grown(text, [_Found(m.start, m.end, e.type, e.score) for m, e in known])

    def _with_local(
        self, text: str, found: Sequence[_Found], local: Mapping[str, EntityType]
    ) -> list[_Found]:
        if not local:
            return list(found)
        learned = (
            _Found(*span, entity_type, _LEARNED_HERE)
            for form, entity_type in local.items()
            for span in _occurrences(text, form)
        )
        return self._grown(text, _without_overlaps([*learned, *found]))

    def _grown(self, text: str, found: Sequence[_Found]) -> list[_Found]:
        """Take in the modifiers before each head, and what was found inside these."""
        grown: list[_Found] = []
        for span in found:
            start = self._left_edge(text, span)
            while grown and grown[-1].end > start:
                grown.pop()
            grown.append(_Found(start, span.end, span.type, span.score))
        return grown

    def _left_edge(self, text: str, span: _Found) -> int:
        start = span.start
        if span.type not in self._growing:
            return start
        while (word := word_before(text, start)) and self._modifies(word, span.type):
            start -= len(word) + 1
        return start

    def _modifies(self, word: str, entity_type: EntityType) -> bool:
        return any((entity_type, key) in self._modifiers for key in modifier_keys(word))


def _local_types(
    texts: Mapping[str, PlainText], found: Mapping[str, Sequence[_Found]]
) -> Iterator[tuple[str, EntityType]]:
    """Say which forms a document itself explains: the short by the long one, or the reverse."""
    for name, text in texts.items():
        for definition in find_definitions(text.text):
            yield from _explain(text.text, definition, found[name])


def _explain(
    text: str, definition: Definition, found: Sequence[_Found]
) -> Iterator[tuple[str, EntityType]]:
    long_form = text[definition.long_start : definition.long_end]
    by_end = {span.end: span.type for span in found}
    by_start = {span.start: span.type for span in found}
    if definition.long_end in by_end:
        yield definition.short, by_end[definition.long_end]
        yield definition.short + "s", by_end[definition.long_end]
    elif definition.short_start in by_start:
        yield long_form, by_start[definition.short_start]


def _occurrences(text: str, form: str) -> Iterator[tuple[int, int]]:
    # Case matters here: "AIDS" is an abbreviation, "aids" a verb.
    folded = fold(text)
    for match in re.finditer(re.escape(form), text):
        if is_whole(folded, *match.span()):
            yield match.span()


def _without_overlaps(found: Iterable[_Found]) -> list[_Found]:
    """Keep the longest of what overlaps; of two as long, the one that comes first."""
    kept: list[_Found] = []
    for span in sorted(found, key=lambda s: s.start - s.end):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept)


def _mention(document: Document, passage: str, text: PlainText, span: _Found) -> Mention:
    start, end = text.span_in_original(span.start, span.end)
    surface = document.text_of(passage)[start:end]
    return Mention(passage, start, end, surface, span.type, span.score)


def read_lexicon_model(folder: Path) -> LexiconModel:
    """Read names and modifiers from a model folder; raises ModelError."""
    names = _read_rows(
        folder / NAMES_FILE, 3, lambda row: KnownName(row[0], EntityType(row[1]), float(row[2]))
    )
    modifiers = _read_rows(folder / MODIFIERS_FILE, 2, lambda row: (EntityType(row[0]), row[1]))
    return LexiconModel(tuple(names), frozenset(modifiers))


def _read_rows(path: Path, count: int, parse: Callable[[Sequence[str]], Row]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as lines:
            for place, line in ((f"{path}, line {n}", line) for n, line in enumerate(lines, 1)):
                yield _read_row(place, line.rstrip("\n").split("\t"), count, parse)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: {error}") from error


def _read_row(
    place: str, columns: Sequence[str], count: int, parse: Callable[[Sequence[str]], Row]
) -> Row:
    if len(columns) != count or not all(columns):
        raise ModelError(f"{place}: {count} columns expected")
    try:
        return parse(columns)
    except ValueError as error:
        raise ModelError(f"{place}: {error}") from error


def write_lexicon_model(model: LexiconModel, folder: Path) -> None:
    """Write names and modifiers, sorted, so that the same model makes the same files."""
    names = sorted(f"{e.name}\t{e.type}\t{e.score:.3f}\n" for e in model.names)
    modifiers = sorted(f"{entity_type}\t{word}\n" for entity_type, word in model.modifiers)
    (folder / NAMES_FILE).write_text("".join(names), encoding="utf-8")
    (folder / MODIFIERS_FILE).write_text("".join(modifiers), encoding="utf-8")
