"""Home: what the graph holds, and the way to a concept by any of its names."""

import streamlit as st

from app.explorer.markup import (
    Html,
    address,
    element,
    empty,
    entity,
    figures,
    link,
    numbers,
    quiet,
    table,
    text,
    type_bars,
    words,
)
from app.explorer.views import page_parts as page
from kg.snapshots.read_model import Hit, ReadModel, Totals
from ontology.schema import EntityType

MAX_FOUND = 50
EXAMPLES = ("butyrate", "Parkinson's disease", "Lactobacillus", "depression", "serotonin")
COLUMNS = (*words("Concept", "Found by the name"), *figures("Relations"))


@page.view
def show(source: page.Source) -> None:
    """Show the search page, in the state its URL says."""
    page.title(
        "gutbrain", "What PubMed abstracts say of the gut and the brain, sentence by sentence."
    )
    lists = source.lists
    counts = lists.type_counts()
    name, kind = st.columns([3, 1])
    with name:
        page.entry("Find a concept", "q", "a name, a synonym or an identifier")
    with kind:
        page.choice("Type", "type", counts)
    show_found(lists) if page.parameter("q") else show_overview(lists.totals(), counts)


def show_found(lists: ReadModel) -> None:
    """List the concepts that the search finds, best first."""
    wanted, kind = page.parameter("q"), page.parameter("type")
    known = kind in {"", *EntityType}
    found = lists.search(wanted, EntityType(kind) if kind else None, MAX_FOUND) if known else []
    if not found:
        page.show_html(empty(f"No concept is called “{wanted}”.", _advice()))
        return
    more = "The first " if len(found) >= MAX_FOUND else ""
    st.caption(f"{more}{page.counted(len(found), 'concept')}")
    page.show_html(table(COLUMNS, map(_found_row, found)))


def _found_row(hit: Hit) -> tuple[Html, Html, Html]:
    concept = hit.concept
    named = text(hit.matched) if hit.matched != concept.name else quiet("its own")
    relations = link(f"{hit.relations:,}", address("entity", id=concept.curie))
    return Html(f"{entity(concept)}<br>{quiet(concept.curie)}"), named, relations


def _advice() -> Html:
    if page.parameter("type"):
        return link("Search all types", address("", q=page.parameter("q")))
    return text("Try a shorter form, or a synonym.")


def show_overview(held: Totals, counts: dict[str, int]) -> None:
    """Show the graph in numbers, each number with a way in."""
    page.show_html(
        numbers(
            ("concepts", text(f"{held.concepts:,}")),
            ("relations", link(f"{held.relations:,}", "/relations")),
            ("evidence sentences", text(f"{held.evidence:,}")),
            ("papers", text(f"{held.articles:,}")),
            ("latest paper", text(str(held.last_year or "–"))),
        ),
        element("p", quiet("Try "), _examples()),
    )
    st.subheader("Concepts by type", anchor=False)
    page.show_html(type_bars(counts))


def _examples() -> Html:
    return Html(", ".join(link(name, address("", q=name)) for name in EXAMPLES))
