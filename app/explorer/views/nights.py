"""The nights on the status page: how old the data are, what ran, what is missing, what changed."""

import logging
from collections.abc import Sequence

import streamlit as st

from app.explorer.markup import (
    Column,
    Html,
    address,
    element,
    empty,
    link,
    numbers,
    quiet,
    table,
    text,
)
from app.explorer.views.page_parts import counted, show_html
from app.nights.report import ChangedAssertion, NightReport
from app.nights.report_text import change_told
from app.nights.status import LostRecord, Night, NightStatus, problems_of, read_status
from app.settings import Settings
from ingest.archive.schema import ArchiveError
from ingest.archive.slices import Gap

LOG = logging.getLogger(__name__)
NIGHT_COLUMNS = (
    Column("Night"),
    Column("State"),
    Column("Ended (UTC)"),
    Column("Added", is_number=True),
    Column("Revised", is_number=True),
    Column("Deleted", is_number=True),
    Column("Relations"),
    Column("Problems"),
)
CHANGE_COLUMNS = (
    Column("Change"),
    Column("Relation"),
    Column("Belief before", is_number=True),
    Column("Belief after", is_number=True),
)
GAP_COLUMNS = (Column("Stream"), Column("From"), Column("To"), Column("Why"))
LETTER_COLUMNS = (Column("PMID"), Column("Source"), Column("Reason"))


def show_nights(settings: Settings) -> None:
    """Show how things stand with the nights."""
    st.subheader("Nights", anchor=False)
    try:
        status = read_status(settings)
    except ArchiveError as error:
        LOG.warning("The archive does not answer: %s", error)
        show_html(empty("The archive does not answer.", text("Try again soon.")))
        return
    _show_standing(status)
    _show_list(status)
    _show_change(status)
    _show_missing(status)


def _show_standing(status: NightStatus) -> None:
    good = status.last_good
    warnings = [element("p", text(line), css="gb-warning") for line in status.attention]
    show_html(
        numbers(
            (
                ("data as of", text(str(status.graph_as_of or "unknown"))),
                ("last good night", text(str(good.slot) if good else "none")),
                ("changes pending", text(f"{status.pending:,}")),
                ("open gaps", text(f"{len(status.gaps):,}")),
                ("dead letters", text(f"{status.dead_letters:,}")),
            )
        ),
        *([element("p", quiet("A night is at work now."))] if status.is_working else []),
        *(warnings if status.nights else []),
    )


def _show_list(status: NightStatus) -> None:
    if not status.nights:
        command = element("code", text("gutbrain nightly"))
        show_html(empty("No night was worked yet.", element("p", command)))
        return
    show_html(table(NIGHT_COLUMNS, map(_night_row, status.nights)))


def _night_row(night: Night) -> Sequence[Html]:
    ended = f"{night.finished:%Y-%m-%d %H:%M}" if night.finished else ""
    told = (str(night.slot), night.state, ended, *_counts(night.report), _graph_told(night.report))
    problems = "; ".join(problems_of(night.report))
    return [*map(text, told), text(problems) if problems else quiet("none")]


def _counts(report: NightReport | None) -> tuple[str, str, str]:
    harvest = report.harvest if report else None
    if harvest is None:
        return ("–", "–", "–")
    return (f"{harvest.added:,}", f"{harvest.updated:,}", f"{harvest.deleted:,}")


def _graph_told(report: NightReport | None) -> str:
    return change_told(report.graph.change) if report and report.graph else "–"


def _show_change(status: NightStatus) -> None:
    if status.change is None or not status.change.listed:
        return
    st.caption(f"What the last night that went live changed: {change_told(status.change)}.")
    show_html(table(CHANGE_COLUMNS, map(_change_row, status.change.listed)))


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
        st.caption(f"{counted(len(status.gaps), 'gap')} in what was harvested.")
        show_html(table(GAP_COLUMNS, map(_gap_row, status.gaps)))
    if status.dead_letters:
        st.caption(f"{counted(status.dead_letters, 'record')} could not be read.")
        show_html(table(LETTER_COLUMNS, map(_letter_row, status.dead_listed)))


def _gap_row(gap: Gap) -> Sequence[Html]:
    return [text(gap.source), text(gap.first), text(gap.last), text(gap.reason)]


def _letter_row(letter: LostRecord) -> Sequence[Html]:
    return [text(letter.pmid or "–"), text(letter.source), text(letter.reason)]
