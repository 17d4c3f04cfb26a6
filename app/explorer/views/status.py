"""What the graph was made of and what it lacks; what the nights did, and how old the data are."""

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
from app.nights.report import ChangedAssertion, NightReport
from app.nights.report_text import change_told
from app.nights.status import LostRecord, Night, NightStatus, problems_of, read_status
from app.settings import Settings
from extract.annotation import Pipeline
from ingest.archive.schema import ArchiveError
from ingest.archive.slices import Gap
from kg.snapshots.read_model import Hit

LOG = logging.getLogger(__name__)
RUN_COLUMNS = words("Run", "Mentions by", "Relations by", "Weights", "Names")
NIGHT_COLUMNS = (
    *words("Night", "State", "Ended (UTC)"),
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
    show_runs(source.lists.runs())
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
    """Show what the nights did, how old the data are, and what is missing."""
    st.subheader("Nights", anchor=False)
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


def _show_state(status: NightStatus) -> None:
    good = status.last_good
    warnings = [element("p", text(line), css="gb-warning") for line in status.attention]
    page.show_html(
        numbers(
            ("data as of", text(str(status.graph_as_of or "unknown"))),
            ("last good night", text(str(good.slot) if good else "none")),
            ("changes pending", text(f"{status.pending:,}")),
            ("open gaps", text(f"{len(status.gaps):,}")),
            ("dead letters", text(f"{status.dead_letters:,}")),
        ),
        *([element("p", quiet("A night is at work now."))] if status.is_working else []),
        *(warnings if status.nights else []),
    )


def _show_list(status: NightStatus) -> None:
    if not status.nights:
        command = element("code", text("gutbrain nightly"))
        page.show_html(empty("No night was worked yet.", element("p", command)))
        return
    page.show_html(table(NIGHT_COLUMNS, map(_night_row, status.nights)))


def _night_row(night: Night) -> Sequence[Html]:
    ended = f"{night.finished:%Y-%m-%d %H:%M}" if night.finished else ""
    counts, change = _counts(night.report), _graph_change(night.report)
    cells = map(text, (str(night.slot), night.state, ended, *counts, change))
    problems = "; ".join(problems_of(night.report))
    return [*cells, text(problems) if problems else quiet("none")]


def _counts(report: NightReport | None) -> tuple[str, str, str]:
    harvest = report.harvest if report else None
    if harvest is None:
        return ("–", "–", "–")
    return (f"{harvest.added:,}", f"{harvest.updated:,}", f"{harvest.deleted:,}")


def _graph_change(report: NightReport | None) -> str:
    return change_told(report.graph.change) if report and report.graph else "–"


def _show_change(status: NightStatus) -> None:
    if status.change is None or not status.change.listed:
        return
    st.caption(f"What the last night that went live changed: {change_told(status.change)}.")
    page.show_html(table(CHANGE_COLUMNS, map(_change_row, status.change.listed)))


def _change_row(changed: ChangedAssertion) -> Sequence[Html]:
    claim = f"{changed.subject} {changed.predicate} {changed.object}"
    there = changed.change != "gone"
    page = address("evidence", id=changed.iri.rpartition("/")[2])
    beliefs = (changed.before, changed.after)
    return [
        text(changed.change),
        link(claim, page) if there else text(claim),
        *(text("–" if belief is None else f"{belief:.2f}") for belief in beliefs),
    ]


def _show_missing(status: NightStatus) -> None:
    if status.gaps:
        st.caption(f"{page.counted(len(status.gaps), 'gap')} in what was harvested.")
        page.show_html(table(GAP_COLUMNS, map(_gap_row, status.gaps)))
    if status.dead_letters:
        st.caption(f"{page.counted(status.dead_letters, 'record')} could not be read.")
        page.show_html(table(LETTER_COLUMNS, map(_letter_row, status.dead_listed)))


def _gap_row(gap: Gap) -> Sequence[Html]:
    return [text(gap.source), text(gap.first), text(gap.last), text(gap.reason)]


def _letter_row(letter: LostRecord) -> Sequence[Html]:
    return [text(letter.pmid or "–"), text(letter.source), text(letter.reason)]


def show_runs(runs: Mapping[str, Pipeline]) -> None:
    """Show the readings whose evidence the graph holds, with their methods."""
    st.subheader("Runs", anchor=False)
    rows = [_run_row(*run) for run in runs.items()]
    page.show_html(
        table(RUN_COLUMNS, rows) if rows else empty("No run has left evidence.", Html(""))
    )


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
    page.show_html(
        table(GUESS_COLUMNS, rows) if rows else empty("Every name is in a vocabulary.", Html(""))
    )
