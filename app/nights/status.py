"""How things are: the last runs and nights, what is missing, how old the data are.

Everything is read from the ledger and the archive, so that it is true during a night, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import takewhile

from app.graph_access import graph_version
from app.nights.harvest import data_as_of, topic_sources
from app.report import LISTED, LIVE_STATES, GraphChange, RunReport, from_json, problems_of
from app.settings import Settings, archive_path
from app.update import lock_path
from app.work import graph_fault, pending_count
from ingest.archive.archive import Archive, DeadLetter
from ingest.archive.ledger import LedgerEntry, RunState
from ingest.archive.slices import BULK, Gap
from ingest.lock import is_locked
from kg.snapshots.snapshot import SnapshotError

LISTED_RUNS = 14
QUIET_NIGHTS = 3
"""After so many nights without a new paper something is probably wrong."""
RUN_COLUMNS = ("run", "state", "ended", "added", "revised", "deleted", "graph", "problems")
_LATE = timedelta(days=2)
_INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class ListedRun:
    """An entry of the ledger; ``state`` is "interrupted" where its process is gone."""

    slot: date | None
    state: str
    started: datetime
    finished: datetime | None
    attempts: int
    report: RunReport | None

    @property
    def name(self) -> str:
        """Name a night by its date, a run by when it began."""
        moment = f"{self.started:%Y-%m-%d %H:%M:%S}"
        return f"night of {self.slot}" if self.slot else f"run of {moment}"


@dataclass(frozen=True, slots=True)
class Status:
    """How things are.

    ``runs`` are the latest, nights among them. ``archive_as_of`` is the day up to which the
    archive holds the topic, ``graph_as_of`` what it was when the last night went live.
    ``pending`` counts records that the graph does not hold as the archive has them; where a server
    does not answer, all that changed since the last night. Dead letters are listed without their
    bytes. ``change`` is that of the last run that changed something, ``changed_by`` its name;
    ``attention`` says what somebody should look at.
    """

    graph: str
    is_working: bool
    last_good: ListedRun | None
    runs: tuple[ListedRun, ...]
    archive_as_of: date | None
    graph_as_of: date | None
    gaps: tuple[Gap, ...]
    dead_letters: int
    dead_listed: tuple[DeadLetter, ...]
    pending: int
    change: GraphChange | None
    changed_by: str
    attention: tuple[str, ...]


def read_status(settings: Settings, at: datetime | None = None) -> Status:
    """Read how things are, now or ``at`` a moment; nothing is written, nor made where missing."""
    graph = _graph_name(settings)
    with Archive.existing(archive_path(settings.data)) as archive:
        return _read(archive, settings, graph, at or archive.now())


def _graph_name(settings: Settings) -> str:
    try:
        return graph_version(settings).rpartition("/")[2]
    except SnapshotError:
        return "damaged"  # what should be done says ``attention``


def _read(archive: Archive, settings: Settings, graph: str, at: datetime) -> Status:
    is_working = is_locked(lock_path(settings.data))
    runs, nights = (
        tuple(_listed(entry, is_working=is_working) for entry in entries)
        for entries in (archive.ledger.runs(LISTED_RUNS), archive.ledger.nights(LISTED_RUNS))
    )
    good = archive.ledger.last_good_night()
    last_good = _listed(good, is_working=is_working) if good else None
    changed_by, change = next(_changes(runs), ("", None))
    gaps = tuple(_gaps(archive, settings))
    dead = list(archive.dead_letters())
    return Status(
        graph,
        is_working,
        last_good,
        runs,
        data_as_of(archive, settings),
        next((report.as_of for _, report in _live(nights)), None),
        gaps,
        len(dead),
        tuple(replace(letter, raw=b"") for letter in dead[-LISTED:]),
        pending_count(archive, settings),
        change,
        changed_by,
        (
            *_about_graph(settings, archive),
            *_about_runs(runs, nights),
            *_about_nights(runs, nights, last_good, at),
            *_about_gaps(gaps),
        ),
    )


def _live(runs: Sequence[ListedRun]) -> Iterator[tuple[str, RunReport]]:
    """Name those whose graph went live, newest first."""
    for run in runs:
        if run.report and run.report.state in LIVE_STATES:
            yield run.name, run.report


def _changes(runs: Sequence[ListedRun]) -> Iterator[tuple[str, GraphChange]]:
    for name, report in _live(runs):
        change = report.graph.change if report.graph else None
        if change and change.new + change.gone + change.changed:
            yield name, change


def _listed(entry: LedgerEntry, *, is_working: bool) -> ListedRun:
    is_broken = entry.state is RunState.RUNNING and not is_working
    state = _INTERRUPTED if is_broken else entry.state.value
    report = from_json(entry.report)
    return ListedRun(entry.slot, state, entry.started, entry.finished, entry.attempts, report)


def _gaps(archive: Archive, settings: Settings) -> Iterator[Gap]:
    for source in (*topic_sources(settings), BULK):
        yield from archive.slices.gaps(source)


def _about_graph(settings: Settings, archive: Archive) -> Iterator[str]:
    """Say whether graph or archive are damaged, or an archive was lost that made the graph."""
    if fault := graph_fault(settings):
        yield fault
    elif settings.store is None and graph_version(settings) and archive.is_empty():
        path = archive_path(settings.data)
        yield f"{path} is empty or missing, though there is a graph: restore it from a backup"


def _about_runs(runs: Sequence[ListedRun], nights: Sequence[ListedRun]) -> Iterator[str]:
    """Say what is wrong with the last run and with the newest night."""
    if not runs:
        yield "nothing was run yet"
    for run in dict.fromkeys((*runs[:1], *nights[:1])):
        yield from _about(run)


def _about(run: ListedRun) -> Iterator[str]:
    match run.state:
        case RunState.HELD:
            reasons = "; ".join(run.report.held_because if run.report else ())
            yield f"the {run.name} was held back: {reasons} (publish it with --accept)"
        case RunState.FAILED | RunState.PARTIAL:
            yield f"the {run.name} is {run.state}: {'; '.join(problems_of(run.report))}"
        case "interrupted":
            yield f"the {run.name} was interrupted; the next one continues it"
        case _:
            return


def _about_nights(
    runs: Sequence[ListedRun],
    nights: Sequence[ListedRun],
    last_good: ListedRun | None,
    at: datetime,
) -> Iterator[str]:
    finished = last_good.finished if last_good else None
    if runs and not nights:
        yield "no night was worked yet: `gutbrain nightly` or `gutbrain schedule` does it"
    elif nights and finished is None:
        yield "no night has ended well yet"
    elif finished and at - finished > _LATE:
        yield f"the last good night ended on {finished:%Y-%m-%d %H:%M} UTC"
    quiet = len(list(takewhile(_is_quiet, (night for night in nights if night.report))))
    if quiet >= QUIET_NIGHTS:
        yield f"no new papers in {quiet} nights"


def _is_quiet(night: ListedRun) -> bool:
    report = night.report
    return report is not None and report.harvest is not None and report.harvest.added == 0


def _about_gaps(gaps: Sequence[Gap]) -> Iterator[str]:
    if gaps:
        yield f"{len(gaps)} gaps in what was harvested"


def status_values(status: Status) -> Mapping[str, object]:
    """Put the main things in a few lines: names and values."""
    good, last = status.last_good, next(iter(status.runs), None)
    return {
        "last run": f"{last.name}: {last.state}" if last else "none",
        "last good night": f"{good.slot} (ended {good.finished:%Y-%m-%d %H:%M} UTC)"
        if good and good.finished
        else "none",
        "at work now": "yes" if status.is_working else "no",
        "data as of": status.graph_as_of or "unknown",
        "archive as of": status.archive_as_of or "unknown",
        "graph": status.graph or "none",
        "changes pending": f"{status.pending:,}",
        "open gaps": f"{len(status.gaps):,}",
        "dead letters": f"{status.dead_letters:,}",
        "last change": f"{status.change} ({status.changed_by})" if status.change else "none known",
    }


def run_row(run: ListedRun) -> tuple[str, ...]:
    """Put a run in one line, under ``RUN_COLUMNS``."""
    harvest = run.report.harvest if run.report else None
    counts = (harvest.added, harvest.updated, harvest.deleted) if harvest else ("", "", "")
    ended = f"{run.finished:%Y-%m-%d %H:%M}" if run.finished else ""
    graph = run.report.graph.change if run.report and run.report.graph else ""
    problems = "; ".join(problems_of(run.report))
    return (run.name, run.state, ended, *map(str, counts), str(graph or ""), problems)
