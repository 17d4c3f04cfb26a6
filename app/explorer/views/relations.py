"""All relations, by filters that tell beforehand how many they leave."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from app.explorer import markup as h
from app.explorer.downloads import as_csv
from app.explorer.views import page_parts as page
from kg.assertion import Assertion, Edge
from kg.exports.csv_table import ASSERTION_COLUMNS, assertion_cells
from kg.graph.catalogue import read_integer, read_iri
from kg.identifiers import identifier_of
from kg.snapshots.read_model import FacetName, ReadModel, RelationFilter

EXPORTED_AT_ONCE = 5_000
COLUMNS = (
    *h.words("Subject", "Predicate", "Object"),
    *h.figures("Papers", "Against", "Belief", "Years"),
)
FACETS: tuple[tuple[str, FacetName], ...] = (
    ("Subject type", "subject_type"),
    ("Predicate", "predicate"),
    ("Object type", "object_type"),
)
BOUNDS = (
    ("At least papers", "papers", "1"),
    ("Belief of at least %", "belief", "0"),
    ("Last reported since", "latest", "year"),
    ("First reported until", "first", "year"),
)
ENDS = ("subject", "object")


@page.view
def show(source: page.Source) -> None:
    """Show the relations that the URL's filters leave."""
    page.title(
        "Relations", "Each is one claim about two concepts; papers say it, or speak against it."
    )
    chosen = read_filter(st.query_params.to_dict())
    show_filters(source.lists, chosen)
    show_list(source.lists, chosen)


def read_filter(given: Mapping[str, str]) -> RelationFilter:
    """Read a filter from a URL, which has the names of its fields; raises QuestionError."""
    ends = {n: identifier_of(read_iri(n, given[n]).value) for n in ENDS if given.get(n)}
    kinds = {name: given.get(name, "") for _, name in FACETS}
    papers, belief, latest, first = (
        read_integer(label, given.get(name) or "0") for label, name, _ in BOUNDS
    )
    return RelationFilter(**ends, **kinds, papers=papers, belief=belief, latest=latest, first=first)


def show_filters(lists: ReadModel, chosen: RelationFilter) -> None:
    """Show the filters; each count is the length of the list that the choice opens."""
    for label, name in page.side_by_side(FACETS):
        page.choice(label, name, lists.facet(chosen, name))
    narrow = {*ENDS, *(name for _, name, _ in BOUNDS)} & chosen.values().keys()
    with st.expander("More filters", expanded=bool(narrow)):
        for label, name, placeholder in page.side_by_side(BOUNDS):
            page.entry(label, name, placeholder)
        for name in page.side_by_side(ENDS):
            page.entry(f"{name.capitalize()} is", name, "an identifier, such as NCBITaxon:853")


def show_list(lists: ReadModel, chosen: RelationFilter) -> None:
    """Show one page of the list, and offer all of it as a file."""
    total = lists.count(chosen)
    if not total:
        page.show_html(
            h.empty("No relation passes these filters.", h.link("Show all", "/relations"))
        )
        return
    start = page.first_shown(total)
    st.caption(page.shown_range(start, total, "relation") + ", best supported first")
    edges = lists.relations(chosen, page.PAGE_SIZE, start)
    page.show_html(h.table(COLUMNS, map(_row, edges)))
    page.pager(total)
    content = partial(exported, lists, chosen)
    page.downloads([(f"Download all {total:,} as CSV", content, "relations.csv", "text/csv")])


def exported(lists: ReadModel, chosen: RelationFilter) -> bytes:
    """The whole list as CSV, as filtered."""
    starts = range(0, lists.count(chosen), EXPORTED_AT_ONCE)
    edges = (edge for at in starts for edge in lists.relations(chosen, EXPORTED_AT_ONCE, at))
    return as_csv(ASSERTION_COLUMNS, map(assertion_cells, edges))


def _row(edge: Edge) -> tuple[h.Html, ...]:
    evidence, stated = h.address("evidence", id=edge.id), edge.assertion
    return (
        h.entity(edge.subject),
        h.link(edge.predicate, evidence),
        h.entity(edge.object),
        h.link(f"{stated.paper_count:,}", evidence),
        opposition(edge),
        h.meter(stated.belief),
        years(stated),
    )


def opposition(edge: Edge) -> h.Html:
    """Say how many papers deny a relation, linked to what they say."""
    against = edge.assertion.opposing_paper_count
    if not against:
        return h.text("–")
    return h.link(f"{against:,}", h.address("evidence", id=edge.id, says="against"))


def years(stated: Assertion) -> h.Html:
    """Say from when to when."""
    first, last = stated.first_year, stated.last_year
    return h.text("–" if first is None else str(first) if first == last else f"{first}–{last}")
