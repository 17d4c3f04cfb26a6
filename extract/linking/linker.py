"""Linking: mentions to concepts, by name within their type.

The long form that a document defines decides what its abbreviation means. What no name fits
becomes a provisional concept, so that no fact is lost.
"""

import re
from collections.abc import Iterator, Mapping

from extract.annotation import Mention
from extract.ner.abbreviations import find_definitions
from extract.text import plain
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.namespaces import normalise_name, provisional_curie
from ontology.schema import EntityType

_DASH = re.compile(r"[-\u2010-\u2013]")


class NameLinker:
    """A lexicon in use as linker."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Concept, ...]:
        """Say which concept each mention names, in the mentions' order."""
        long_forms = dict(_long_forms(document))
        return tuple(self._concept(mention, long_forms) for mention in mentions)

    def _concept(self, mention: Mention, long_forms: Mapping[str, str]) -> Concept:
        surface = plain(mention.text).text
        meant = long_forms.get(surface, surface)
        for name in (*_variants(meant), *_variants(surface)):
            concept = self._lexicon.find(name, mention.type)
            if concept is not None:
                return concept
        return provisional_concept(mention.type, meant)


def provisional_concept(entity_type: EntityType, surface: str) -> Concept:
    """Make the concept of a surface form that no vocabulary names.

    Its name is folded, so that it does not depend on which spelling was read first.
    """
    curie = provisional_curie(entity_type, surface)
    return Concept(curie, normalise_name(surface), entity_type, is_provisional=True)


def _long_forms(document: Document) -> Iterator[tuple[str, str]]:
    for passage in document.passages:
        text = plain(passage.text).text
        for definition in find_definitions(text):
            yield definition.short, text[definition.long_start : definition.long_end]


def _variants(name: str) -> Iterator[str]:
    """Yield spellings that name the same: as it is, dashes as blanks, singular."""
    for spelling in dict.fromkeys((name, _DASH.sub(" ", name))):
        yield spelling
        if spelling.endswith("s") and len(spelling) > 4:  # noqa: PLR2004 - "IBS" is no plural
            yield spelling[:-1]
