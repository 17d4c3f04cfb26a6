"""The one way to change a graph: take records in, read what changed, check the graph, publish it.

A run takes in files, a night asks PubMed (``app.nights.night``); the rest is the same. Every step
can be repeated, and what was killed is taken up by the next run: the archive keeps what was taken
in, ``readings.sqlite`` what was extracted, and the graph is published as a whole or not at all.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from app.alerts import alerts_folder, check_alerts
from app.report import (
    LISTED,
    LIVE_STATES,
    Alerted,
    GraphChange,
    GraphUpdate,
    Harvested,
    RunReport,
    alerted,
    from_json,
    graph_change,
    to_json,
)
from app.settings import Settings, archive_path, graph_root, readings_path
from app.work import (
    HeldError,
    Work,
    acknowledge,
    acknowledged,
    check_graph,
    faults,
    find_work,
    foreseen_losses,
    graph_fault,
    is_graph_gone,
    losses,
    pending_pmids,
)
from extract.annotation import AnnotatedDocument
from extract.annotation_cache import AnnotationCache
from extract.extractor import Extractor
from ingest.archive.archive import Archive
from ingest.archive.ledger import Ledger, RunState
from ingest.document import Record, Rejected
from ingest.formats.sources import read_sources
from ingest.harvest.harvest_report import Progress
from ingest.lock import lock
from kg.checks.invariants import ValidationError
from kg.graph.reading_back import GraphCounts, graph_counts, graph_state
from kg.loading import load, load_ontology, withdraw
from kg.sentence.cue_words import reading_version
from kg.snapshots.damage import damage
from kg.snapshots.diff import compare
from kg.snapshots.snapshot import (
    Snapshot,
    SnapshotError,
    current_snapshot,
    kept_snapshots,
    next_snapshot,
    readable_snapshot,
)
from kg.stores import TripleStore
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store

FAILURES = (ValueError, OSError, StoreError, SnapshotError)
"""What ends a run with a report; anything else is a bug and keeps its traceback."""
_SHORTEST_KEY = 8


@dataclass(frozen=True, slots=True)
class Intake:
    """What came into the archive. ``as_of`` is the day up to which it holds the topic.

    ``pmids`` are the papers to compare with the graph; None stands for all that changed since the
    graph was made.
    """

    harvest: Harvested | None
    pmids: tuple[str, ...] | None = None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, and by what means: a night where there is a ``slot``, else a run.

    ``accepts_losses`` opens the gate for a graph that shrinks; ``rechecks_all`` compares every
    record with the graph, not only what changed since the graph was made.
    """

    settings: Settings
    take_in: Callable[[Archive], Intake]
    open_extractor: Callable[[], Extractor]
    progress: Progress
    slot: date | None = None
    accepts_losses: bool = False
    rechecks_all: bool = False


def lock_path(data: Path) -> Path:
    """Where the lock of those who change the graph is."""
    return data / "update.lock"


def run(
    sources: Sequence[Path],
    settings: Settings,
    open_extractor: Callable[[], Extractor],
    progress: Progress,
    *,
    accepts_losses: bool = False,
) -> RunReport:
    """Read files and folders, and bring the graph up to date with them.

    Raises LockedError where another process works, and what made the run fail.
    """
    take_in = partial(_read_files, sources, progress)
    job = Job(settings, take_in, open_extractor, progress, accepts_losses=accepts_losses)
    report, failure = update(job)
    if failure is not None:
        raise failure
    return report


def update(job: Job) -> tuple[RunReport, BaseException | None]:
    """Do a job, alone on the data directory; returns the report, and what made the job fail.

    A night that is done is left alone, unless the graph is gone. Raises LockedError where another
    process works, and ArchiveError where not even the report can be written.
    """
    data = job.settings.data
    with lock(lock_path(data), f"updating {data}"), Archive(archive_path(data)) as archive:
        check_graph(job.settings)
        began = RunReport(job.slot, RunState.RUNNING, archive.now(), 0.0)
        again = night_state(archive.ledger, job.settings, job.slot) is None
        number = archive.ledger.begin(began.started, job.slot, again=again)
        if number is None:
            return _repeated(archive.ledger, began), None
        began = replace(began, catches_up=_missed(archive.ledger, job.slot))
        report, failure = _follow(_steps(job, archive, began), began)
        report = _concluded(report, job.settings, archive.now())
        archive.ledger.finish(number, report.state, to_json(report), archive.now())
    if isinstance(failure, KeyboardInterrupt | SystemExit):
        raise failure
    return report, failure


def _follow(
    steps: Iterable[RunReport], report: RunReport
) -> tuple[RunReport, BaseException | None]:
    """Take the steps; returns the report as far as they came, and what made them fail."""
    try:
        for further in steps:
            report = further
    except (HeldError, ValidationError) as error:
        return replace(report, state=RunState.HELD, held_because=error.args), None
    except (*FAILURES, KeyboardInterrupt, SystemExit) as error:
        reason = str(error) if isinstance(error, Exception) else "interrupted"
        problems = (reason, *report.problems)
        return replace(report, state=RunState.FAILED, problems=problems), error
    return report, None


def _concluded(report: RunReport, settings: Settings, at: datetime) -> RunReport:
    """Add what is known in the end; take the API key out, wherever an error may have quoted it."""
    seconds = round((at - report.started).total_seconds(), 1)
    report = replace(report, seconds=seconds, snapshot=_snapshot_number(settings))
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if len(key) < _SHORTEST_KEY:
        return report
    return from_json(to_json(report).replace(key, "***")) or report


def _snapshot_number(settings: Settings) -> int | None:
    try:
        current = None if settings.store else current_snapshot(graph_root(settings.data))
    except SnapshotError:
        return None  # the report says so already
    return current.number if current else None


def _steps(job: Job, archive: Archive, report: RunReport) -> Iterator[RunReport]:
    """Do the job; hands on the report after each step, to be there wherever the next one stops.

    Raises HeldError, ValidationError, and one of FAILURES.
    """
    settings, extractor = job.settings, job.open_extractor()
    intake = job.take_in(archive)
    report = replace(report, harvest=intake.harvest)
    yield report
    base = _base(archive.ledger, settings)
    with AnnotationCache(readings_path(settings.data), extractor) as cache:
        report = yield from _graph_steps(job, archive, intake, cache, report, base)
        cache.forget_others()
    alerts, problems = _alerts(settings, base)
    report = replace(report, alerts=alerts, problems=report.problems + problems)
    yield replace(report, state=_state(report), as_of=intake.as_of)


def _graph_steps(
    job: Job,
    archive: Archive,
    intake: Intake,
    cache: AnnotationCache,
    report: RunReport,
    base: Snapshot | None,
) -> Generator[RunReport, None, RunReport]:
    """Change the graph, and look at it before it goes live: a server's can only be reported on."""
    settings, is_night = job.settings, intake.pmids is None or bool(graph_fault(job.settings))
    intake = replace(intake, pmids=None) if is_night else intake
    goes_up_to = archive.changes.newest() if is_night else acknowledged(archive, settings)
    with _writable(settings) as store:
        counts = graph_counts(store)
        yield replace(report, graph=_graph_update(Work({}, (), ()), 0, counts, counts))
        graph, reasons = _change_graph(job, archive, intake, store, cache)
        graph = replace(graph, change=_difference(settings, base, store, graph))
        report = replace(report, graph=graph, problems=reasons if settings.store else ())
        yield report
        if reasons and settings.store is None:
            raise HeldError(*reasons)
    acknowledge(archive, settings, goes_up_to)
    return report


def _writable(settings: Settings) -> AbstractContextManager[TripleStore]:
    """Prepare the next snapshot, which goes live when the block ends, or open the server."""
    address = settings.store_address
    return closing(open_store(address)) if address else next_snapshot(graph_root(settings.data))


def _change_graph(
    job: Job, archive: Archive, intake: Intake, store: TripleStore, cache: AnnotationCache
) -> tuple[GraphUpdate, tuple[str, ...]]:
    """Bring a graph up to date; returns what was done, and why it should not go live.

    Raises HeldError where a server would lose too much by it.
    """
    settings, version = job.settings, reading_version(cache.extractor.pipeline)
    before, known = graph_counts(store), graph_state(store)
    pmids, since = intake.pmids, 0 if job.rechecks_all else acknowledged(archive, settings)
    pmids = pending_pmids(archive, since, known, version) if pmids is None else pmids
    work = find_work(archive, pmids, known, version)
    foreseen = foreseen_losses(known.keys(), work, settings.max_shrink) if settings.store else ()
    if foreseen and not job.accepts_losses:
        raise HeldError(*foreseen)
    documents = cache.annotate_all(archive.documents(work.changed))
    load_ontology(store)
    withdraw(store, work.gone, min_belief=settings.min_belief)
    load(store, _watched(documents, work, job.progress), min_belief=settings.min_belief)
    after = graph_counts(store)
    lost = () if job.accepts_losses else losses(before, after, work, settings.max_shrink)
    update = _graph_update(work, cache.extracted, before, after)
    return update, faults(store, work, version) + lost


def _watched(
    documents: Iterable[AnnotatedDocument], work: Work, progress: Progress
) -> Iterator[AnnotatedDocument]:
    for number, document in enumerate(documents, start=1):
        progress("extracting and loading", number, len(work.changed))
        yield document


def _graph_update(
    work: Work, extracted: int, before: GraphCounts, after: GraphCounts
) -> GraphUpdate:
    return GraphUpdate(
        len(work.changed),
        extracted,
        len(work.gone),
        len(work.retracted),
        work.gone[:LISTED],
        work.retracted[:LISTED],
        before,
        after,
    )


def _base(ledger: Ledger, settings: Settings) -> Snapshot | None:
    """Find what to compare with: what the last finished run left, else what is current."""
    if settings.store is not None:
        return None
    root = graph_root(settings.data)
    reports = (from_json(run.report) for run in ledger.runs() if run.state in LIVE_STATES)
    last = next((report.snapshot for report in reports if report and report.snapshot), None)
    kept = (each.snapshot for each in kept_snapshots(root))
    found = next((each for each in kept if each.number == last and not damage(each.path)), None)
    return found or readable_snapshot(root)


def _difference(
    settings: Settings, base: Snapshot | None, store: TripleStore, graph: GraphUpdate
) -> GraphChange | None:
    """Compare a graph that was prepared aside with ``base``, where there is one."""
    if settings.store is not None:
        return None
    if base is None:
        return graph_change(None, compare(EmbeddedStore.in_memory(), store))
    is_current = base == readable_snapshot(graph_root(settings.data))
    if is_current and graph.loaded + graph.withdrawn == 0:
        return graph_change(base.number, ())
    return graph_change(base.number, compare(EmbeddedStore.open_read_only(base.graph), store))


def _alerts(
    settings: Settings, base: Snapshot | None
) -> tuple[tuple[Alerted, ...], tuple[str, ...]]:
    """Ask the saved alerts what is new since ``base``; returns answers and problems."""
    current = None if settings.store else current_snapshot(graph_root(settings.data))
    if base is None or current == base or not alerts_folder(settings.data).is_dir():
        return (), ()
    try:
        return alerted(check_alerts(settings, str(base.number))), ()
    except FAILURES as error:
        return (), (f"alerts: {error}",)


def _state(report: RunReport) -> RunState:
    """Say how a run ends that nothing stopped."""
    harvest, graph = report.harvest, report.graph
    if harvest is None or harvest.is_complete:
        return RunState.PARTIAL if report.problems else RunState.DONE
    has_moved = harvest.got or (graph and graph.loaded + graph.withdrawn)
    return RunState.PARTIAL if has_moved or report.slot is None else RunState.FAILED


def night_state(ledger: Ledger, settings: Settings, slot: date | None) -> RunState | None:
    """How a night stands; None where it was never begun, or the graph that it left is gone."""
    entry = ledger.night(slot) if slot else None
    report = from_json(entry.report) if entry else None
    left_graph = report is not None and report.graph is not None and report.graph.after.quads
    if entry is None or (left_graph and is_graph_gone(settings)):
        return None
    return entry.state


def _repeated(ledger: Ledger, began: RunReport) -> RunReport:
    entry = ledger.night(began.slot) if began.slot else None
    report = from_json(entry.report) if entry else None
    return replace(report or replace(began, state=RunState.DONE), is_repeat=True)


def _missed(ledger: Ledger, slot: date | None) -> int:
    """Count the nights between the last good one and this."""
    last = ledger.last_good_night()
    return max(0, (slot - last.slot).days - 1) if slot and last and last.slot else 0


def _read_files(sources: Sequence[Path], progress: Progress, archive: Archive) -> Intake:
    """Store the records of the sources; a file that breaks off loses only what it lacks."""
    pmids: dict[str, None] = {}
    problems = list[ValueError]()
    stored = archive.store(_noted(read_sources(sources, problems.append), pmids, progress))
    harvest = Harvested(
        is_complete=not (problems or stored.rejected),
        asked=len(pmids) + stored.rejected,
        got=len(pmids),
        rejected=stored.rejected,
        added=stored.added,
        updated=stored.updated,
        deleted=stored.deleted,
        problems=tuple(map(str, problems)),
    )
    return Intake(harvest, tuple(pmids))


def _noted(
    records: Iterable[Record], pmids: dict[str, None], progress: Progress
) -> Iterator[Record]:
    for record in records:
        if not isinstance(record, Rejected):
            pmids[record.pmid] = None
            progress("reading", len(pmids), 0)
        yield record
