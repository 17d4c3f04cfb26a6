"""Lists of relations, their filters, and how many each filter would leave."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice

from app.explorer.queries.concepts import end_of, short_id, type_name
from app.explorer.queries.relation_table import (
    ASSERTION,
    RelationRow,
    RelationTable,
    current_table,
    predicate_name,
)
from app.graph_access import Row, ask
from kg.graph.catalogue import QuestionError, read_integer, read_iri
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI

EXPORT_PAGE = 5_000
PREDICATE_IRIS = {str(predicate): iri for iri, predicate in PREDICATE_OF_IRI.items()}
TYPE_IRIS = {str(entity_type): iri for iri, entity_type in TYPE_OF_IRI.items()}
PAGE_SIZE = 50
NO_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Filter:
    """Which relations are wanted; an empty field leaves open. The fields are the URL's names.

    ``latest`` keeps what was reported in that year or later, ``first`` what was first reported in
    that year or earlier; ``belief`` is in percent.
    """

    subject: str = ""
    subject_type: str = ""
    predicate: str = ""
    object: str = ""
    object_type: str = ""
    papers: str = ""
    belief: str = ""
    latest: str = ""
    first: str = ""

    def parameters(self) -> dict[str, str]:
        """The fields that are set, as they stand in a URL."""
        values = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Kind:
    """How many relations there are of one kind."""

    subject_type: str
    predicate: str
    object_type: str
    relations: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A filter, read: concepts as ``short_id`` names them, bounds as numbers; empty leaves open."""

    subject: str
    object: str
    subject_type: str
    predicate: str
    object_type: str
    papers: int
    belief: int
    latest: int
    first: int

    def passes(self, row: RelationRow) -> bool:
        """Say whether a relation is wanted."""
        return (
            row.papers >= self.papers
            and row.belief * 100 >= self.belief
            and (row.last or 0) >= self.latest
            and (row.first or NO_YEAR) <= self.first
            and self.subject in {"", row.subject.id}
            and self.object in {"", row.object.id}
            and self.subject_type in {"", row.subject.type}
            and self.predicate in {"", row.predicate}
            and self.object_type in {"", row.object.type}
        )


def read_filter(parameters: Mapping[str, str]) -> Filter:
    """Read a filter from a URL; what no filter is called so is passed over."""
    names = {field.name for field in fields(Filter)}
    return Filter(**{name: value for name, value in parameters.items() if name in names})


def relation_page(chosen: Filter, page: int, size: int = PAGE_SIZE) -> tuple[RelationRow, ...]:
    """Read one page of a list, pages counted from 1."""
    since, table = (page - 1) * size, current_table()
    if table is not None:
        return tuple(islice(listed(table, chosen), since, since + size))
    arguments = {"limit": str(size), "offset": str(since)}
    return tuple(_relation(row) for row in ask("relations", **_arguments(chosen), **arguments))


def all_relations(chosen: Filter, total: int) -> Iterator[RelationRow]:
    """Read a whole list, a large page at a time."""
    for page in range(1, -(-total // EXPORT_PAGE) + 1):
        yield from relation_page(chosen, page, EXPORT_PAGE)


def relation_kinds(chosen: Filter) -> tuple[Kind, ...]:
    """Count what passes all but the filters by type and predicate, a kind a row."""
    open_filter = replace(chosen, subject_type="", predicate="", object_type="")
    table = current_table()
    if table is not None:
        return _kept_counts(table, open_filter)
    return tuple(_kind(row) for row in ask("relation_kinds", **_arguments(open_filter)))


@lru_cache(maxsize=32)
def _kept_counts(table: RelationTable, chosen: Filter) -> tuple[Kind, ...]:
    return count_kinds(table, chosen)


def count_kinds(table: RelationTable, chosen: Filter) -> tuple[Kind, ...]:
    """Count what passes a filter by type and predicate."""
    rows = listed(table, chosen)
    kinds = Counter((row.subject.type, row.predicate, row.object.type) for row in rows)
    return tuple(Kind(*kind, relations) for kind, relations in sorted(kinds.items()))


def listed(table: RelationTable, chosen: Filter) -> Iterator[RelationRow]:
    """Walk over the relations of a table that pass a filter; raises QuestionError."""
    wanted = _read(chosen)
    rows = table.rows
    if wanted.subject:
        rows = table.by_subject.get(wanted.subject, ())
    elif wanted.object:
        rows = table.by_object.get(wanted.object, ())
    return filter(wanted.passes, rows)


def _read(chosen: Filter) -> _Wanted:
    _arguments(chosen)  # refuses what is no type and no predicate
    return _Wanted(
        _concept("subject", chosen.subject),
        _concept("object", chosen.object),
        chosen.subject_type,
        chosen.predicate,
        chosen.object_type,
        papers=read_integer("minPapers", chosen.papers or "0"),
        belief=read_integer("minBelief", chosen.belief or "0"),
        latest=read_integer("lastFrom", chosen.latest or "0"),
        first=read_integer("firstUntil", chosen.first or str(NO_YEAR)),
    )


def _concept(name: str, identifier: str) -> str:
    return short_id(read_iri(name, identifier).value) if identifier else ""


def count(kinds: tuple[Kind, ...], chosen: Filter) -> int:
    """The length of the list that a filter leaves."""
    return sum(kind.relations for kind in kinds if _passes(kind, chosen, without=""))


def facet(kinds: tuple[Kind, ...], chosen: Filter, name: str) -> Counter[str]:
    """Count, for each value of one field, the list that choosing it would open."""
    counts: Counter[str] = Counter()
    for kind in kinds:
        if _passes(kind, chosen, without=name):
            counts[str(getattr(kind, name))] += kind.relations
    return counts


def _passes(kind: Kind, chosen: Filter, without: str) -> bool:
    return all(
        name == without or getattr(chosen, name) in {"", getattr(kind, name)}
        for name in ("subject_type", "predicate", "object_type")
    )


def _arguments(chosen: Filter) -> dict[str, str]:
    """Translate a filter into the parameters of the question; raises QuestionError."""
    given = {
        "subject": chosen.subject,
        "object": chosen.object,
        "predicate": _iri(chosen.predicate, PREDICATE_IRIS),
        "subjectType": _iri(chosen.subject_type, TYPE_IRIS),
        "objectType": _iri(chosen.object_type, TYPE_IRIS),
        "minPapers": chosen.papers,
        "minBelief": chosen.belief,
        "lastFrom": chosen.latest,
        "firstUntil": chosen.first,
    }
    return {name: value for name, value in given.items() if value}


def _iri(label: str, known: Mapping[str, str]) -> str:
    if label and label not in known:
        raise QuestionError(f"Nothing is called {label!r}")
    return known[label] if label else ""


def _relation(row: Row) -> RelationRow:
    return RelationRow(
        str(row["assertion"]).removeprefix(ASSERTION),
        end_of(row, "subject"),
        predicate_name(str(row["predicate"])),
        end_of(row, "object"),
        int(str(row["papers"])),
        float(str(row["belief"])),
        year(row, "first"),
        year(row, "last"),
        against=int(str(row.get("against") or 0)),
    )


def _kind(row: Row) -> Kind:
    return Kind(
        type_name(str(row["subjectType"])),
        predicate_name(str(row["predicate"])),
        type_name(str(row["objectType"])),
        int(str(row["relations"])),
    )


def year(row: Row, name: str) -> int | None:
    """Read a year that may be missing."""
    value = row.get(name)
    return value if isinstance(value, int) else None
