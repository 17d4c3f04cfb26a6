"""Linking: mentions to concepts, by name within their type.

The long form that a document defines decides what its abbreviation means. What no name fits
becomes a provisional concept, so that no fact is lost.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from extract.annotation import Mention
from extract.ner.abbreviations import find_definitions
from extract.text import plain
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.namespaces import provisional_curie

_DASH = re.compile(r"[-\u2010-\u2013]")


class NameLinker:
    """A lexicon in use as linker."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        """Give each mention its concept's CURIE."""
        long_forms = dict(_long_forms(document))
        return tuple(replace(m, concept=self._curie(m, long_forms)) for m in mentions)

    def _curie(self, mention: Mention, long_forms: Mapping[str, str]) -> str:
        surface = plain(mention.text).text
        meant = long_forms.get(surface, surface)
        for name in (*_variants(meant), *_variants(surface)):
            concept = self._lexicon.find(name, mention.type)
            if concept is not None:
                return concept.curie
        return provisional_curie(mention.type, meant)


def provisional_concept(mention: Mention) -> Concept:
    """Describe the provisional concept of a linked mention, named as it is spelled there."""
    name = plain(mention.text).text
    return Concept(mention.concept or "", name, mention.type, is_provisional=True)


def _long_forms(document: Document) -> Iterator[tuple[str, str]]:
    for passage in document.passages:
        text = plain(passage.text).text
        for definition in find_definitions(text):
            yield definition.short, text[definition.long_start : definition.long_end]


def _variants(name: str) -> Iterator[str]:
    """Yield spellings that name the same: as it stands, dashes as blanks, singular."""
    spellings = (name, _DASH.sub(" ", name), _DASH.sub("-", name), name.replace("\u2019", "'"))
    for spelling in dict.fromkeys(spellings):
        yield spelling
        if spelling.endswith("s") and len(spelling) > 4:  # noqa: PLR2004 - "IBS" is no plural
            yield spelling[:-1]
