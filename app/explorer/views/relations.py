"""All relations, by filters that tell beforehand how many they leave."""

from functools import partial

import streamlit as st

from app.explorer.downloads import RELATION_COLUMNS, as_csv, relation_cells
from app.explorer.markup import Column, Html, address, empty, entity, link, meter, table, text
from app.explorer.queries.relation_table import RelationRow
from app.explorer.queries.relations import (
    PAGE_SIZE,
    Filter,
    Kind,
    all_relations,
    count,
    facet,
    read_filter,
    relation_kinds,
    relation_page,
)
from app.explorer.views.page_parts import (
    choice,
    downloads,
    entry,
    page_of,
    pager,
    range_told,
    show_html,
    title,
    view,
)

COLUMNS = (
    Column("Subject"),
    Column("Predicate"),
    Column("Object"),
    Column("Papers", is_number=True),
    Column("Against", is_number=True),
    Column("Belief", is_number=True),
    Column("Years", is_number=True),
)
_FACETS = (
    ("Subject type", "subject_type"),
    ("Predicate", "predicate"),
    ("Object type", "object_type"),
)
_BOUNDS = (
    ("At least papers", "papers", "1"),
    ("Belief of at least %", "belief", "0"),
    ("Last reported since", "latest", "year"),
    ("First reported until", "first", "year"),
)


@view
def show() -> None:
    """Show the relations that the URL's filters leave."""
    title("Relations", "Each is one claim about two concepts; papers say it, or speak against it.")
    chosen = read_filter(st.query_params.to_dict())
    kinds = relation_kinds(chosen)
    show_filters(chosen, kinds)
    show_list(chosen, count(kinds, chosen))


def show_filters(chosen: Filter, kinds: tuple[Kind, ...]) -> None:
    """Show the filters; each count is the length of the list that the choice opens."""
    for column, (label, name) in zip(
        st.columns(3),
        (
            ("Subject type", "subject_type"),
            ("Predicate", "predicate"),
            ("Object type", "object_type"),
        ),
        strict=True,
    ):
        with column:
            choice(label, name, facet(kinds, chosen, name))
    narrow = {
        "papers",
        "belief",
        "latest",
        "first",
        "subject",
        "object",
    } & chosen.parameters().keys()
    with st.expander("More filters", expanded=bool(narrow)):
        for column, (label, name, placeholder) in zip(st.columns(4), _BOUNDS, strict=True):
            with column:
                entry(label, name, placeholder)
        for column, name in zip(st.columns(2), ("subject", "object"), strict=True):
            with column:
                entry(f"{name.capitalize()} is", name, "an identifier, such as NCBITaxon:853")


def show_list(chosen: Filter, total: int) -> None:
    """Show one page of the list, and offer all of it as a file."""
    if not total:
        show_html(empty("No relation passes these filters.", link("Show all", "/relations")))
        return
    page = page_of(total, PAGE_SIZE)
    st.caption(range_told(page, PAGE_SIZE, total, "relation") + ", best supported first")
    show_html(table(COLUMNS, [_row(row) for row in relation_page(chosen, page)]))
    pager(total, PAGE_SIZE)
    content = partial(exported, chosen, total)
    downloads([(f"Download all {total:,} as CSV", content, "relations.csv", "text/csv")])


def exported(chosen: Filter, total: int) -> bytes:
    """The whole list as CSV, as filtered."""
    return as_csv(RELATION_COLUMNS, map(relation_cells, all_relations(chosen, total)))


def _row(row: RelationRow) -> tuple[Html, ...]:
    evidence = address("evidence", id=row.id)
    return (
        entity(row.subject),
        link(row.predicate, evidence),
        entity(row.object),
        link(f"{row.papers:,}", evidence),
        opposition(row),
        meter(row.belief),
        years(row.first, row.last),
    )


def opposition(row: RelationRow) -> Html:
    """Say how many papers deny a relation, linked to what they say."""
    if not row.against:
        return text("–")
    return link(f"{row.against:,}", address("evidence", id=row.id, says="against"))


def years(first: int | None, last: int | None) -> Html:
    """Say from when to when."""
    return text("–" if first is None else str(first) if first == last else f"{first}–{last}")
