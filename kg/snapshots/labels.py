"""Find concepts by name while someone types: an SQLite full-text index beside a graph."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.identifiers import identifier_of
from kg.stores import TripleStore
from ontology.namespaces import TYPE_OF_IRI
from ontology.schema import EntityType

_SCHEMA = """
    CREATE TABLE concept (
        id INTEGER PRIMARY KEY, curie TEXT, name TEXT, type TEXT, degree INTEGER);
    CREATE TABLE label (id INTEGER PRIMARY KEY, concept INTEGER, text TEXT, folded TEXT);
    CREATE VIRTUAL TABLE word USING fts5(words, content='', prefix='1 2 3');
"""
_SEARCH = """
    SELECT concept.curie, concept.name, label.text, concept.type, concept.degree,
           min(CASE WHEN label.folded = :folded THEN 0
                    WHEN substr(label.folded, 1, length(:folded)) = :folded THEN 1
                    ELSE 2 END) AS rank
    FROM word JOIN label ON label.id = word.rowid JOIN concept ON concept.id = label.concept
    WHERE word MATCH :words AND (:type IS NULL OR concept.type = :type)
    GROUP BY concept.id
    ORDER BY rank, concept.degree DESC, length(concept.name), concept.curie
    LIMIT :limit
"""
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´", ""))


@dataclass(frozen=True, slots=True)
class Hit:
    """A concept that a search found. ``label`` is the name that matched best."""

    curie: str
    name: str
    label: str
    type: EntityType
    assertion_count: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A concept with all its labels, the name first."""

    curie: str
    type: EntityType
    degree: int
    labels: tuple[str, ...]


def build_index(store: TripleStore, path: Path) -> int:
    """Write the index of a graph to a new file; returns the number of concepts."""
    with closing(sqlite3.connect(path)) as index:
        index.executescript(_SCHEMA)
        count = 0
        for count, entry in enumerate(_entries(store), start=1):
            _add(index, count, entry)
        index.commit()
    return count


def search(
    path: Path, text: str, entity_type: EntityType | None = None, limit: int = 20
) -> list[Hit]:
    """Find concepts with a label that has a word beginning with each word of ``text``.

    Whole labels come first, then labels that begin with the text, then the rest; in each, concepts
    in more assertions first. Accents, hyphens, apostrophes and case make no difference.
    """
    words = " ".join(f'"{word}"*' for word in fold(text).split())
    if not words:
        return []
    values = {"folded": fold(text), "words": words, "type": entity_type, "limit": limit}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as index:
        rows = index.execute(_SEARCH, values).fetchall()
    return [Hit(curie, name, label, EntityType(kind), n) for curie, name, label, kind, n, _ in rows]


def fold(text: str) -> str:
    """Reduce a label to what is compared: plain lower-case words.

    >>> fold("Parkinson's  Disease"), fold("naïve β-catenin"), fold("IL-6")
    ('parkinsons disease', 'naive β catenin', 'il 6')
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain))


def _words(label: str) -> str:
    """Write a label as it is found: folded, and with its compound words closed up ("il6")."""
    compounds = [word for word in label.split() if re.search(r"\w\W+\w", word)]
    closed = (fold(word).replace(" ", "") for word in compounds)
    return " ".join((fold(label), *closed))


def _add(index: sqlite3.Connection, number: int, entry: _Entry) -> None:
    values = (number, entry.curie, entry.labels[0], entry.type, entry.degree)
    index.execute("INSERT INTO concept VALUES (?, ?, ?, ?, ?)", values)
    for label in dict.fromkeys(entry.labels):
        added = index.execute(
            "INSERT INTO label (concept, text, folded) VALUES (?, ?, ?)",
            (number, label, fold(label)),
        )
        words = (added.lastrowid, _words(label))
        index.execute("INSERT INTO word (rowid, words) VALUES (?, ?)", words)


def _entries(store: TripleStore) -> Iterator[_Entry]:
    """Walk over the concepts of our types, in no namespace of ours too; the name may be lacking."""
    degrees = _pairs(store, "degrees", "degree")
    labels: dict[str, list[tuple[str, str]]] = {}
    for row in read_rows(store, "labels", {}):
        labels.setdefault(cell(row, "concept"), []).append(
            (cell(row, "property"), cell(row, "label"))
        )
    types = _types(store)
    for concept in sorted(types):
        degree, name = int(degrees.get(concept, "0")), identifier_of(concept)
        said = labels.get(concept, [("", name)])
        yield _Entry(name, types[concept], degree, _in_order(said))


def _types(store: TripleStore) -> dict[str, EntityType]:
    """Map concepts to their types; classes that are not ours say nothing here."""
    return {
        cell(row, "concept"): TYPE_OF_IRI[cell(row, "type")]
        for row in read_rows(store, "types", {})
        if cell(row, "type") in TYPE_OF_IRI
    }


def _in_order(labels: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Put the preferred label first, then the rest by alphabet."""
    ordered = sorted(labels, key=lambda said: (not said[0].endswith("prefLabel"), said[1]))
    return tuple(label for _, label in ordered)


def _pairs(store: TripleStore, query: str, name: str) -> dict[str, str]:
    return {cell(row, "concept"): cell(row, name) for row in read_rows(store, query, {})}
