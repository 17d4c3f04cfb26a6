"""Make the read model of a graph in one walk over its store, a property at a time.

Joining properties in SPARQL costs a look-up each; as columns, in the order of the store's index,
they are read twenty times as fast. The columns wait in temporary tables of SQLite, by a 64-bit hash
of each IRI, so that memory does not grow with the graph; SQL joins, counts and sorts them.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from ingest.sqlite_file import cause
from kg.graph import vocabulary as v
from kg.graph.rdf import cell
from kg.graph.reading_back import Values, graph_counts, read_rows, reading_text
from kg.identifiers import digest, identifier_of, local_id
from kg.snapshots.read_model import (
    COUNTED_BY,
    SCHEMA,
    SQL,
    VERSION,
    ReadModel,
    ReadModelError,
    folded,
    indexed_words,
)
from kg.stores import Row, TripleStore
from kg.stores.answers import TruncatedError
from kg.stores.querying import rows_after
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI

FILL = (SQL / "read_model_fill.sql").read_text(encoding="utf-8")
Cell = str | int | float | None
_LEAST = "ON CONFLICT DO UPDATE SET value = min(value, excluded.value)"
_FUNCTIONS: dict[str, Callable[[str], str | None]] = {
    "identifier_of": identifier_of,
    "type_of": TYPE_OF_IRI.get,
    "folded": folded,
    "indexed_words": indexed_words,
}
"""What the statements of ``FILL`` call."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A temporary table of (node, value); ``row`` makes one of a node's IRI and a value's text."""

    terms: tuple[NamedNode, ...]
    row: Callable[[str, str], tuple[int, Cell]]
    has_many: bool = False


def _read_by(read: Callable[[str], Cell]) -> Callable[[str, str], tuple[int, Cell]]:
    return lambda node, value: (hash(node), read(value))


def _id(node: str, _value: str) -> tuple[int, Cell]:
    return hash(node), local_id(node)


def _inverse(node: str, value: str) -> tuple[int, Cell]:
    return hash(value), hash(node)


def _is_true(value: str) -> bool:
    return value == v.TRUE.value


_COUNTS = {
    "evidence": v.EVIDENCE_COUNT,
    "opposing_papers": v.OPPOSING_PAPER_COUNT,
    "opposing_evidence": v.OPPOSING_EVIDENCE_COUNT,
    **{COUNTED_BY[polarity]: term for polarity, term in v.POLARITY_COUNTS.items()},
    **{COUNTED_BY[kind]: term for kind, term in v.STUDY_COUNTS.items()},
}
"""Columns of ``relation`` whose property is left out where it is 0 or unknown."""

_COLUMNS = {
    "name": _Column((v.PREF_LABEL,), _read_by(str)),
    "synonym": _Column((v.ALT_LABEL,), _read_by(str), has_many=True),
    "mapping": _Column((v.CLOSE_MATCH, v.EXACT_MATCH), _read_by(identifier_of), has_many=True),
    "is_provisional": _Column((v.IS_PROVISIONAL,), _read_by(_is_true)),
    "assertion": _Column((v.BELIEF,), _id),
    "subject": _Column((v.SUBJECT,), _read_by(hash)),
    "predicate": _Column((v.PREDICATE,), _read_by(PREDICATE_OF_IRI.get)),
    "object": _Column((v.OBJECT,), _read_by(hash)),
    "papers": _Column((v.PAPER_COUNT,), _read_by(int)),
    "belief": _Column((v.BELIEF,), _read_by(float)),
    "disbelief": _Column((v.DISBELIEF,), _read_by(float)),
    "is_believed": _Column((v.IS_BELIEVED,), _read_by(_is_true)),
    **{name: _Column((term,), _read_by(int)) for name, term in _COUNTS.items()},
    "year_count": _Column((v.OF_ASSERTION,), _inverse, has_many=True),
    "said": _Column((v.SUPPORTS, v.OPPOSES), _inverse, has_many=True),
    "article": _Column((v.ARTICLE,), _read_by(hash)),
    "pmid": _Column((v.PMID,), _read_by(str)),
    "year": _Column((v.YEAR,), _read_by(int)),
    "is_retracted": _Column((v.IS_RETRACTED,), _read_by(_is_true)),
    "run_id": _Column((v.RECOGNIZER,), _id),
    "recognizer": _Column((v.RECOGNIZER,), _read_by(str)),
    "relations": _Column((v.RELATION_METHOD,), _read_by(str)),
    "weights": _Column((v.WEIGHTS_HASH,), _read_by(str)),
    "lexicon": _Column((v.LEXICON_HASH,), _read_by(str)),
}


def make_read_model(store: TripleStore, path: Path, state: str = "") -> None:
    """Make a read model, unless one of that state is there and of our version.

    One process makes it, in a file beside; others wait for it. The folder must be there: that of a
    snapshot which was removed must not come back.
    """
    if _is_there(path, state):
        return
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of when the file is closed
        if _is_there(path, state):
            return
        coming = path.with_name(f".{path.name}.new")
        coming.unlink(missing_ok=True)
        build_read_model(store, coming, state)
        coming.replace(path)


def _is_there(path: Path, state: str) -> bool:
    try:
        return ReadModel.open(path).state == state
    except ReadModelError:
        return False


def server_state(store: TripleStore) -> str:
    """Tell whether a graph has changed: another text means another graph.

    Counts, runs and the sum of beliefs are asked for: a walk over articles and assertions, never
    over evidence.
    """
    rows = (" ".join(map(str, row.values())) for row in read_rows(store, "traces", {}))
    return digest(repr(graph_counts(store)), *sorted(rows))


def build_read_model(store: TripleStore, path: Path, state: str = "") -> None:
    """Write the read model of a graph to a new file, on disk when this returns.

    Raises ReadModelError where it cannot be written.
    """
    try:
        _build(store, path, state)
    except sqlite3.Error as error:
        raise ReadModelError(f"{path}: {cause(error)}") from error


def _build(store: TripleStore, path: Path, state: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        # nobody reads the file before it is whole: a step that breaks off needs no way back
        base.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
        for name, function in _FUNCTIONS.items():
            base.create_function(name, 1, function, deterministic=True)
        base.executescript(SCHEMA)
        base.execute("CREATE TEMP TABLE given AS SELECT ? AS version, ? AS state", (VERSION, state))
        base.execute("BEGIN")
        _stage_kinds(base, store)
        for name, column in _COLUMNS.items():
            _stage(base, store, name, column)
        base.execute("COMMIT")
        base.executescript(FILL)
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _rows(store: TripleStore, query: str, values: Values) -> Iterator[Row]:
    """Ask one query of ``queries/reading``; where a server cuts the answer, go on from there.

    What is asked here comes from one index, in the same order each time.
    """
    text, count, is_cut = reading_text(query, values), 0, True
    while is_cut:
        is_cut = False
        try:
            for row in store.select(rows_after(text, count) if count else text):
                yield row
                count += 1
        except TruncatedError:
            is_cut = True


def _stage_kinds(base: sqlite3.Connection, store: TripleStore) -> None:
    """Set down the concepts of our types; of two types the first by IRI, as in the exports."""
    base.execute("CREATE TEMP TABLE kind (node INTEGER PRIMARY KEY, iri TEXT, value TEXT)")
    found = ((cell(row, "concept"), cell(row, "type")) for row in _rows(store, "types", {}))
    rows = ((hash(iri), iri, kind) for iri, kind in found if kind in TYPE_OF_IRI)
    base.executemany(f"INSERT INTO kind VALUES (?, ?, ?) {_LEAST}", rows)  # noqa: S608


def _stage(base: sqlite3.Connection, store: TripleStore, name: str, column: _Column) -> None:
    end = ", PRIMARY KEY (node, value)) WITHOUT ROWID" if column.has_many else ")"
    key = "INTEGER" if column.has_many else "INTEGER PRIMARY KEY"
    base.execute(f"CREATE TEMP TABLE {name} (node {key}, value{end}")
    rows = (
        column.row(cell(row, "node"), cell(row, "value"))
        for term in column.terms
        for row in _rows(store, "column", {"property": (term,)})
    )
    conflict = "ON CONFLICT DO NOTHING" if column.has_many else _LEAST
    base.executemany(f"INSERT INTO {name} VALUES (?, ?) {conflict}", rows)  # noqa: S608
