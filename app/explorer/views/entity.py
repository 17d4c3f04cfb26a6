"""One concept: its names, what is said of it, and when."""

from collections.abc import Iterator

import streamlit as st

from app.explorer.markup import (
    Column,
    Html,
    address,
    chips,
    element,
    empty,
    entity,
    join,
    link,
    meter,
    quiet,
    table,
    text,
    type_badge,
)
from app.explorer.queries.concepts import ConceptPage, End, papers_a_year, read_concept
from app.explorer.queries.relation_table import RelationRow
from app.explorer.queries.relations import Filter, count, facet, relation_kinds, relation_page
from app.explorer.views.charts import neighbourhood, papers_chart
from app.explorer.views.page_parts import counted, parameter, show_html, title, view
from app.explorer.views.relations import opposition, years
from ontology.namespaces import CurieError, to_iri

READ = 100
SHOWN_EACH = 6
COLUMNS = (
    Column("Concept"),
    Column("Papers", is_number=True),
    Column("Against", is_number=True),
    Column("Belief", is_number=True),
    Column("Years", is_number=True),
)


@view
def show() -> None:
    """Show the concept that the URL names."""
    concept = read_concept(parameter("id")) if parameter("id") else None
    if concept is None:
        title("Concept")
        shown = parameter("id") or "without a name"
        show_html(empty(f"The graph has no concept {shown}.", link("Search for one", "/")))
        return
    title(concept.name)
    show_names(concept)
    show_relations(concept)


def show_names(concept: ConceptPage) -> None:
    """Show type, identifiers and synonyms."""
    known = (() if concept.is_provisional else (concept.id,)) + concept.matches
    lines = [join((type_badge(concept.type), *(link(name, outward(name)) for name in known)), "  ")]
    if concept.is_provisional:
        lines.append(quiet("Provisional: no vocabulary of ours has this name."))
    if concept.synonyms:
        lines.append(chips(text(synonym) for synonym in concept.synonyms))
    show_html(*(element("p", line) for line in lines))


def outward(identifier: str) -> str:
    """Where the world keeps an identifier, empty where that is not known."""
    try:
        return identifier if identifier.startswith("http") else to_iri(identifier)
    except CurieError:
        return ""


def show_relations(concept: ConceptPage) -> None:
    """Show what is said of the concept in both directions, then the pictures."""
    said, received = Filter(subject=concept.id), Filter(object=concept.id)
    if not _total(said) + _total(received):
        show_html(
            empty("No relation of this concept was found.", link("All relations", "/relations"))
        )
        return
    for column, heading, chosen in zip(
        st.columns(2), ("As subject", "As object"), (said, received), strict=True
    ):
        with column:
            show_direction(heading, chosen)
    show_pictures(concept, (*relation_page(said, 1, READ), *relation_page(received, 1, READ)))


def _total(chosen: Filter) -> int:
    return count(relation_kinds(chosen), chosen)


def show_direction(heading: str, chosen: Filter) -> None:
    """Show the relations of one direction, a table a predicate."""
    kinds = relation_kinds(chosen)
    show_html(element("h2", text(f"{heading}: {counted(count(kinds, chosen), 'relation')}")))
    rows = relation_page(chosen, 1, READ)
    for predicate, relations in facet(kinds, chosen, "predicate").most_common():
        url = address("relations", **chosen.parameters(), predicate=predicate)
        best = [row for row in rows if row.predicate == predicate][:SHOWN_EACH]
        heading_line = element(
            "p", element("b", text(predicate)), text(" "), link(counted(relations, "relation"), url)
        )
        show_html(heading_line, table(COLUMNS, _table_rows(best, chosen)))


def _table_rows(rows: list[RelationRow], chosen: Filter) -> Iterator[tuple[Html, ...]]:
    for row in rows:
        evidence = address("evidence", id=row.id)
        other = row.object if chosen.subject else row.subject
        papers = link(f"{row.papers:,}", evidence)
        years_told = years(row.first, row.last)
        yield entity(other), papers, opposition(row), meter(row.belief), years_told


def show_pictures(concept: ConceptPage, rows: tuple[RelationRow, ...]) -> None:
    """Draw papers a year and the neighbourhood."""
    by_year = papers_a_year(concept.id)
    if by_year:
        st.subheader("Papers a year", anchor=False)
        papers_chart(by_year)
    st.subheader("Neighbourhood", anchor=False)
    st.caption("The best supported relations; colours are the types, thicker lines more papers.")
    best = sorted(rows, key=lambda row: (-row.papers, -row.belief))
    neighbourhood(End(concept.id, concept.name, concept.type), best)
