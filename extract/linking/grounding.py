"""The graph's links: a mention is exactly a concept, or something below one, or provisional.

The shared task wants the annotators' concept for every mention, and annotators link "R6/2 mice" to
the mouse. A graph that did so would lose what the sentence says. So a link is *exact* only where it
is sure enough and the concept is not merely a part of the name; where a part of the name is a
concept, that one is *broader*; all else is provisional.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from extract.annotation import Mention
from extract.linking.candidates import Column, Row
from extract.linking.linker import RankedLinker
from extract.linking.meanings import Meaning
from extract.linking.ranking import Ranked
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.namespaces import CurieError, provisional_curie, to_iri
from ontology.normalising import fold
from ontology.schema import EntityType as T

_REMEMBERED = 50_000
_NAMES = (Column.NAME_NORMAL, Column.NAME_FOLD, Column.NAME_ORDER, Column.NAME_BLANKS)
_BY_NAME = (*_NAMES, Column.REFERENCE)
_PARTS = (Column.PART_LINKED, Column.PART_NAME)
_HEADS = (Column.PART_LINKED_HEAD, Column.PART_NAME_HEAD)
_LEAST_LETTERS = 5
"""Letters of the shortest name that is taken at its word: shorter ones mean many things."""
_SURE_ENOUGH = 0.5
"""From this probability on a concept that a part of a name names is broader."""

_DISEASE = ("NCIT", "MESH", "MONDO", "DOID", "HP", "EFO")
_SUBSTANCE = ("CHEBI", "NCIT", "MESH")
PRIMARY: Mapping[T, tuple[str, ...]] = {
    T.ANATOMICAL_LOCATION: ("UBERON", "NCIT", "CL", "MESH"),
    T.ANIMAL: ("NCBITaxon", "NCIT", "MESH"),
    T.BACTERIA: ("NCBITaxon", "MESH", "NCIT"),
    T.BIOMEDICAL_TECHNIQUE: ("NCIT", "MESH", "OBI"),
    T.CHEMICAL: _SUBSTANCE,
    T.DDF: _DISEASE,
    T.DIETARY_SUPPLEMENT: ("NCIT", "MESH", "CHEBI", "FOODON"),
    T.DRUG: _SUBSTANCE,
    T.FOOD: ("FOODON", "NCIT", "MESH"),
    T.GENE: ("HGNC", "NCBIGene", "NCIT"),
    T.HUMAN: ("MESH", "NCIT"),
    T.MICROBIOME: ("MESH", "OHMI", "NCIT"),
    T.STATISTICAL_TECHNIQUE: ("NCIT", "STATO", "MESH"),
}
"""Which vocabulary names the concepts of a type, the best first."""


class GraphLinker:
    """A ranked linker; concepts of a small, chosen lexicon come before all others."""

    def __init__(self, linker: RankedLinker, chosen: Lexicon) -> None:
        self._linker, self._lexicon = linker, linker.lexicon
        self._chosen, self.hash = chosen, linker.hash
        self._chosen_by_curie = dict(_all_curies(chosen.concepts.values()))
        self._grounded = lru_cache(maxsize=_REMEMBERED)(self._ground)

    def link(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Concept, ...]:
        """Say which concept each mention names, in the mentions' order."""
        meanings = self._linker.meanings(document, mentions)
        pairs = zip(mentions, meanings, strict=True)
        return tuple(self._grounded(meaning, mention.type) for mention, meaning in pairs)

    def spell(self, curie: str) -> str | None:
        """Give the URI that GutBrainIE has for a concept; None where it has none."""
        return self._linker.spell(curie)

    def _ground(self, meaning: Meaning, kind: T) -> Concept:
        ranked = self._linker.rank(meaning, kind)
        exact = self._exact(ranked, meaning, kind)
        if exact is not None:
            return exact
        broader = self._broader(ranked, kind)
        return derived_concept(kind, meaning.name, broader)

    def _exact(self, ranked: Ranked, meaning: Meaning, kind: T) -> Concept | None:
        by_name = self._chosen.find(meaning.name, kind)
        if by_name is not None:
            return by_name
        best = ranked.rows[0].tolist()
        is_sure = ranked.probability >= self._linker.model.exact_from
        if is_sure and not best[Column.IS_MADE_UP] and not _is_coarse(best):
            return self._canonical(ranked.concepts[0], kind, meaning.name)
        return self._by_name(ranked, meaning.name, kind)

    def _by_name(self, ranked: Ranked, name: str, kind: T) -> Concept | None:
        """Take a name at its word, where it is one of this type in a vocabulary."""
        for concept, row in zip(ranked.concepts, ranked.rows.tolist(), strict=True):
            if _is_name_of_type(row, name):
                return self._canonical(concept, kind, name)
        return None

    def _broader(self, ranked: Ranked, kind: T) -> tuple[Concept, ...]:
        """Find the concept that the longest part of a name names, the part at its end first."""
        rows = ranked.rows.tolist()
        if ranked.probability >= _SURE_ENOUGH and _is_coarse(rows[0]):
            found = self._canonical(ranked.concepts[0], kind, "")
            return (found,) if found else ()
        heads = [
            (max(row[Column.PART_LINKED_HEAD], row[Column.PART_NAME_HEAD]), -place)
            for place, row in enumerate(rows)
            if any(row[column] for column in _HEADS)
            and self._fits(ranked.concepts[place], row, kind)
        ]
        if not heads:
            return ()
        _, place = max(heads)
        found = self._canonical(ranked.concepts[-place], kind, "")
        return (found,) if found else ()

    def _fits(self, concept: str, row: Row, kind: T) -> bool:
        return bool(row[Column.IS_LINKED_AS_TYPE]) or self._lexicon.type_of(concept) is kind

    def _canonical(self, concept: str, kind: T, name: str) -> Concept | None:
        """Give the one concept that stands for all identifiers of a thing."""
        same = (concept, *self._lexicon.exact_matches(concept), *self._namesakes(concept, kind))
        for curie in same:
            if chosen := self._chosen_by_curie.get((kind, curie)):
                return chosen
        vocabularies = PRIMARY[kind]
        known = [c for c in dict.fromkeys(same) if self._lexicon.names_of(c)] or [concept]
        order = {v: place for place, v in enumerate(vocabularies)}
        best = min(known, key=lambda c: (order.get(c.partition(":")[0], len(order)), c))
        return _described(best, kind, name, same, self._lexicon)

    def _namesakes(self, concept: str, kind: T) -> Iterator[str]:
        """Name concepts of this type that have the same preferred name."""
        names = self._lexicon.names_of(concept)
        for entry in self._lexicon.entries(fold(names[0].name)) if names else ():
            if entry.is_preferred and entry.type is kind:
                yield entry.curie


def derived_concept(kind: T, name: str, broader: tuple[Concept, ...]) -> Concept:
    """Make the concept of a name that is none in a vocabulary; names that fold alike are one.

    It is provisional where not even a broader concept is known.
    """
    key = fold(name)
    curies = tuple(concept.curie for concept in broader)
    return Concept(
        provisional_curie(kind, key), key, kind, broader=curies, is_provisional=not broader
    )


def _all_curies(concepts: Iterable[Concept]) -> Iterator[tuple[tuple[T, str], Concept]]:
    for concept in concepts:
        for curie in (*concept.same_as, concept.curie):
            yield (concept.type, curie), concept


def _names_head(row: Row) -> bool:
    return any(row[column] for column in _HEADS)


def _is_coarse(row: Row) -> bool:
    """Say whether a part of the name names the concept, and the name itself does not."""
    return any(row[part] for part in _PARTS) and not any(row[column] for column in _BY_NAME)


def _is_name_of_type(row: Row, name: str) -> bool:
    is_named = any(row[column] for column in _NAMES)
    is_long = len(name) >= _LEAST_LETTERS and not name.isupper()
    is_sure = is_long or row[Column.NAME_SAME_CASE] > 0
    return is_named and is_sure and row[Column.NAME_SAME_TYPE] > 0


def _described(
    curie: str, kind: T, name: str, same: Iterable[str], lexicon: MappedLexicon
) -> Concept | None:
    """Describe a concept with its other identifiers; None where the graph has no IRI for it."""
    if not _has_iri(curie):
        return None
    known = lexicon.concept(curie, kind)
    others = tuple(sorted(c for c in {*same} - {curie} if _has_iri(c)))
    if known is None:
        return Concept(curie, _label(curie, name), kind, same_as=others)
    return Concept(curie, known.name, kind, known.synonyms, others)


def _label(curie: str, name: str) -> str:
    return name or curie


def _has_iri(curie: str) -> bool:
    try:
        to_iri(curie)
    except CurieError:
        return False
    return True
