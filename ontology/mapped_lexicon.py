"""A lexicon of millions of names, mapped from disk.

It is a folder that ``lexicon_writing`` makes: tries (marisa) for identifiers and names, arrays
beside them, and ``lexicon.json`` with the version, the hash and the counts. Opening reads none of
the names, and processes share the pages.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from ontology.concept import Concept
from ontology.lexicon import LexiconError
from ontology.normalising import fold
from ontology.schema import EntityType

FORMAT = 1
DESCRIPTION = "lexicon.json"
TYPES = tuple(EntityType)
NO_TYPE = 255
Numbers = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one concept, as ``source`` writes it; ``is_preferred`` is that source's word."""

    curie: str
    name: str
    type: EntityType | None
    is_preferred: bool
    source: str


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each number from 0: list i is ``items[starts[i]:starts[i + 1]]``."""

    starts: Numbers
    items: Numbers

    def of(self, number: int) -> list[int]:
        """Give one list."""
        return self.items[self.starts[number] : self.starts[number + 1]].tolist()


@dataclass(frozen=True, slots=True)
class Description:
    """What ``lexicon.json`` says: the content's hash, names a source, names a type."""

    hash: str
    sources: Mapping[str, int]
    types: Mapping[str, int]
    concepts: int
    names: int
    indexes: tuple[str, ...]


class MappedLexicon:
    """A lexicon folder, open. Rows are names of concepts, those of a concept side by side."""

    def __init__(self, folder: Path, description: Description) -> None:
        self._folder, self.description = folder, description
        self._source_names = tuple(description.sources)
        self._curies, self._written = self._trie("curies"), self._trie("names")
        self._first_rows = self._array("first_rows")
        self._row_curie, self._row_name = self._array("row_curie"), self._array("row_name")
        self._row_type, self._row_source = self._array("row_type"), self._array("row_source")
        self._row_preferred = self._array("row_preferred")
        self._equivalents, self._exact = self._lists("equivalents"), self._lists("exact")
        self._parents = self._lists("parents")
        self._indexes = {
            name: (self._trie(f"{name}_keys"), self._lists(f"{name}_rows"))
            for name in description.indexes
        }

    @classmethod
    def open(cls, folder: Path) -> "MappedLexicon":
        """Map a folder; raises LexiconError where a file is missing or of another version."""
        description = read_description(folder)
        try:
            return cls(folder, description)
        except (OSError, ValueError, RuntimeError) as error:
            raise LexiconError(f"{folder}: not a complete lexicon: {error}") from error

    def __len__(self) -> int:
        """Count the names."""
        return self.description.names

    @property
    def hash(self) -> str:
        """SHA-256 of the content, in hex."""
        return self.description.hash

    def entries(self, key: str, index: str = "fold") -> tuple[Entry, ...]:
        """Give the entries whose name has this key in an index, preferred names first."""
        keys, _ = self._index(index)
        number = keys.get(key)
        return () if number is None else self.entries_of(number, index)

    def entries_of(self, number: int, index: str = "fold") -> tuple[Entry, ...]:
        """Give the entries of a key by its number in ``keys``."""
        return tuple(map(self._entry, self._index(index)[1].of(number)))

    def keys(self, index: str = "fold") -> Iterator[tuple[int, str]]:
        """Walk the keys of an index with their numbers, in order of the keys."""
        for key, number in self._index(index)[0].iteritems():
            yield number, key

    def trie(self, index: str) -> Any:
        """Give the marisa trie of an index, for prefix search; a key's number is its place."""
        return self._index(index)[0]

    def find(self, name: str, entity_type: EntityType) -> Concept | None:
        """Find the concept of a type by name, after ``fold``; of several the first entry's."""
        for entry in self.entries(fold(name)):
            if entry.type is entity_type:
                return self.concept(entry.curie, entity_type)
        return None

    def concept(self, curie: str, entity_type: EntityType) -> Concept | None:
        """Describe a concept as one of ``entity_type``; None where it has no name here."""
        entries = self.names_of(curie)
        if not entries:
            return None
        names = dict.fromkeys(entry.name for entry in entries)
        name, *synonyms = names
        return Concept(curie, name, entity_type, tuple(synonyms), self.exact_matches(curie))

    def names_of(self, curie: str) -> tuple[Entry, ...]:
        """Give the entries of a concept, the preferred name of the first source first."""
        number = self._curies.get(curie)
        if number is None:
            return ()
        return tuple(map(self._entry, range(*self._first_rows[number : number + 2].tolist())))

    def type_of(self, curie: str) -> EntityType | None:
        """Say which type the first source that knows one gives a concept."""
        return next((e.type for e in self.names_of(curie) if e.type is not None), None)

    def equivalents(self, curie: str) -> tuple[str, ...]:
        """Give all cross-references of an identifier, in both directions."""
        return self._related(self._equivalents, curie)

    def exact_matches(self, curie: str) -> tuple[str, ...]:
        """Give the cross-references that their source calls exact."""
        return self._related(self._exact, curie)

    def parents(self, curie: str) -> tuple[str, ...]:
        """Give the concepts right above; empty where no source has a hierarchy."""
        return self._related(self._parents, curie)

    def names(self) -> Iterator[Entry]:
        """Walk all names, concept by concept."""
        return map(self._entry, range(len(self)))

    def curies(self) -> Iterator[str]:
        """Walk the identifiers that have a name."""
        starts = self._first_rows
        for number in np.flatnonzero(np.diff(starts.astype(np.int64))).tolist():
            yield self._curies.restore_key(number)

    def _index(self, name: str) -> tuple[Any, Lists]:
        try:
            return self._indexes[name]
        except KeyError:
            there = ", ".join(self._indexes)
            raise LexiconError(f"{self._folder}: no index {name!r}, only {there}") from None

    def _related(self, lists: Lists, curie: str) -> tuple[str, ...]:
        number = self._curies.get(curie)
        if number is None:
            return ()
        return tuple(map(self._curies.restore_key, lists.of(number)))

    def _entry(self, row: int) -> Entry:
        number = int(self._row_type[row])
        return Entry(
            self._curies.restore_key(int(self._row_curie[row])),
            self._written.restore_key(int(self._row_name[row])),
            None if number == NO_TYPE else TYPES[number],
            bool(self._row_preferred[row]),
            self._source_names[self._row_source[row]],
        )

    def _trie(self, name: str) -> Any:
        return marisa_trie.Trie().mmap(str(self._folder / f"{name}.marisa"))

    def _lists(self, name: str) -> Lists:
        return Lists(self._array(f"{name}_starts"), self._array(f"{name}_items"))

    def _array(self, name: str) -> Numbers:
        return np.load(self._folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)


def read_description(folder: Path) -> Description:
    """Read ``lexicon.json``; raises LexiconError on a folder that is no lexicon of this version."""
    path = folder / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content.pop("format")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise LexiconError(f"{folder}: no lexicon ({DESCRIPTION}: {error})") from error
    if version != FORMAT:
        raise LexiconError(f"{path}: lexicon format {version}; this version reads {FORMAT}")
    return Description(**(content | {"indexes": tuple(content["indexes"])}))


def shipped_lexicon() -> MappedLexicon:
    """Open the lexicon that comes with the package."""
    return MappedLexicon.open(Path(str(files("ontology"))) / "shipped")
