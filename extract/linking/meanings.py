"""What a mention means: its name with the abbreviations spelled out.

An abbreviation that the document defines means what the document says, also inside a mention ("PD
patients"); another one means what the corpus mostly says it means.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from extract.ner.abbreviations import find_definitions
from extract.text import plain
from ingest.document import Document

_WORD = re.compile(r"[^\s/,;()-]+")
_BINOMIAL = re.compile(r"\b([A-Z])([a-z]{3,}) ([a-z]{4,})\b")
_SHORT_BINOMIAL = re.compile(r"\b[A-Z]\. ?[a-z]{4,}\b")
_MOST_LONG_FORMS = 3

LongForms = Mapping[str, Mapping[str, float]]
"""Short form -> long forms in a corpus, each with its share."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """``name`` is what a document means by a mention; ``others`` what a corpus means by it.

    ``others``, with shares, are there only where the document says nothing.
    """

    name: str
    others: tuple[tuple[str, float], ...] = ()


def read_definitions(document: Document) -> dict[str, str]:
    """Find what a document's short forms stand for; the first definition counts.

    Species names are short forms, too: "L. reuteri" stands for "Lactobacillus reuteri".
    """
    found: dict[str, str] = {}
    for text in (plain(passage.text).text for passage in document.passages):
        for definition in find_definitions(text):
            found.setdefault(definition.short, text[definition.long_start : definition.long_end])
        for genus in _BINOMIAL.finditer(text):
            found.setdefault(f"{genus[1]}. {genus[3]}", genus[0])
    return found


def read_meaning(surface: str, definitions: Mapping[str, str], corpus: LongForms) -> Meaning:
    """Spell a mention out; ``surface`` is plain text.

    >>> read_meaning("PD patients", {"PD": "Parkinson's disease"}, {}).name
    "Parkinson's disease patients"
    """
    meant = spell_out(surface, definitions)
    return Meaning(meant) if meant != surface else Meaning(surface, tuple(_others(surface, corpus)))


def spell_out(surface: str, definitions: Mapping[str, str]) -> str:
    """Put long forms in place of the short forms that are defined."""
    if surface in definitions:
        return definitions[surface]
    species = _SHORT_BINOMIAL.sub(lambda short: definitions.get(short[0], short[0]), surface)
    return _WORD.sub(lambda word: definitions.get(word[0], word[0]), species)


def _others(surface: str, corpus: LongForms) -> Iterator[tuple[str, float]]:
    for short in (surface, *_WORD.findall(surface)):
        if short in corpus:
            best = sorted(corpus[short].items(), key=lambda each: (-each[1], each[0]))
            yield from ((surface.replace(short, n), s) for n, s in best[:_MOST_LONG_FORMS])
            return


def definitions_of(documents: Iterable[Document]) -> list[dict[str, str]]:
    """Read the definitions of many documents."""
    return [read_definitions(document) for document in documents]
