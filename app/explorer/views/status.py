"""What the graph was made of, and what it lacks."""

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
from app.explorer.queries.overview import Run, provisional_concepts, runs, totals
from app.explorer.views.nights import show_nights
from app.explorer.views.page_parts import show_html, title, view
from app.health import health_of
from app.settings import load_settings

RUN_COLUMNS = (
    Column("Run"),
    Column("Mentions by"),
    Column("Relations by"),
    Column("Weights"),
    Column("Names"),
    Column("Pipeline"),
)
GUESS_COLUMNS = (Column("Name"), Column("Relations", is_number=True))
LIBRARIES = ("gutbrain", "pyoxigraph", "streamlit")


@view
def show() -> None:
    """Show the state of the graph."""
    title("Status", "What this graph was made of, and what it lacks.")
    show_graph()
    show_nights()
    show_runs()
    show_provisional()
    st.subheader("Versions", anchor=False)
    show_html(text(" · ".join(f"{name} {version(name)}" for name in LIBRARIES)))


def show_graph() -> None:
    """Show counts and the date that the data reach to."""
    health, held = health_of(load_settings()), totals()
    show_html(
        numbers(
            (
                ("papers", text(f"{held.articles:,}")),
                ("of them retracted", text(f"{held.retracted:,}")),
                ("relations", link(f"{held.assertions:,}", "/relations")),
                ("evidence sentences", text(f"{held.evidences:,}")),
                ("concepts", text(f"{held.concepts:,}")),
                ("of them provisional", text(f"{held.provisional:,}")),
                ("quads", text("–" if health.quads is None else f"{health.quads:,}")),
            )
        ),
        element("p", quiet(f"Graph {health.graph}; papers up to {held.last_year or 'no year'}.")),
        element("p", link("Health for programs", "/api/health")),
    )


def show_runs() -> None:
    """Show the runs with their methods."""
    st.subheader("Runs", anchor=False)
    rows = [_run_row(run) for run in runs()]
    show_html(table(RUN_COLUMNS, rows) if rows else empty("No run has left evidence.", Html("")))


def _run_row(run: Run) -> tuple[Html, ...]:
    cells = (run.id, run.recognizer, run.method, run.weights, run.lexicon, run.version)
    return tuple(text(cell[:12]) if cell else quiet("none") for cell in cells)


def show_provisional() -> None:
    """Show what is most worth adding to a vocabulary."""
    st.subheader("Names that no vocabulary has", anchor=False)
    st.caption("Provisional concepts: kept as read, those in most relations first.")
    rows = [
        (entity(row.concept), link(f"{row.relations:,}", address("entity", id=row.concept.id)))
        for row in provisional_concepts()
    ]
    show_html(
        table(GUESS_COLUMNS, rows) if rows else empty("Every name is in a vocabulary.", Html(""))
    )
