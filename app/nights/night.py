"""A night's work: harvest, read what changed, update the graph, check it, publish it, report.

Every step can be repeated, and a killed night is taken up by the next: the archive keeps what was
fetched, ``readings.sqlite`` what was extracted, and the graph is published whole or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.nights.cursor import acknowledge
from app.nights.harvest import preview_topic
from app.nights.lock import LeaseLostError, Now, sole_night, utc_now
from app.nights.report import LIVE_STATES, NightReport, from_json, to_json
from app.nights.shrink_gate import HeldError
from app.nights.steps import FAILURES, Night, NightOrder, NightSource, find_night_work, known_state
from app.settings import Settings
from app.update import Report, archive_path, graph_root
from extract.extractor import Extractor
from ingest.archive.archive import Archive
from ingest.archive.ledger import Ledger, RunState
from ingest.harvest.topic_harvest import Planned
from ingest.pubmed.timing import Clock
from kg.checks.invariants import ValidationError
from kg.sentence.reading_version import reading_version
from kg.snapshots.snapshot import current_snapshot

_SHORTEST_KEY = 8


class SlotError(ValueError):
    """A night that cannot be worked."""


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
    with Archive(archive_path(settings.data)) as archive:
        runs = archive.ledger.runs(1)
    if not runs or runs[0].state in LIVE_STATES:
        raise SlotError("no night is held back")
    return runs[0].slot


def is_done(settings: Settings, slot: date) -> bool:
    """Whether a night is done."""
    with Archive(archive_path(settings.data)) as archive:
        run = archive.ledger.run(slot)
    return run is not None and run.state is RunState.DONE


def work_night(
    settings: Settings,
    order: NightOrder,
    open_extractor: Callable[[], Extractor],
    report: Report,
    now: Now = utc_now,
    clock: Clock | None = None,
) -> NightReport:
    """Work a night, once: a slot that is done is told and left alone.

    ``clock`` is what the harvest waits by.

    Raises NightBusyError where another process works, LeaseLostError where one took over, and
    ArchiveError where not even the report can be written.
    """
    _check_slot(order.slot)
    with (
        sole_night(settings.data, now=now) as turn,
        Archive(archive_path(settings.data)) as archive,
    ):
        started = now()
        if not archive.ledger.begin_run(order.slot, started):
            return _repeated(archive.ledger, order.slot, started)
        night = Night(settings, order, archive, turn, report, clock)
        draft = NightReport(order.slot, RunState.RUNNING, started, 0.0)
        draft = replace(draft, catches_up=_missed(archive.ledger, order.slot))
        return _Ending(settings, archive, now).conclude(night, draft, open_extractor)


def plan_night(settings: Settings, order: NightOrder, extractor: Extractor) -> NightPlan:
    """Say what ``work_night`` would do; writes nothing. Raises what ``preview_topic`` raises."""
    with Archive(archive_path(settings.data)) as archive:
        run = archive.ledger.run(order.slot)
        is_topic = order.source is NightSource.TOPIC
        slices = preview_topic(settings, archive) if is_topic else ()
        known = known_state(settings)
        version = reading_version(extractor.pipeline)
        work = find_night_work(archive, settings, order, known, version)
    is_done = run is not None and run.state is RunState.DONE
    return NightPlan(order.slot, is_done, slices, len(work.changed), len(work.gone))


@dataclass(frozen=True, slots=True)
class _Ending:
    """Writes down how a night ended."""

    settings: Settings
    archive: Archive
    now: Now

    def conclude(
        self, night: Night, draft: NightReport, open_extractor: Callable[[], Extractor]
    ) -> NightReport:
        try:
            night.work(open_extractor())
        except LeaseLostError:
            raise  # the slot is the other process's to write
        except HeldError as error:
            return self._finish(night, replace(draft, state=RunState.HELD), held=error.reasons)
        except ValidationError as error:
            return self._finish(night, replace(draft, state=RunState.HELD), held=(str(error),))
        except FAILURES as error:
            failed = replace(draft, state=RunState.FAILED, problems=(str(error),))
            return self._finish(night, failed)
        except (KeyboardInterrupt, SystemExit):
            stopped = replace(draft, state=RunState.FAILED, problems=("interrupted",))
            self._finish(night, stopped)
            raise
        return self._finish(night, replace(draft, state=night.state), is_live=True)

    def _finish(
        self,
        night: Night,
        draft: NightReport,
        *,
        held: tuple[str, ...] = (),
        is_live: bool = False,
    ) -> NightReport:
        """Write the report, and with it how far the graph goes where it went live."""
        at = self.now()
        report = self._without_key(
            replace(
                draft,
                seconds=round((at - draft.started).total_seconds(), 1),
                harvest=night.harvest,
                graph=night.graph,
                snapshot=_snapshot_number(self.settings),
                as_of=night.as_of if is_live else None,
                alerts=night.alerts,
                held_because=held,
                problems=draft.problems + night.problems,
            )
        )
        with self.archive.transaction():
            if is_live:
                acknowledge(self.archive, self.settings, night.sequence)
            self.archive.ledger.finish_run(report.slot, report.state, to_json(report), at)
        return report

    def _without_key(self, report: NightReport) -> NightReport:
        """Take the API key out, wherever an error may have quoted it."""
        key = self.settings.api_key.get_secret_value() if self.settings.api_key else ""
        if len(key) < _SHORTEST_KEY:
            return report
        return from_json(to_json(report).replace(key, "***")) or report


def _check_slot(slot: date) -> None:
    if slot > tonight():
        raise SlotError(f"the night of {slot} has not come yet")


def _repeated(ledger: Ledger, slot: date, started: datetime) -> NightReport:
    run = ledger.run(slot)
    report = from_json(run.report) if run else None
    return replace(report or NightReport(slot, RunState.DONE, started, 0.0), is_repeat=True)


def _missed(ledger: Ledger, slot: date) -> int:
    """Count the nights between the last good one and this."""
    last = ledger.last_good_run()
    return max(0, (slot - last.slot).days - 1) if last else 0


def _snapshot_number(settings: Settings) -> int | None:
    if settings.store is not None:
        return None
    current = current_snapshot(graph_root(settings.data))
    return current.number if current else None
