"""Linking: mentions to concepts.

``NameLinker`` looks names up in a small lexicon; ``RankedLinker`` ranks the candidates of the link
table and of a large lexicon. Either gives a concept for every mention: what nothing names becomes a
provisional concept, so that no fact is lost.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from extract.annotation import Mention
from extract.corpus import corpus_uri
from extract.linking.candidates import CandidateFinder, Clue
from extract.linking.link_table import LinkTable, Uses, read_link_table
from extract.linking.meanings import Meaning, read_definitions, read_meaning
from extract.linking.ranking import LinkModel, Ranked, rank, read_model
from extract.ner.abbreviations import find_definitions
from extract.text import plain
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.namespaces import CurieError, normalise_name, provisional_curie
from ontology.schema import EntityType

_DASH = re.compile(r"[-\u2010-\u2013]")
_REMEMBERED = 20_000
"""Meanings kept in mind; abstracts of one field share most of theirs."""
_EVEN = 0.5


LinkedParts = tuple[tuple[tuple[Mention, Concept], ...], ...]
"""For each mention what it names: itself with a concept, or its parts with theirs."""


class NameLinker:
    """A small lexicon in use as linker: names within their type."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon, self.hash = lexicon, lexicon.hash

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Concept, ...]:
        """Say which concept each mention names, in the mentions' order."""
        long_forms = dict(_long_forms(document))
        return tuple(self._concept(mention, long_forms) for mention in mentions)

    def spell(self, curie: str) -> str | None:
        """Spell a concept as GutBrainIE does; None where it has no spelling."""
        return _spelled(curie)

    def link_parts(self, document: Document, mentions: tuple[Mention, ...]) -> LinkedParts:
        """Give each mention, undivided, with its concept."""
        return _undivided(mentions, self.link(document, mentions))

    def _concept(self, mention: Mention, long_forms: Mapping[str, str]) -> Concept:
        surface = plain(mention.text).text
        meant = long_forms.get(surface, surface)
        for name in (*_variants(meant), *_variants(surface)):
            concept = self._lexicon.find(name, mention.type)
            if concept is not None:
                return concept
        return provisional_concept(mention.type, meant)


class RankedLinker:
    """A link table, a large lexicon and a re-ranker in use: always the annotators' likely concept.

    That is the shared task's question. The graph's is another one: see ``grounding``.
    """

    def __init__(self, table: LinkTable, lexicon: MappedLexicon, model: LinkModel) -> None:
        self._table, self.lexicon, self.model = table, lexicon, model
        self.hash = _hash(table, lexicon, model)
        self._finder = CandidateFinder(table, lexicon, model.task_list)
        self._ranked = lru_cache(maxsize=_REMEMBERED)(self._rank)

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Concept, ...]:
        """Say which concept each mention names, in the mentions' order."""
        return tuple(
            self._concept(meaning, mention.type)
            for mention, meaning in zip(mentions, self.meanings(document, mentions), strict=True)
        )

    def meanings(self, document: Document, mentions: Iterable[Mention]) -> Iterator[Meaning]:
        """Spell mentions out by the document's own definitions."""
        definitions = read_definitions(document)
        for mention in mentions:
            yield self.read(plain(mention.text).text, definitions)

    def read(self, surface: str, definitions: Mapping[str, str]) -> Meaning:
        """Spell a name out by definitions, else by those of the corpus."""
        return read_meaning(surface, definitions, self._table.long_forms)

    def rank(self, meaning: Meaning, entity_type: EntityType) -> Ranked:
        """Put all candidates of a name in order."""
        return self._ranked(meaning, entity_type)

    def link_parts(self, document: Document, mentions: tuple[Mention, ...]) -> LinkedParts:
        """Give each mention, undivided, with its concept."""
        return _undivided(mentions, self.link(document, mentions))

    def uses_of(self, name: str) -> Uses:
        """Give the concepts that annotators gave a name, by type."""
        return self._table.uses_of(name, 1)

    def name_of(self, curie: str) -> str:
        """Give the name that annotators mostly linked to a concept; its CURIE without one."""
        return self._table.name_of.get(curie, curie)

    def type_of(self, curie: str) -> EntityType | None:
        """Say as which type annotators mostly use a concept; None where they do not."""
        return self._table.type_of.get(curie)

    def spell(self, curie: str) -> str | None:
        """Spell a concept as the annotations do; None where it has no spelling."""
        return self._table.spelling.get(curie) or _spelled(curie)

    def _rank(self, meaning: Meaning, entity_type: EntityType) -> Ranked:
        return rank(self._finder.find(meaning, entity_type), self.model)

    def _concept(self, meaning: Meaning, entity_type: EntityType) -> Concept:
        best = _choice(self.rank(meaning, entity_type))
        known = self.lexicon.concept(best, entity_type)
        return known or Concept(best, meaning.name, entity_type)


def _undivided(mentions: tuple[Mention, ...], concepts: tuple[Concept, ...]) -> LinkedParts:
    return tuple((pair,) for pair in zip(mentions, concepts, strict=True))


def _choice(ranked: Ranked) -> str:
    """Take the best candidate; where it is more likely wrong than right, a name at its word.

    That is for what annotators' habits say nothing of: the taxa, foods and chemicals of others.
    """
    if ranked.probability < _EVEN:
        for concept, row in zip(ranked.concepts, ranked.rows, strict=True):
            if row[Clue.NAME_IN_PRIMARY] and row[Clue.NAME_SAME_TYPE]:
                return concept
    return ranked.concepts[0]


def provisional_concept(entity_type: EntityType, surface: str) -> Concept:
    """Make the concept of a surface form that no vocabulary names.

    Its name is folded, so that it does not depend on which spelling was read first.
    """
    curie = provisional_curie(entity_type, surface)
    return Concept(curie, normalise_name(surface), entity_type, is_provisional=True)


def _spelled(curie: str) -> str | None:
    try:
        return corpus_uri(curie)
    except CurieError:
        return None


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


def _hash(table: LinkTable, lexicon: MappedLexicon, model: LinkModel) -> str:
    said = sorted(table.annotations.links.items()), sorted(table.annotations.definitions.items())
    weights = model.choice.tobytes() + model.certainty.tobytes()
    parts = (repr(said), lexicon.hash, repr((model.exact_from, model.task_list)))
    return hashlib.sha256("\0".join(parts).encode() + weights).hexdigest()


def read_linker(folder: Path, lexicon: MappedLexicon) -> RankedLinker:
    """Read a link table and its re-ranker; raises ModelError."""
    return RankedLinker(read_link_table(folder), lexicon, read_model(folder))


def shipped_links() -> Path:
    """Locate the link table and re-ranker that come with the package."""
    return Path(str(files("extract").joinpath("weights", "links")))
