"""What the graph was made of, and what it lacks."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

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
)
from app.explorer.views.nights import show_nights
from app.explorer.views.page_parts import Source, show_html, title, view
from app.health import health_of
from extract.annotation import Pipeline
from kg.snapshots.read_model import Hit

RUN_COLUMNS = (
    Column("Run"),
    Column("Mentions by"),
    Column("Relations by"),
    Column("Weights"),
    Column("Names"),
)
GUESS_COLUMNS = (Column("Name"), Column("Relations", is_number=True))
LISTED = 20
"""Provisional concepts that are shown."""
LIBRARIES = ("gutbrain", "pyoxigraph", "streamlit")


@view
def show(source: Source) -> None:
    """Show the state of the graph."""
    title("Status", "What this graph was made of, and what it lacks.")
    show_graph(source)
    show_nights(source.settings)
    show_runs(source.lists.runs())
    show_provisional(source.lists.provisional(LISTED))
    st.subheader("Versions", anchor=False)
    show_html(text(" · ".join(f"{name} {version(name)}" for name in LIBRARIES)))


def show_graph(source: Source) -> None:
    """Show counts and the date that the data reach to."""
    health, held = health_of(source.settings), source.lists.totals()
    show_html(
        numbers(
            (
                ("papers", text(f"{held.articles:,}")),
                ("of them retracted", text(f"{held.retracted:,}")),
                ("relations", link(f"{held.relations:,}", "/relations")),
                ("evidence sentences", text(f"{held.evidence:,}")),
                ("concepts", text(f"{held.concepts:,}")),
                ("of them provisional", text(f"{held.provisional:,}")),
                ("quads", text("–" if health.quads is None else f"{health.quads:,}")),
            )
        ),
        element("p", quiet(f"Graph {health.graph}; papers up to {held.last_year or 'no year'}.")),
        element("p", link("Health for programs", "/api/health")),
    )


def show_runs(runs: Mapping[str, Pipeline]) -> None:
    """Show the readings whose evidence the graph holds, with their methods."""
    st.subheader("Runs", anchor=False)
    rows = [_run_row(*run) for run in runs.items()]
    show_html(table(RUN_COLUMNS, rows) if rows else empty("No run has left evidence.", Html("")))


def _run_row(reading: str, pipeline: Pipeline) -> tuple[Html, ...]:
    methods = (pipeline.recognizer, pipeline.relations, pipeline.weights, pipeline.lexicon)
    return tuple(text(cell[:12]) if cell else quiet("none") for cell in (reading, *methods))


def show_provisional(hits: Sequence[Hit]) -> None:
    """Show what is most worth adding to a vocabulary."""
    st.subheader("Names that no vocabulary has", anchor=False)
    st.caption("Provisional concepts: kept as read, those in most relations first.")
    rows = [
        (entity(hit.concept), link(f"{hit.relations:,}", address("entity", id=hit.concept.curie)))
        for hit in hits
    ]
    show_html(
        table(GUESS_COLUMNS, rows) if rows else empty("Every name is in a vocabulary.", Html(""))
    )
