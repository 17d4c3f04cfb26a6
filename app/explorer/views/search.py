"""Home: what the graph holds, and the way to a concept by any of its names."""

from collections.abc import Mapping

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

EXAMPLES = ("butyrate", "Parkinson's disease", "Lactobacillus", "depression", "serotonin")
COLUMNS = (*words("Concept", "Found by the name"), *figures("Relations"))


@page.view
def show(source: page.Source) -> None:
    """Show the search page, in the state its URL says."""
    page.title(
        "gutbrain", "What PubMed abstracts say of the gut and the brain, sentence by sentence."
    )
    wanted = page.parameter("q")
    counts = source.lists.types_found(wanted) if wanted else source.lists.type_counts()
    name, kind = st.columns([3, 1])
    with name:
        page.entry("Find a concept", "q", "a name, a synonym or an identifier")
    if not wanted:
        show_overview(source.lists.totals(), counts)
        return
    with kind:
        page.choice("Type", "type", counts)
    show_found(source.lists, wanted, counts)


def show_found(lists: ReadModel, wanted: str, counts: Mapping[str, int]) -> None:
    """List one page of the concepts that the search finds, best first; ``counts`` are by type."""
    kind = page.parameter("type")
    total = counts.get(kind, 0) if kind else sum(counts.values())
    if not total:
        page.show_html(empty(f"No concept is called “{wanted}”.", _advice()))
        return
    start = page.first_shown(total)
    found = lists.search(wanted, EntityType(kind) if kind else None, page.PAGE_SIZE, start)
    st.caption(page.shown_range(start, total, "concept"))
    page.show_html(table(COLUMNS, map(_found_row, found)))
    page.pager(total)


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
