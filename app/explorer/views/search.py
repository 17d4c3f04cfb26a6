"""Home: what the graph holds, and the way to a concept by any of its names."""

import streamlit as st

from app.explorer.markup import (
    Column,
    Html,
    address,
    element,
    empty,
    entity,
    link,
    numbers,
    quiet,
    table,
    text,
    type_bars,
)
from app.explorer.queries.overview import Totals, totals, type_counts
from app.explorer.queries.search import MAX_FOUND, Found, find
from app.explorer.views.page_parts import (
    choice,
    counted,
    entry,
    parameter,
    show_html,
    title,
    view,
)

EXAMPLES = ("butyrate", "Parkinson's disease", "Lactobacillus", "depression", "serotonin")
COLUMNS = (Column("Concept"), Column("Found by the name"), Column("Relations", is_number=True))


@view
def show() -> None:
    """Show the search page, in the state its URL says."""
    title("gutbrain", "What PubMed abstracts say of the gut and the brain, sentence by sentence.")
    counts = {row.type: row.concepts for row in type_counts()}
    name, kind = st.columns([3, 1])
    with name:
        entry("Find a concept", "q", "a name, a synonym or an identifier")
    with kind:
        choice("Type", "type", counts)
    show_found() if parameter("q") else show_overview(totals(), counts)


def show_found() -> None:
    """List the concepts that the search finds, best first."""
    wanted = parameter("q")
    found = find(wanted, parameter("type"))
    if not found:
        show_html(empty(f"No concept is called “{wanted}”.", _advice()))
        return
    more = "The first " if len(found) >= MAX_FOUND else ""
    st.caption(f"{more}{counted(len(found), 'concept')}")
    show_html(table(COLUMNS, [_found_row(row) for row in found]))


def _found_row(row: Found) -> tuple[Html, Html, Html]:
    concept = entity(row.concept)
    named = text(row.matched) if row.matched != row.concept.name else quiet("its own")
    relations = link(f"{row.relations:,}", address("entity", id=row.concept.id))
    return Html(f"{concept}<br>{quiet(row.concept.id)}"), named, relations


def _advice() -> Html:
    if parameter("type"):
        return link("Search all types", address("", q=parameter("q")))
    return text("Try a shorter form, or a synonym.")


def show_overview(held: Totals, counts: dict[str, int]) -> None:
    """Show the graph in numbers, each number with a way in."""
    show_html(
        numbers(
            (
                ("concepts", text(f"{held.concepts:,}")),
                ("relations", link(f"{held.assertions:,}", "/relations")),
                ("evidence sentences", text(f"{held.evidences:,}")),
                ("papers", text(f"{held.articles:,}")),
                ("latest paper", text(str(held.last_year or "–"))),
            )
        ),
        element("p", quiet("Try "), _examples()),
    )
    st.subheader("Concepts by type", anchor=False)
    show_html(type_bars(counts))


def _examples() -> Html:
    return Html(", ".join(link(name, address("", q=name)) for name in EXAMPLES))
