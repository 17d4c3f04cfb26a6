"""How things stand: the last nights, what is missing, how old the data are. True at any moment.

Everything is read from the ledger and the archive, so that it holds during a night, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from app.graph_access import graph_version
from app.nights.cursor import pending_consumer
from app.nights.harvest import topic_sources
from app.nights.lock import LEASE, Now, is_working, utc_now
from app.nights.report import LISTED, LIVE_STATES, GraphChange, NightReport, from_json
from app.nights.steps import data_as_of, known_state
from app.settings import Settings
from app.update import archive_path
from ingest.archive.archive import Archive, DeadLetter
from ingest.archive.changes import ArchiveChange
from ingest.archive.ledger import Run, RunState
from ingest.archive.slices import BULK, Gap
from kg.stores.answers import StoreError

LISTED_NIGHTS = 14
QUIET_NIGHTS = 3
"""After so many nights without a new paper something is probably wrong."""
_LATE = timedelta(days=2)
_BROKEN_OFF = "broken off"


@dataclass(frozen=True, slots=True)
class Night:
    """A run of the ledger. ``state`` is the ledger's, or "broken off" where its process is gone."""

    slot: date
    state: str
    started: datetime
    finished: datetime | None
    attempts: int
    report: NightReport | None


@dataclass(frozen=True, slots=True)
class LostRecord:
    """A dead letter without its bytes."""

    pmid: str | None
    source: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class NightStatus:
    """How things stand.

    ``archive_as_of`` is the day up to which the archive holds the topic, ``graph_as_of`` what it
    was when the current graph went live. ``pending`` counts records that the graph does not hold
    as the archive has them; where a server does not answer, all that changed since the last
    night. ``attention`` says in words what somebody should look at.
    """

    graph: str
    is_working: bool
    last_good: Night | None
    nights: tuple[Night, ...]
    archive_as_of: date | None
    graph_as_of: date | None
    gaps: tuple[Gap, ...]
    dead_letters: int
    dead_listed: tuple[LostRecord, ...]
    pending: int
    change: GraphChange | None
    attention: tuple[str, ...]


def read_status(settings: Settings, now: Now = utc_now) -> NightStatus:
    """Read how things stand; nothing is written, nor made where it is missing."""
    graph = graph_version(settings).rpartition("/")[2]
    if not archive_path(settings.data).exists():
        nothing = ("no paper was ever read",)
        return NightStatus(graph, False, None, (), None, None, (), 0, (), 0, None, nothing)  # noqa: FBT003
    with Archive(archive_path(settings.data)) as archive:
        return _read(archive, settings, graph, now())


def _read(archive: Archive, settings: Settings, graph: str, at: datetime) -> NightStatus:
    working = is_working(settings.data, archive.ledger.lease(LEASE), at)
    nights = tuple(_night(run, is_working=working) for run in archive.ledger.runs(LISTED_NIGHTS))
    last_good = archive.ledger.last_good_run()
    live = [n.report for n in nights if n.report and n.report.state in LIVE_STATES]
    gaps = tuple(_gaps(archive, settings))
    dead = list(archive.dead_letters())
    return NightStatus(
        graph,
        working,
        _night(last_good, is_working=working) if last_good else None,
        nights,
        data_as_of(archive, settings),
        live[0].as_of if live else None,
        gaps,
        len(dead),
        tuple(_lost(letter) for letter in dead[-LISTED:]),
        _pending_count(archive, settings),
        live[0].graph.change if live and live[0].graph else None,
        tuple(_attention(nights, last_good, gaps, at)),
    )


def _pending_count(archive: Archive, settings: Settings) -> int:
    """Compare what changed since the last night with the graph: ``run`` may have loaded it."""
    consumer = pending_consumer(archive, settings)
    try:
        known = known_state(settings)
    except StoreError:
        return archive.changes.pending_count(consumer)
    return sum(_is_pending(change, known) for change in archive.changes.pending(consumer))


def _is_pending(change: ArchiveChange, known: Mapping[str, tuple[str, str]]) -> bool:
    if change.document is None:
        return change.pmid in known
    return change.pmid not in known or known[change.pmid][0] != change.document.record_hash


def _night(run: Run, *, is_working: bool) -> Night:
    is_broken = run.state is RunState.RUNNING and not is_working
    state = _BROKEN_OFF if is_broken else run.state.value
    report = from_json(run.report)
    return Night(run.slot, state, run.started, run.finished, run.attempts, report)


def _gaps(archive: Archive, settings: Settings) -> Iterator[Gap]:
    for source in (*topic_sources(settings), BULK):
        yield from archive.slices.gaps(source)


def _lost(letter: DeadLetter) -> LostRecord:
    return LostRecord(letter.pmid, letter.source, letter.reason, letter.attempts)


def _attention(
    nights: Sequence[Night], last_good: Run | None, gaps: Sequence[Gap], at: datetime
) -> Iterator[str]:
    if nights:
        yield from _about_last(nights[0])
        finished = last_good.finished if last_good else None
        if finished is None:
            yield "no night has ended well yet"
        elif at - finished > _LATE:
            yield f"the last good night ended on {finished:%Y-%m-%d %H:%M} UTC"
    if gaps:
        yield f"{len(gaps)} gaps in what was harvested"
    quiet = len(list(takewhile(_is_quiet, (night for night in nights if night.report))))
    if quiet >= QUIET_NIGHTS:
        yield f"no new paper in {quiet} nights"


def _about_last(night: Night) -> Iterator[str]:
    report = night.report
    match night.state:
        case RunState.HELD:
            reasons = "; ".join(report.held_because if report else ())
            yield f"the night of {night.slot} is held back: {reasons} (nightly --accept opens)"
        case RunState.FAILED | RunState.PARTIAL:
            yield f"the night of {night.slot} is {night.state}: {'; '.join(problems_of(report))}"
        case "broken off":
            yield f"the night of {night.slot} was broken off; the next one takes it up"
        case _:
            return


def problems_of(report: NightReport | None) -> tuple[str, ...]:
    """All that a report says went wrong, the harvest's problems among it."""
    if report is None:
        return ()
    of_harvest = report.harvest.problems if report.harvest else ()
    return (*report.held_because, *report.problems, *of_harvest)


def _is_quiet(night: Night) -> bool:
    report = night.report
    return report is not None and report.harvest is not None and report.harvest.added == 0
