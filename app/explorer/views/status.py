"""What the graph was made of and what it lacks; runs and nights, and how old the data are."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version

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
    words,
)
from app.explorer.views import page_parts as page
from app.health import health_of
from app.nights.status import ListedRun, Status, read_status, run_row
from app.report import ChangedAssertion
from app.settings import Settings
from extract.annotation import Pipeline
from ingest.archive.archive import DeadLetter
from ingest.archive.schema import ArchiveError
from ingest.archive.slices import Gap
from kg.belief import probability
from kg.snapshots.read_model import Hit

LOG = logging.getLogger(__name__)
PIPELINE_COLUMNS = words("Pipeline", "Mentions by", "Relations by", "Weights", "Names")
RUN_COLUMNS = (
    *words("Run", "State", "Ended (UTC)"),
    *figures("Added", "Revised", "Deleted"),
    *words("Relations", "Problems"),
)
CHANGE_COLUMNS = (*words("Change", "Relation"), *figures("Belief before", "Belief after"))
GAP_COLUMNS = words("Stream", "From", "To", "Why")
LETTER_COLUMNS = words("PMID", "Source", "Reason")
GUESS_COLUMNS = (*words("Name"), *figures("Relations"))
LISTED = 20
"""Provisional concepts that are shown."""
LIBRARIES = ("gutbrain", "pyoxigraph", "streamlit")


@page.view
def show(source: page.Source) -> None:
    """Show the state of the graph."""
    page.title("Status", "What this graph was made of, and what it lacks.")
    show_graph(source)
    show_nights(source.settings)
    show_pipelines(source.lists.pipelines())
    show_provisional(source.lists.provisional(LISTED))
    st.subheader("Versions", anchor=False)
    page.show_html(text(" · ".join(f"{name} {version(name)}" for name in LIBRARIES)))


def show_graph(source: page.Source) -> None:
    """Show counts and the date that the data reach to."""
    health, held = health_of(source.settings), source.lists.totals()
    page.show_html(
        numbers(
            ("papers", text(f"{held.articles:,}")),
            ("of them retracted", text(f"{held.retracted:,}")),
            ("relations", link(f"{held.relations:,}", "/relations")),
            ("evidence sentences", text(f"{held.evidence:,}")),
            ("concepts", text(f"{held.concepts:,}")),
            ("of them provisional", text(f"{held.provisional:,}")),
            ("quads", text("–" if health.quads is None else f"{health.quads:,}")),
        ),
        element("p", quiet(f"Graph {health.graph}; papers up to {held.last_year or 'no year'}.")),
        element("p", link("Health for programs", "/api/health")),
    )


def show_nights(settings: Settings) -> None:
    """Show how things are with runs and nights."""
    st.subheader("Runs and nights", anchor=False)
    try:
        status = read_status(settings)
    except ArchiveError as error:
        LOG.warning("The archive does not answer: %s", error)
        page.show_html(empty("The archive does not answer.", text("Try again soon.")))
        return
    _show_state(status)
    _show_list(status)
    _show_change(status)
    _show_missing(status)


def _show_state(status: Status) -> None:
    good, last = status.last_good, next(iter(status.runs), None)
    warnings = [element("p", text(line), css="gb-warning") for line in status.attention]
    page.show_html(
        numbers(
            ("data as of", text(str(status.graph_as_of or "unknown"))),
            ("last run", text(f"{last.name}: {last.state}" if last else "none")),
            ("last good night", text(str(good.slot) if good else "none")),
            ("changes pending", text(f"{status.pending:,}")),
            ("open gaps", text(f"{len(status.gaps):,}")),
            ("dead letters", text(f"{status.dead_letters:,}")),
        ),
        *([element("p", quiet("A run is at work now."))] if status.is_working else []),
        *(warnings if status.runs else []),
    )


def _show_list(status: Status) -> None:
    if not status.runs:
        command = element("code", text("gutbrain run"))
        page.show_html(empty("Nothing was run yet.", element("p", command)))
        return
    page.show_html(table(RUN_COLUMNS, map(_run_row, status.runs)))


def _run_row(run: ListedRun) -> Sequence[Html]:
    *cells, problems = run_row(run)
    shown = (text(cell or "–") for cell in cells)
    return [*shown, text(problems) if problems else quiet("none")]


def _show_change(status: Status) -> None:
    if status.change is None or not status.change.listed:
        return
    st.caption(f"What the {status.changed_by} changed: {status.change}.")
    page.show_html(table(CHANGE_COLUMNS, map(_change_row, status.change.listed)))


def _change_row(changed: ChangedAssertion) -> Sequence[Html]:
    claim = f"{changed.subject} {changed.predicate} {changed.object}"
    there = changed.change != "gone"
    page = address("evidence", id=changed.iri.rpartition("/")[2])
    beliefs = (changed.before, changed.after)
    return [
        text(changed.change),
        link(claim, page) if there else text(claim),
        *(text("–" if belief is None else probability(belief)) for belief in beliefs),
    ]


def _show_missing(status: Status) -> None:
    if status.gaps:
        st.caption(f"{page.counted(len(status.gaps), 'gap')} in what was harvested.")
        page.show_html(table(GAP_COLUMNS, map(_gap_row, status.gaps)))
    if status.dead_letters:
        st.caption(f"{page.counted(status.dead_letters, 'record')} could not be read.")
        page.show_html(table(LETTER_COLUMNS, map(_letter_row, status.dead_listed)))


def _gap_row(gap: Gap) -> Sequence[Html]:
    return [text(gap.source), text(gap.first), text(gap.last), text(gap.reason)]


def _letter_row(letter: DeadLetter) -> Sequence[Html]:
    return [text(letter.pmid or "–"), text(letter.source), text(letter.reason)]


def show_pipelines(pipelines: Mapping[str, Pipeline]) -> None:
    """Show the pipelines whose evidence the graph holds, by version, with their methods."""
    st.subheader("Pipelines", anchor=False)
    rows = [_pipeline_row(*each) for each in pipelines.items()]
    page.show_html(
        table(PIPELINE_COLUMNS, rows) if rows else empty("No pipeline has left evidence.", Html(""))
    )


def _pipeline_row(version: str, pipeline: Pipeline) -> tuple[Html, ...]:
    methods = (pipeline.recognizer, pipeline.relations, pipeline.weights, pipeline.lexicon)
    return tuple(text(cell[:12]) if cell else quiet("none") for cell in (version, *methods))


def show_provisional(hits: Sequence[Hit]) -> None:
    """Show what is most worth adding to a vocabulary."""
    st.subheader("Names that no vocabulary has", anchor=False)
    st.caption("Provisional concepts: kept as read, those in most relations first.")
    rows = [
        (entity(hit.concept), link(f"{hit.relations:,}", address("entity", id=hit.concept.curie)))
        for hit in hits
    ]
    page.show_html(
        table(GUESS_COLUMNS, rows) if rows else empty("Every name is in a vocabulary.", Html(""))
    )
