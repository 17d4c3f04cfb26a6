"""The lexicon: which names mean which concept.

A lexicon file is UTF-8 text, tab-separated, gzipped where its name ends in ``.gz``: a header, then
one concept a line, with lists separated by ``|``. ``starter.tsv`` comes with the package.
"""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import TextIO

from ontology.concept import Concept
from ontology.namespaces import CurieError, normalise_name, to_iri
from ontology.schema import EntityType

COLUMNS = ("curie", "type", "name", "synonyms", "same_as")

NameKey = tuple[EntityType, str]


class LexiconError(ValueError):
    """A lexicon file breaks a rule; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Concepts by CURIE; no name belongs to two concepts of one type."""

    concepts: Mapping[str, Concept]
    _by_name: Mapping[NameKey, Concept] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {key: concept for concept in self.concepts.values() for key in _keys(concept)}
        object.__setattr__(self, "concepts", MappingProxyType(dict(self.concepts)))
        object.__setattr__(self, "_by_name", MappingProxyType(by_name))

    def find(self, name: str, entity_type: EntityType) -> Concept | None:
        """Look a name up within one type, after ``normalise_name``; never fuzzily."""
        return self._by_name.get((entity_type, normalise_name(name)))

    def names(self) -> Iterator[tuple[str, Concept]]:
        """Walk all names as written; a name that two types share comes once for each."""
        for concept in self.concepts.values():
            for name in _names(concept):
                yield name, concept

    @property
    def hash(self) -> str:
        """SHA-256 of the content in hex; the order of the concepts does not count."""
        rows = sorted("\t".join(_fields(concept)) for concept in self.concepts.values())
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def starter_lexicon() -> Lexicon:
    """Read the lexicon that comes with the package."""
    with as_file(files("ontology") / "starter.tsv") as path:
        return read_lexicon(path)


def read_lexicon(path: Path) -> Lexicon:
    """Read a ``.tsv`` or ``.tsv.gz`` file; raises LexiconError on the first bad line."""
    concepts: dict[str, Concept] = {}
    owners: dict[NameKey, str] = {}
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                _take(line, number, concepts, owners)
            except (LexiconError, CurieError) as error:
                raise LexiconError(f"{path}, line {number}: {error}") from error
    if not concepts:
        raise LexiconError(f"{path}: no concepts")
    return Lexicon(concepts)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _take(line: str, number: int, concepts: dict[str, Concept], owners: dict[NameKey, str]) -> None:
    """Add the concept of one line to both tables; the first line must be the header."""
    columns = line.rstrip("\r\n").split("\t")
    if number == 1:
        _check_header(columns)
        return
    concept = _concept(columns)
    _check_new(concept, concepts, owners)
    concepts[concept.curie] = concept
    owners.update(dict.fromkeys(_keys(concept), concept.curie))


def _check_header(columns: list[str]) -> None:
    if tuple(columns) != COLUMNS:
        raise LexiconError(f"the header must be {' '.join(COLUMNS)}, not {' '.join(columns)}")


def _concept(columns: list[str]) -> Concept:
    if len(columns) != len(COLUMNS):
        raise LexiconError(f"expected {len(COLUMNS)} columns, found {len(columns)}")
    curie, label, name, synonyms, same_as = columns
    concept = Concept(curie, name.strip(), _type(label), _items(synonyms), _items(same_as))
    if not concept.name:
        raise LexiconError(f"{curie} has no name")
    for reference in (concept.curie, *concept.same_as):
        to_iri(reference)
    return concept


def _type(label: str) -> EntityType:
    try:
        return EntityType(label)
    except ValueError:
        raise LexiconError(f"{label!r} is not an entity type") from None


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split("|") if item.strip())


def _check_new(
    concept: Concept, concepts: Mapping[str, Concept], owners: Mapping[NameKey, str]
) -> None:
    if concept.curie in concepts:
        raise LexiconError(f"{concept.curie} is in an earlier line too")
    seen: set[NameKey] = set()
    for key in _keys(concept):
        if key in seen or key in owners:
            owner = owners.get(key, concept.curie)
            raise LexiconError(f"duplicate name: {owner} has {key[1]!r} as {key[0]} already")
        seen.add(key)


def _names(concept: Concept) -> Iterable[str]:
    return (concept.name, *concept.synonyms)


def _keys(concept: Concept) -> Iterator[NameKey]:
    return ((concept.type, normalise_name(name)) for name in _names(concept))


def _fields(concept: Concept) -> tuple[str, ...]:
    lists = ("|".join(sorted(concept.synonyms)), "|".join(sorted(concept.same_as)))
    return (concept.curie, concept.type, concept.name, *lists)
