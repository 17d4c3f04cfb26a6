"""All relations of a snapshot in memory, best supported first: what lists are read from.

A list by papers, or counts by kind, look at every assertion. In SPARQL that costs a look-up a
property, nine an assertion; read a property at a time, in the order of the index, it is done once
a snapshot in a twentieth of the time. A server's graph changes under us and is asked each time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from threading import Lock
from typing import TypeVar

from pyoxigraph import NamedNode

from app.explorer.queries.concepts import End, short_id, type_name
from app.graph_access import graph_version, open_graph
from app.settings import load_settings
from kg.graph import vocabulary as v
from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.stores import TripleStore
from kg.stores.address import is_server
from ontology.namespaces import GUTBRAIN, PREDICATE_OF_IRI
from ontology.schema import Predicate

ASSERTION = GUTBRAIN + "assertion/"
_READING = Lock()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One assertion in a list; ``id`` is its hash."""

    id: str
    subject: End
    predicate: str
    object: End
    papers: int
    belief: float
    first: int | None
    last: int | None
    against: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class RelationTable:
    """The relations of one snapshot; ``by_subject`` and ``by_object`` have the same, by CURIE.

    A table equals itself only, so that what was counted of it can be kept.
    """

    rows: tuple[RelationRow, ...]
    by_subject: Mapping[str, tuple[RelationRow, ...]]
    by_object: Mapping[str, tuple[RelationRow, ...]]


def current_table() -> RelationTable | None:
    """The table of the current snapshot, None where a server has the graph."""
    version = graph_version(load_settings())
    if not version or is_server(version):
        return None
    with _READING:
        return _table(version)


@lru_cache(maxsize=2)
def _table(version: str) -> RelationTable:
    return read_table(open_graph(version, None))


def read_table(store: TripleStore) -> RelationTable:
    """Read all relations of a graph, in the order of ``view_relations.rq``."""
    rows = sorted(_rows(store), key=lambda row: (-row.papers, -row.belief, row.id[2:]))
    subjects: dict[str, list[RelationRow]] = {}
    objects: dict[str, list[RelationRow]] = {}
    for row in rows:
        subjects.setdefault(row.subject.id, []).append(row)
        objects.setdefault(row.object.id, []).append(row)
    return RelationTable(tuple(rows), _frozen(subjects), _frozen(objects))


def _frozen(rows: Mapping[str, list[RelationRow]]) -> dict[str, tuple[RelationRow, ...]]:
    return {concept: tuple(listed) for concept, listed in rows.items()}


def _rows(store: TripleStore) -> Iterator[RelationRow]:
    """Read the assertions that have all a list shows; of a concept of two types, each once."""
    ends = _ends(store)
    beliefs = tuple(_column(store, v.BELIEF))
    places = {iri: place for place, (iri, _) in enumerate(beliefs)}
    subjects, objects = (_filled(store, term, places, ends.get) for term in (v.SUBJECT, v.OBJECT))
    predicates = _filled(store, v.PREDICATE, places, predicate_name)
    papers, first, last, against = (
        _filled(store, term, places, int)
        for term in (v.PAPER_COUNT, v.FIRST_YEAR, v.LAST_YEAR, v.OPPOSING_PAPER_COUNT)
    )
    columns = zip(subjects, predicates, objects, papers, first, last, against, strict=True)
    for (iri, belief), (s, predicate, o, said, since, until, denied) in zip(
        beliefs, columns, strict=True
    ):
        if predicate is None or said is None:
            continue
        name, sure = iri.removeprefix(ASSERTION), float(belief)
        for subject, object_ in product(s or (), o or ()):
            yield RelationRow(
                name, subject, predicate, object_, said, sure, since, until, denied or 0
            )


def _column(store: TripleStore, term: NamedNode) -> Iterator[tuple[str, str]]:
    """Read one property of all nodes that have it: IRI and value."""
    rows = read_rows(store, "column", {"property": (term,)})
    return ((cell(row, "node"), cell(row, "value")) for row in rows)


def _filled(
    store: TripleStore, term: NamedNode, places: Mapping[str, int], read: Callable[[str], T | None]
) -> list[T | None]:
    """Put what a property says of some nodes in their places; each value is read once."""
    column: list[T | None] = [None] * len(places)
    known: dict[str, T | None] = {}
    for iri, value in _column(store, term):
        place = places.get(iri)
        if place is not None:
            if value not in known:
                known[value] = read(value)
            column[place] = known[value]
    return column


def _ends(store: TripleStore) -> dict[str, list[End]]:
    names = dict(_column(store, v.PREF_LABEL))
    ends: dict[str, list[End]] = {}
    for row in read_rows(store, "types", {}):
        concept = cell(row, "concept")
        if concept in names:
            end = End(short_id(concept), names[concept], type_name(cell(row, "type")))
            ends.setdefault(concept, []).append(end)
    return ends


@lru_cache(maxsize=100)
def predicate_name(iri: str) -> str:
    """The label of a predicate: the schema's, or the end of its IRI."""
    known: Predicate | None = PREDICATE_OF_IRI.get(iri)
    return str(known) if known else iri.rpartition("#")[2].rpartition("/")[2]
