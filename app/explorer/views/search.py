"""Home: what the graph holds, and the way to a concept by any of its names."""

from collections.abc import Mapping

import streamlit as st

from app.explorer import markup as h
from app.explorer.views import page_parts as page
from kg.snapshots.read_model import Hit, ReadModel, Totals
from ontology.schema import EntityType

EXAMPLES = ("butyrate", "Parkinson's disease", "Lactobacillus", "depression", "serotonin")
COLUMNS = (*h.words("Concept", "Found by the name"), *h.figures("Relations"))


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
        page.show_html(h.empty(f"No concept is called “{wanted}”.", _advice()))
        return
    start = page.first_shown(total)
    found = lists.search(wanted, EntityType(kind) if kind else None, page.PAGE_SIZE, start)
    st.caption(page.shown_range(start, total, "concept"))
    page.show_html(h.table(COLUMNS, map(_found_row, found)))
    page.pager(total)


def _found_row(hit: Hit) -> tuple[h.Html, h.Html, h.Html]:
    concept = hit.concept
    named = h.text(hit.matched) if hit.matched != concept.name else h.quiet("its own")
    relations = h.link(f"{hit.relations:,}", h.address("entity", id=concept.curie))
    return h.Html(f"{h.entity(concept)}<br>{h.quiet(concept.curie)}"), named, relations


def _advice() -> h.Html:
    if page.parameter("type"):
        return h.link("Search all types", h.address("", q=page.parameter("q")))
    return h.text("Try a shorter form, or a synonym.")


def show_overview(held: Totals, counts: dict[str, int]) -> None:
    """Show the graph in numbers, each number with a way in."""
    page.show_html(
        h.numbers(
            ("concepts", h.text(f"{held.concepts:,}")),
            ("relations", h.link(f"{held.relations:,}", "/relations")),
            ("evidence sentences", h.text(f"{held.evidence:,}")),
            ("papers", h.text(f"{held.articles:,}")),
            ("latest paper", h.text(str(held.last_year or "–"))),
        ),
        h.element("p", h.quiet("Try "), _examples()),
    )
    st.subheader("Concepts by type", anchor=False)
    page.show_html(h.type_bars(counts))


def _examples() -> h.Html:
    return h.Html(", ".join(h.link(name, h.address("", q=name)) for name in EXAMPLES))
