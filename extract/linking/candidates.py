"""Which concepts a name may mean, each with what speaks for it, column by column.

Candidates come from the link table, from the vocabularies' names and their cross-references, from
the nearest names by character n-grams among the known concepts, and from parts of the name.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum, auto
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from extract.linking.link_table import LinkTable, Use
from extract.linking.meanings import Meaning
from extract.linking.ngrams import index_names
from ontology.mapped_lexicon import Entry, MappedLexicon
from ontology.namespaces import normalise_name
from ontology.normalising import fold, fold_blanks, fold_order
from ontology.schema import EntityType

TASK_LIST = "GUTBRAINIE"
"""The source of a lexicon that is the shared task's own list of concepts."""
LOCAL = "HEREDITARY"
"""The prefix of the task's own concepts, whose identifiers are names in camel case."""
_LOCAL_NUMBER = f"{LOCAL}:H"
_LOCAL_FOLDERS = {
    EntityType.DDF: "diseasedisorderorfinding",
    EntityType.BACTERIA: "species",
    EntityType.ANATOMICAL_LOCATION: "anatomicsite",
}
_INDEXES = (("fold", fold), ("order", fold_order), ("blanks", fold_blanks))
_MOST_NEAR, _LEAST_COSINE, _LEAST_COSINE_LINKED = 16, 0.3, 0.2
_MOST_NAMES, _MOST_ENTRIES, _MOST_REFERENCES = 40, 60, 40
_LONGEST_PART, _MOST_PARTS, _ENTRIES_OF_PART, _SHORTEST_PART = 6, 3, 8, 4
_LONGEST_LOCAL = 100
_REMEMBERED = 50_000
_LONGEST_ABBREVIATION = 5


_DISEASE = ("NCIT", "MESH", "MONDO", "DOID", "HP", "EFO")
_SUBSTANCE = ("CHEBI", "NCIT", "MESH")
PRIMARY: Mapping[EntityType, tuple[str, ...]] = {
    EntityType.ANATOMICAL_LOCATION: ("UBERON", "NCIT", "CL", "MESH"),
    EntityType.ANIMAL: ("NCBITaxon", "NCIT", "MESH"),
    EntityType.BACTERIA: ("NCBITaxon", "MESH", "NCIT"),
    EntityType.BIOMEDICAL_TECHNIQUE: ("NCIT", "MESH", "OBI"),
    EntityType.CHEMICAL: _SUBSTANCE,
    EntityType.DDF: _DISEASE,
    EntityType.DIETARY_SUPPLEMENT: ("NCIT", "MESH", "CHEBI", "FOODON"),
    EntityType.DRUG: _SUBSTANCE,
    EntityType.FOOD: ("FOODON", "NCIT", "MESH"),
    EntityType.GENE: ("HGNC", "NCBIGene", "NCIT"),
    EntityType.HUMAN: ("MESH", "NCIT"),
    EntityType.MICROBIOME: ("MESH", "OHMI", "NCIT"),
    EntityType.STATISTICAL_TECHNIQUE: ("NCIT", "STATO", "MESH"),
}
"""Which vocabulary names the concepts of a type, the best first."""


class Clue(IntEnum):
    """What speaks for a candidate; shares, cosines and flags are in [0, 1]."""

    TABLE_NORMAL = 0
    TABLE_FOLD = auto()
    TABLE_ORDER = auto()
    TABLE_BLANKS = auto()
    TABLE_ANY_TYPE = auto()
    TABLE_ANY_TYPE_LOOSE = auto()
    TABLE_COUNT = auto()
    TABLE_LONG_FORM = auto()
    NAME_NORMAL = auto()
    NAME_FOLD = auto()
    NAME_ORDER = auto()
    NAME_BLANKS = auto()
    NAME_PREFERRED = auto()
    NAME_SAME_CASE = auto()
    NAME_SAME_TYPE = auto()
    NAME_OTHER_TYPE = auto()
    NAME_SOURCES = auto()
    NAME_UNIQUE = auto()
    NAME_LONG_FORM = auto()
    NAME_OF_ABBREVIATION = auto()
    REFERENCE = auto()
    REFERENCE_OF_REFERENCE = auto()
    NEAR_LINKED = auto()
    NEAR_LINKED_ANY_TYPE = auto()
    NEAR_KNOWN = auto()
    NEAREST = auto()
    PART_LINKED = auto()
    PART_LINKED_HEAD = auto()
    PART_NAME = auto()
    PART_NAME_HEAD = auto()
    PRIOR_VOCABULARY = auto()
    PRIOR_CONCEPT = auto()
    PRIOR_ANY_TYPE = auto()
    PRIOR_SHARE_OF_TYPE = auto()
    IS_LINKED = auto()
    IS_LINKED_AS_TYPE = auto()
    IS_IN_TASK_LIST = auto()
    IS_LOCAL = auto()
    IS_MADE_UP = auto()
    IS_FROM_LOCAL_LIST = auto()
    IS_UMLS = auto()
    WORDS_OF_MENTION = auto()
    WORDS_OF_NAME = auto()
    WORDS_OVERLAP = auto()
    WORDS_HEAD = auto()
    WORDS_ALL = auto()
    NEAREST_AND_LINKED = auto()
    REFERENCE_AND_LINKED = auto()
    NAME_AND_LINKED = auto()
    WORDS_AND_LINKED = auto()
    KNOWN_AND_LINKED = auto()
    NAME_IN_PRIMARY = auto()
    NAME_OF_UNSEEN = auto()


COLUMNS = tuple(column.name.lower() for column in Clue)
Row = list[float]
Floats = NDArray[np.float64]


class Shortlist(NamedTuple):
    """CURIEs with their rows [candidates, columns]."""

    concepts: tuple[str, ...]
    rows: Floats


class _Rows(defaultdict[str, Row]):
    """Rows by concept; a candidate that is first mentioned gets zeros."""

    def __init__(self) -> None:
        super().__init__(lambda: [0.0] * len(Clue))

    def lift(self, concept: str, column: Clue, value: float) -> None:
        """Raise a value, where it is lower."""
        row = self[concept]
        row[column] = max(row[column], value)


class CandidateFinder:
    """A link table and a lexicon, in use."""

    def __init__(self, table: LinkTable, lexicon: MappedLexicon, task_list: Iterable[str]) -> None:
        self._table, self._lexicon, self._task_list = table, lexicon, frozenset(task_list)
        known: defaultdict[str, set[str]] = defaultdict(set)
        for concept in {*table.concepts, *self._task_list}:
            for name in self._known_names(concept):
                known[name].add(concept)
        self._known_keys = sorted(known)
        self._known = [tuple(sorted(known[name])) for name in self._known_keys]
        self._known_index = index_names(self._known_keys)
        self._words_of = lru_cache(maxsize=_REMEMBERED)(self._read_words)
        self._priors = lru_cache(maxsize=_REMEMBERED)(self._read_priors)

    def find(self, meaning: Meaning, entity_type: EntityType) -> Shortlist:
        """Give all candidates, in order of their CURIEs."""
        name, rows = meaning.name, _Rows()
        self._look_up_links(name, entity_type, rows)
        for other, share in meaning.others:
            self._look_up_long_form(other, share, entity_type, rows)
        self._look_up_names(name, entity_type, rows)
        key = fold(name)
        self._look_near(key, entity_type, rows)
        self._look_up_parts(key.split(), entity_type, rows)
        for concept in self._table.frequent.get(entity_type, ()):
            rows[concept]
        self._name_local_concepts(name, entity_type, rows)
        for concept, row in rows.items():
            self._describe(concept, row, key, entity_type)
            _mark_abbreviation(name, row)
        _mark_names(rows, entity_type)
        concepts = sorted(rows)
        return Shortlist(tuple(concepts), np.array([rows[concept] for concept in concepts]))

    def _known_names(self, concept: str) -> Iterator[str]:
        for one in (concept, *self._references(concept)):
            yield from (fold(e.name) for e in self._lexicon.names_of(one)[:_MOST_NAMES])

    def _references(self, concept: str) -> tuple[str, ...]:
        """Give a concept's cross-references; those of a hub say nothing."""
        found = self._lexicon.equivalents(concept)
        return found if len(found) < _MOST_REFERENCES else ()

    def _look_up_links(self, name: str, kind: EntityType, rows: _Rows) -> None:
        linked: set[str] = set()
        for level in range(4):
            uses = self._table.uses_of(name, level)
            of_type = sum(weight for use, weight in uses.items() if use.type is kind)
            total = sum(uses.values())
            loose = Clue.TABLE_ANY_TYPE_LOOSE if level > 1 else Clue.TABLE_ANY_TYPE
            for use, weight in uses.items():
                rows.lift(use.concept, loose, weight / total)
                if use.type is kind:
                    if use.concept not in linked:
                        rows.lift(use.concept, Clue(level), weight / of_type)
                    rows.lift(use.concept, Clue.TABLE_COUNT, math.log1p(weight))
                    linked.add(use.concept)

    def _look_up_long_form(self, name: str, share: float, kind: EntityType, rows: _Rows) -> None:
        uses = {u: w for u, w in self._table.uses_of(name, 1).items() if u.type is kind}
        for use, weight in uses.items():
            rows.lift(use.concept, Clue.TABLE_LONG_FORM, share * weight / sum(uses.values()))
        for entry in self._lexicon.entries(fold(name))[:_MOST_ENTRIES]:
            rows.lift(entry.curie, Clue.NAME_LONG_FORM, share)

    def _look_up_names(self, name: str, kind: EntityType, rows: _Rows) -> None:
        found = self._entries(name)
        sources: defaultdict[str, set[str]] = defaultdict(set)
        levels: dict[str, int] = {}
        for level, entry in found:
            levels[entry.curie] = min(level, levels.get(entry.curie, level))
            sources[entry.curie].add(entry.source)
            _compare(entry, name, level, kind, rows)
        for concept, level in levels.items():
            rows.lift(concept, Clue(Clue.NAME_NORMAL + level), 1.0)
        self._follow_references(levels, sources, rows)
        for concept, names in sources.items():
            rows.lift(concept, Clue.NAME_SOURCES, math.log1p(len(names)))
            rows.lift(concept, Clue.NAME_UNIQUE, 1 / len(levels))

    def _entries(self, name: str) -> list[tuple[int, Entry]]:
        """Find a name at the strictest level that has any: 0 as it is, 3 without blanks."""
        normal = normalise_name(name)
        for level, (index, folded) in enumerate(_INDEXES, start=1):
            entries = self._lexicon.entries(folded(name), index)[:_MOST_ENTRIES]
            if entries:
                same = (level == 1 and normalise_name(entry.name) == normal for entry in entries)
                return [(0 if s else level, e) for s, e in zip(same, entries, strict=True)]
        return []

    def _follow_references(
        self, levels: dict[str, int], sources: dict[str, set[str]], rows: _Rows
    ) -> None:
        first: dict[str, float] = {}
        for concept, level in levels.items():
            for other in self._references(concept):
                first[other] = max(first.get(other, 0.0), 1 / (1 + level))
                sources[other] |= sources[concept]
        for concept, weight in first.items():
            rows.lift(concept, Clue.REFERENCE, weight)
            for other in self._references(concept):
                rows.lift(other, Clue.REFERENCE_OF_REFERENCE, weight)
                sources[other] |= sources[concept]

    def _look_near(self, key: str, kind: EntityType, rows: _Rows) -> None:
        table = self._table
        for number, cosine in table.index.nearest(key, _MOST_NEAR, _LEAST_COSINE_LINKED):
            for use in table.uses_of_key(table.keys[number]):
                rows.lift(use.concept, Clue.NEAR_LINKED_ANY_TYPE, cosine)
                if use.type is kind:
                    rows.lift(use.concept, Clue.NEAR_LINKED, cosine)
        for number, cosine in self._known_index.nearest(key, _MOST_NEAR, _LEAST_COSINE):
            for concept in self._known[number]:
                rows.lift(concept, Clue.NEAR_KNOWN, cosine)

    def _look_up_parts(self, words: list[str], kind: EntityType, rows: _Rows) -> None:
        """Look up runs of words, the longest first; at both ends also among the names."""
        names_left = _MOST_PARTS
        for first, last in _parts(len(words)):
            part, share = " ".join(words[first:last]), (last - first) / len(words)
            is_head, is_edge = last == len(words), first == 0 or last == len(words)
            for use in self._table.uses_of_key(part):
                if use.type is kind:
                    rows.lift(use.concept, Clue.PART_LINKED, share)
                    rows.lift(use.concept, Clue.PART_LINKED_HEAD, share * is_head)
            if names_left and is_edge and len(part) >= _SHORTEST_PART:
                names_left -= self._look_up_part(part, share, rows, is_head=is_head)

    def _look_up_part(self, part: str, share: float, rows: _Rows, *, is_head: bool) -> bool:
        entries = self._lexicon.entries(part)[:_ENTRIES_OF_PART]
        for entry in entries:
            for concept in (entry.curie, *self._references(entry.curie)):
                rows.lift(concept, Clue.PART_NAME, share)
                rows.lift(concept, Clue.PART_NAME_HEAD, share * is_head)
        return bool(entries)

    def _name_local_concepts(self, name: str, kind: EntityType, rows: _Rows) -> None:
        """Spell the task's numbered concepts as names, and make one up for what no list has."""
        for concept in [concept for concept in rows if concept.startswith(_LOCAL_NUMBER)]:
            row = rows.pop(concept)
            local = local_concept(kind, self._lexicon.names_of(concept)[0].name)
            rows[local] = list(map(max, row, rows[local]))
            rows[local][Clue.IS_FROM_LOCAL_LIST] = 1.0
        made_up = local_concept(kind, name)
        if made_up not in rows and len(made_up) < _LONGEST_LOCAL:
            rows[made_up][Clue.IS_MADE_UP] = 1.0

    def _describe(self, concept: str, row: Row, key: str, kind: EntityType) -> None:
        row[Clue.PRIOR_VOCABULARY : Clue.IS_MADE_UP] = self._priors(concept, kind)
        row[Clue.IS_UMLS] = float(concept.startswith("UMLS:"))
        if not row[Clue.IS_MADE_UP]:
            _compare_words(self._words_of(concept), key, row)
        _combine(row)

    def _read_priors(self, concept: str, kind: EntityType) -> Row:
        """Give the columns from ``PRIOR_VOCABULARY`` to ``IS_LOCAL``, which no name changes."""
        table, vocabulary = self._table, concept.partition(":")[0]
        in_vocabulary = table.vocabularies.get((kind, vocabulary), 0.0) + 0.5
        as_type = table.uses.get(Use(kind, concept), 0.0)
        as_any = table.concepts.get(concept, 0.0)
        return [
            math.log(in_vocabulary / (table.types.get(kind, 0.0) + 6)),
            math.log1p(as_type),
            math.log1p(as_any),
            as_type / (as_any + 1),
            float(as_any > 0),
            float(as_type > 0),
            float(concept in self._task_list),
            float(vocabulary == LOCAL),
        ]

    def _read_words(self, concept: str) -> list[tuple[frozenset[str], str]]:
        entries = self._lexicon.names_of(concept)[:_MOST_NAMES]
        names = {fold(entry.name) for entry in entries} | self._table.names.get(concept, set())
        return [(frozenset(name.split()), _head(name)) for name in sorted(names)]


def local_concept(kind: EntityType, name: str) -> str:
    """Name a concept of the task's own: the folder of its type, and the name in camel case.

    >>> local_concept(EntityType.HUMAN, "patients with schizophrenia")
    'HEREDITARY:human/PatientsWithSchizophrenia'
    """
    folder = _LOCAL_FOLDERS.get(kind, kind.replace(" ", "").lower())
    words = re.findall(r"[A-Za-z0-9]+", name)
    return f"{LOCAL}:{folder}/" + "".join(word[:1].upper() + word[1:].lower() for word in words)


def _compare(entry: Entry, name: str, level: int, kind: EntityType, rows: _Rows) -> None:
    row = rows[entry.curie]
    if entry.is_preferred and level <= 1:
        row[Clue.NAME_PREFERRED] = 1.0
    if entry.name == name:
        row[Clue.NAME_SAME_CASE] = 1.0
    if entry.type is kind:
        row[Clue.NAME_SAME_TYPE] = 1.0
    elif entry.type is not None:
        row[Clue.NAME_OTHER_TYPE] = 1.0


def _parts(count: int) -> Iterator[tuple[int, int]]:
    for length in range(min(count - 1, _LONGEST_PART), 0, -1):
        for first in range(count - length + 1):
            yield first, first + length


def _compare_words(names: list[tuple[frozenset[str], str]], key: str, row: Row) -> None:
    """Note how many words the candidate's most similar name shares with the mention."""
    words, head = frozenset(key.split()), _head(key)
    best = (0.0, 0.0, 0.0, 0.0)
    for name, its_head in names:
        if shared := len(name & words):
            overlap = 2 * shared / (len(name) + len(words))
            found = (overlap, shared / len(words), shared / len(name), float(head == its_head))
            best = max(best, found)
    overlap, of_mention, of_name, same_head = best
    row[Clue.WORDS_OVERLAP], row[Clue.WORDS_HEAD] = overlap, same_head
    row[Clue.WORDS_OF_MENTION], row[Clue.WORDS_OF_NAME] = of_mention, of_name
    row[Clue.WORDS_ALL] = float(overlap == 1)


def _head(name: str) -> str:
    """Give the last word before "of"."""
    return (name.split(" of ", maxsplit=1)[0].split() or [""])[-1]


def _combine(row: Row) -> None:
    """Fill the columns that are made of others."""
    linked = row[Clue.IS_LINKED_AS_TYPE]
    row[Clue.NEAREST] = nearest = max(row[Clue.NEAR_LINKED], row[Clue.NEAR_KNOWN])
    reference = max(row[Clue.REFERENCE], row[Clue.REFERENCE_OF_REFERENCE])
    by_name = max(row[Clue.NAME_NORMAL], row[Clue.NAME_FOLD], row[Clue.NAME_ORDER])
    row[Clue.NEAREST_AND_LINKED] = nearest * linked
    row[Clue.REFERENCE_AND_LINKED] = reference * linked
    row[Clue.NAME_AND_LINKED] = by_name * linked
    row[Clue.WORDS_AND_LINKED] = row[Clue.WORDS_OF_NAME] * linked
    row[Clue.KNOWN_AND_LINKED] = row[Clue.NEAR_KNOWN] * linked


def _mark_names(rows: _Rows, kind: EntityType) -> None:
    """Mark names of the type's first vocabulary, and those of mentions that no annotator linked."""
    is_seen = any(row[column] for row in rows.values() for column in range(Clue.TABLE_ANY_TYPE))
    primary = f"{PRIMARY[kind][0]}:"
    for concept, row in rows.items():
        by_name = max(row[Clue.NAME_NORMAL], row[Clue.NAME_FOLD], row[Clue.NAME_ORDER])
        row[Clue.NAME_OF_UNSEEN] = 0.0 if is_seen else by_name
        row[Clue.NAME_IN_PRIMARY] = row[Clue.NAME_OF_UNSEEN] * concept.startswith(primary)


def _mark_abbreviation(name: str, row: Row) -> None:
    if len(name) <= _LONGEST_ABBREVIATION and name.isupper():
        is_name = row[Clue.NAME_NORMAL] or row[Clue.NAME_FOLD]
        row[Clue.NAME_OF_ABBREVIATION] = float(bool(is_name))
