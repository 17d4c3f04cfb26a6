"""A night: an update of the graph whose source is PubMed, once for each date (its slot)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from app.nights.harvest import data_as_of, harvest_bulk, harvest_topic, preview_topic
from app.report import LISTED, LIVE_STATES, Harvested, RunReport
from app.settings import Settings, archive_path
from app.update import Intake, Job, night_state, update
from app.work import acknowledged, find_work, known_state, pending_pmids
from extract.extractor import Extractor
from ingest.archive.archive import NOTHING, Archive
from ingest.archive.ledger import RunState
from ingest.harvest.harvest_report import HarvestReport, Progress
from ingest.harvest.topic_harvest import Planned
from ingest.lock import LockedError
from ingest.pubmed.timing import Clock
from kg.sentence.cue_words import reading_version


class SlotError(ValueError):
    """A night that cannot be worked."""


class NightSource(StrEnum):
    """Where a night's papers come from; ``archive`` asks nobody."""

    TOPIC = "topic"
    BULK = "bulk"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class NightOrder:
    """What to do; ``limit`` counts records, or bulk files. For the rest see ``Job``."""

    slot: date
    source: NightSource = NightSource.TOPIC
    limit: int | None = None
    accepts_losses: bool = False
    rechecks_all: bool = False


@dataclass(frozen=True, slots=True)
class NightPlan:
    """What a night would do now: days to ask PubMed for, and what the archive has in store."""

    slot: date
    is_done: bool
    slices: tuple[Planned, ...]
    to_load: int
    to_withdraw: int


def tonight() -> date:
    """The slot of today, by the local calendar."""
    return datetime.now().astimezone().date()


def held_slot(settings: Settings) -> date:
    """The newest night, where it is held back or came to no end. Raises SlotError elsewhere."""
    with Archive.existing(archive_path(settings.data)) as archive:
        newest = next(iter(archive.ledger.nights(1)), None)
    if newest is None or newest.slot is None or newest.state in LIVE_STATES:
        raise SlotError("there is no night that was held back")
    return newest.slot


def slot_state(settings: Settings, slot: date) -> RunState | None:
    """How a night stands; see ``night_state``."""
    with Archive.existing(archive_path(settings.data)) as archive:
        return night_state(archive.ledger, settings, slot)


def work_night(
    settings: Settings,
    order: NightOrder,
    open_extractor: Callable[[], Extractor],
    progress: Progress,
    clock: Clock | None = None,
) -> RunReport:
    """Work a night, once: one that is done is left alone. What makes it fail is in the report.

    ``clock`` is what the harvest waits by. Raises as ``update`` does.
    """
    if order.slot > tonight():
        raise SlotError(f"the night of {order.slot} is in the future")

    def take_in(archive: Archive) -> Intake:
        found = _harvest(settings, order, archive, progress, clock)
        return Intake(found, as_of=data_as_of(archive, settings))

    options = (order.slot, order.accepts_losses, order.rechecks_all)
    report, _ = update(Job(settings, take_in, open_extractor, progress, *options))
    return report


def plan_night(
    settings: Settings, order: NightOrder, extractor: Extractor, clock: Clock | None = None
) -> NightPlan:
    """Say what ``work_night`` would do; writes nothing. Raises what ``preview_topic`` raises."""
    with Archive.existing(archive_path(settings.data)) as archive:
        is_done = night_state(archive.ledger, settings, order.slot) is RunState.DONE
        is_topic = order.source is NightSource.TOPIC
        slices = preview_topic(settings, archive, clock) if is_topic else ()
        since = 0 if order.rechecks_all else acknowledged(archive, settings)
        known, version = known_state(settings), reading_version(extractor.pipeline)
        work = find_work(archive, pending_pmids(archive, since, known, version), known, version)
    return NightPlan(order.slot, is_done, slices, len(work.changed), len(work.gone))


def _harvest(
    settings: Settings, order: NightOrder, archive: Archive, progress: Progress, clock: Clock | None
) -> Harvested | None:
    """Ask PubMed as ordered; None where nobody is asked. A limit that is reached leaves a rest."""
    if order.source is NightSource.ARCHIVE:
        return None
    is_bulk = order.source is NightSource.BULK
    harvest = partial(harvest_bulk, sources=()) if is_bulk else harvest_topic
    try:
        found = harvest(settings, archive, report=progress, limit=order.limit, clock=clock)
    except LockedError as error:
        return _harvested(HarvestReport((), NOTHING, (str(error),), (), None))
    taken = len(found.slices) if is_bulk else found.asked
    has_rest = order.limit is not None and taken >= order.limit
    return replace(_harvested(found), is_complete=found.is_complete and not has_rest)


def _harvested(report: HarvestReport) -> Harvested:
    return Harvested(
        report.as_of,
        report.is_complete,
        report.asked,
        report.got,
        report.rejected,
        report.missing,
        report.stored.added,
        report.stored.updated,
        report.stored.deleted,
        report.requests,
        report.problems[:LISTED],
        report.warnings[:LISTED],
    )
