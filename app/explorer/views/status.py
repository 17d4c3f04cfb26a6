"""What the graph was made of and what it lacks; runs and nights, and how old the data are."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import streamlit as st

from app.explorer import markup as h
from app.explorer.views import page_parts as page
from app.health import health_of
from app.nights.status import ListedRun, Status, read_status, run_row
from app.report import ChangedAssertion
from app.settings import Settings
from extract.annotation import Pipeline
from ingest.archive.schema import ArchiveError
from kg.belief import probability
from kg.snapshots.read_model import Hit

LOG = logging.getLogger(__name__)
PIPELINE_COLUMNS = h.words("Pipeline", "Mentions by", "Relations by", "Weights", "Names")
RUN_COLUMNS = (
    *h.words("Run", "State", "Ended (UTC)"),
    *h.figures("Added", "Revised", "Deleted"),
    *h.words("Relations", "Problems"),
)
CHANGE_COLUMNS = (*h.words("Change", "Relation"), *h.figures("Belief before", "Belief after"))
GAP_COLUMNS = h.words("Stream", "From", "To", "Why")
LETTER_COLUMNS = h.words("PMID", "Source", "Reason")
GUESS_COLUMNS = (*h.words("Name"), *h.figures("Relations"))
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
    page.show_html(h.text(" · ".join(f"{name} {version(name)}" for name in LIBRARIES)))


def show_graph(source: page.Source) -> None:
    """Show counts and the date that the data reach to."""
    health, held = health_of(source.settings), source.lists.totals()
    page.show_html(
        h.numbers(
            ("papers", h.text(f"{held.articles:,}")),
            ("of them retracted", h.text(f"{held.retracted:,}")),
            ("relations", h.link(f"{held.relations:,}", "/relations")),
            ("evidence sentences", h.text(f"{held.evidence:,}")),
            ("concepts", h.text(f"{held.concepts:,}")),
            ("of them provisional", h.text(f"{held.provisional:,}")),
            ("quads", h.text("–" if health.quads is None else f"{health.quads:,}")),
        ),
        h.element(
            "p", h.quiet(f"Graph {health.graph}; papers up to {held.last_year or 'no year'}.")
        ),
        h.element("p", h.link("Health for programs", "/api/health")),
    )


def show_nights(settings: Settings) -> None:
    """Show how things are with runs and nights."""
    st.subheader("Runs and nights", anchor=False)
    try:
        status = read_status(settings)
    except ArchiveError as error:
        LOG.warning("The archive does not answer: %s", error)
        page.show_html(h.empty("The archive does not answer.", h.text("Try again soon.")))
        return
    _show_state(status)
    _show_list(status)
    _show_change(status)
    _show_missing(status)


def _show_state(status: Status) -> None:
    good, last = status.last_good, next(iter(status.runs), None)
    warnings = [h.element("p", h.text(line), css="gb-warning") for line in status.attention]
    page.show_html(
        h.numbers(
            ("data as of", h.text(str(status.graph_as_of or "unknown"))),
            ("last run", h.text(f"{last.name}: {last.state}" if last else "none")),
            ("last good night", h.text(str(good.slot) if good else "none")),
            ("changes pending", h.text(f"{status.pending:,}")),
            ("open gaps", h.text(f"{len(status.gaps):,}")),
            ("dead letters", h.text(f"{status.dead_letters:,}")),
        ),
        *([h.element("p", h.quiet("A run is at work now."))] if status.is_working else []),
        *(warnings if status.runs else []),
    )


def _show_list(status: Status) -> None:
    if not status.runs:
        command = h.element("code", h.text("gutbrain run"))
        page.show_html(h.empty("Nothing was run yet.", h.element("p", command)))
        return
    page.show_html(h.table(RUN_COLUMNS, map(_run_row, status.runs)))


def _run_row(run: ListedRun) -> Sequence[h.Html]:
    *cells, problems = run_row(run)
    return [*_cells(*cells), h.text(problems) if problems else h.quiet("none")]


def _show_change(status: Status) -> None:
    if status.change is None or not status.change.listed:
        return
    st.caption(f"What the {status.changed_by} changed: {status.change}.")
    page.show_html(h.table(CHANGE_COLUMNS, map(_change_row, status.change.listed)))


def _change_row(changed: ChangedAssertion) -> Sequence[h.Html]:
    claim = f"{changed.subject} {changed.predicate} {changed.object}"
    there = changed.change != "gone"
    page = h.address("evidence", id=changed.iri.rpartition("/")[2])
    beliefs = (changed.before, changed.after)
    return [
        h.text(changed.change),
        h.link(claim, page) if there else h.text(claim),
        *(h.text("–" if belief is None else probability(belief)) for belief in beliefs),
    ]


def _show_missing(status: Status) -> None:
    if status.gaps:
        rows = (_cells(gap.source, gap.first, gap.last, gap.reason) for gap in status.gaps)
        st.caption(f"{page.counted(len(status.gaps), 'gap')} in what was harvested.")
        page.show_html(h.table(GAP_COLUMNS, rows))
    if status.dead_letters:
        rows = (_cells(each.pmid, each.source, each.reason) for each in status.dead_listed)
        st.caption(f"{page.counted(status.dead_letters, 'record')} could not be read.")
        page.show_html(h.table(LETTER_COLUMNS, rows))


def _cells(*texts: str | None) -> list[h.Html]:
    return [h.text(each or "–") for each in texts]


def show_pipelines(pipelines: Mapping[str, Pipeline]) -> None:
    """Show the pipelines whose evidence the graph holds, by version, with their methods."""
    st.subheader("Pipelines", anchor=False)
    rows = [_pipeline_row(*each) for each in pipelines.items()]
    page.show_html(
        h.table(PIPELINE_COLUMNS, rows) if rows else h.empty("No pipeline has left evidence.")
    )


def _pipeline_row(version: str, pipeline: Pipeline) -> tuple[h.Html, ...]:
    methods = (pipeline.recognizer, pipeline.relations, pipeline.weights, pipeline.lexicon)
    return tuple(h.text(cell[:12]) if cell else h.quiet("none") for cell in (version, *methods))


def show_provisional(hits: Sequence[Hit]) -> None:
    """Show what is most worth adding to a vocabulary."""
    st.subheader("Names that no vocabulary has", anchor=False)
    st.caption("Provisional concepts: kept as read, those in most relations first.")
    rows = [
        (
            h.entity(hit.concept),
            h.link(f"{hit.relations:,}", h.address("entity", id=hit.concept.curie)),
        )
        for hit in hits
    ]
    page.show_html(
        h.table(GUESS_COLUMNS, rows) if rows else h.empty("Every name is in a vocabulary.")
    )
