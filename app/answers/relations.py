"""Lists of relations, their filters, and how many each filter would leave."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from app.answers.concepts import End, end_of, type_name
from app.graph_access import Row, ask
from kg.catalogue import QuestionError
from ontology.namespaces import GUTBRAIN, PREDICATE_OF_IRI, TYPE_OF_IRI
from ontology.schema import Predicate

ASSERTION = GUTBRAIN + "assertion/"
EXPORT_PAGE = 5_000
PREDICATE_IRIS = {str(predicate): iri for iri, predicate in PREDICATE_OF_IRI.items()}
TYPE_IRIS = {str(entity_type): iri for iri, entity_type in TYPE_OF_IRI.items()}
PAGE_SIZE = 50


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


@dataclass(frozen=True, slots=True)
class Kind:
    """How many relations there are of one kind."""

    subject_type: str
    predicate: str
    object_type: str
    relations: int


def read_filter(parameters: Mapping[str, str]) -> Filter:
    """Read a filter from a URL; what no filter is called so is passed over."""
    names = {field.name for field in fields(Filter)}
    return Filter(**{name: value for name, value in parameters.items() if name in names})


def relation_page(chosen: Filter, page: int, size: int = PAGE_SIZE) -> tuple[RelationRow, ...]:
    """Read one page of a list, pages counted from 1."""
    arguments = {"limit": str(size), "offset": str((page - 1) * size)}
    return tuple(_relation(row) for row in ask("relations", **_arguments(chosen), **arguments))


def all_relations(chosen: Filter, total: int) -> Iterator[RelationRow]:
    """Read a whole list, a large page at a time."""
    for page in range(1, -(-total // EXPORT_PAGE) + 1):
        yield from relation_page(chosen, page, EXPORT_PAGE)


def relation_kinds(chosen: Filter) -> tuple[Kind, ...]:
    """Count what passes all but the filters by type and predicate, a kind a row."""
    open_filter = replace(chosen, subject_type="", predicate="", object_type="")
    return tuple(_kind(row) for row in ask("relation_kinds", **_arguments(open_filter)))


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


def predicate_name(iri: str) -> str:
    """The label of a predicate: the schema's, or the end of its IRI."""
    known: Predicate | None = PREDICATE_OF_IRI.get(iri)
    return str(known) if known else iri.rpartition("#")[2].rpartition("/")[2]


def year(row: Row, name: str) -> int | None:
    """Read a year that may be missing."""
    value = row.get(name)
    return value if isinstance(value, int) else None
