"""Concepts as the views know them."""

from dataclasses import dataclass

from app.graph_access import Row, ask, label_index
from kg.graph.catalogue import QuestionError, read_iri
from kg.graph.vocabulary import (
    ALT_LABEL,
    CLOSE_MATCH,
    IS_PROVISIONAL,
    PREF_LABEL,
    TYPE,
)
from kg.snapshots.paper_years import read_paper_years
from ontology.namespaces import TYPE_OF_IRI, CurieError, to_curie
from ontology.schema import EntityType


@dataclass(frozen=True, slots=True)
class End:
    """A concept as one end of a relation; ``id`` is its CURIE, or its IRI where it has none."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ConceptPage:
    """All that is said of a concept itself."""

    id: str
    name: str
    type: str
    synonyms: tuple[str, ...]
    matches: tuple[str, ...]
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class YearCount:
    """Papers of one year."""

    year: int
    papers: int


def short_id(iri: str) -> str:
    """The CURIE of an IRI, or the IRI itself where no known namespace fits.

    >>> short_id("http://purl.obolibrary.org/obo/NCBITaxon_853"), short_id("http://e.org/a")
    ('NCBITaxon:853', 'http://e.org/a')
    """
    try:
        return to_curie(iri)
    except CurieError:
        return iri


def type_name(iri: str) -> str:
    """The label of a class: the schema's, or what stands after the last ``#`` or ``/``."""
    known: EntityType | None = TYPE_OF_IRI.get(iri)
    return str(known) if known else iri.rpartition("#")[2].rpartition("/")[2]


def end_of(row: Row, role: str) -> End:
    """Read ``?<role>``, ``?<role>Name`` and ``?<role>Type`` of a row."""
    return End(
        short_id(str(row[role])), str(row[f"{role}Name"]), type_name(str(row[f"{role}Type"]))
    )


def read_concept(identifier: str) -> ConceptPage | None:
    """Read a concept by CURIE or IRI; None where the graph has none of that name."""
    try:
        rows = ask("concept", concept=identifier)
    except QuestionError:
        return None
    values: dict[str, list[str]] = {}
    for row in rows:
        values.setdefault(str(row["property"]), []).append(str(row["value"]))
    names = values.get(PREF_LABEL.value, [])
    return _page(identifier, names[0], values) if names else None


def _page(identifier: str, name: str, values: dict[str, list[str]]) -> ConceptPage:
    types = [TYPE_OF_IRI[iri] for iri in values.get(TYPE.value, ()) if iri in TYPE_OF_IRI]
    return ConceptPage(
        id=short_id(identifier),
        name=name,
        type=str(types[0]) if types else "",
        synonyms=tuple(values.get(ALT_LABEL.value, ())),
        matches=tuple(short_id(iri) for iri in values.get(CLOSE_MATCH.value, ())),
        is_provisional="True" in values.get(IS_PROVISIONAL.value, ()),
    )


def degree(identifier: str) -> int:
    """In how many relations a concept stands."""
    return int(str(ask("concept_degree", concept=identifier)[0]["relations"]))


def papers_a_year(identifier: str) -> tuple[YearCount, ...]:
    """In how many papers a year the concept is related to another; a server is asked."""
    index, iri = label_index(), read_iri("concept", identifier).value
    counted = read_paper_years(index, iri) if index else None
    if counted is None:
        return year_counts(ask("concept_years", concept=identifier))
    return tuple(YearCount(year, papers) for year, papers in counted)


def year_counts(rows: tuple[Row, ...]) -> tuple[YearCount, ...]:
    """Read rows of ``?year`` and ``?papers``."""
    return tuple(YearCount(int(str(row["year"])), int(str(row["papers"]))) for row in rows)
