"""The steps of a night, on an archive and a graph: harvest, compare, load, look at the result."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import assert_never

from app.exchange import alerts_folder, check_alerts
from app.nights.cursor import pending_consumer
from app.nights.harvest import HarvestBusyError, harvest_bulk, harvest_topic, topic_of
from app.nights.lock import Turn
from app.nights.report import (
    LISTED,
    LIVE_STATES,
    Alerted,
    Harvested,
    Updated,
    alerted,
    from_json,
    graph_change,
    harvested,
)
from app.nights.shrink_gate import HeldError, foreseen_losses, losses, strays
from app.settings import Settings
from app.update import Reader, Report, Work, find_work, graph_root, update_graph
from extract.annotation_cache import Readings
from extract.extractor import Extractor
from ingest.archive.archive import NOTHING, Archive
from ingest.archive.ledger import RunState
from ingest.archive.slices import BULK
from ingest.harvest.harvest_report import HarvestReport
from ingest.harvest.planning import EDAT, MDAT
from ingest.pubmed.timing import Clock
from kg.checks.invariants import find_breaches
from kg.graph.state import graph_counts, graph_state
from kg.sentence.reading_version import reading_version
from kg.snapshots.diff import compare
from kg.snapshots.snapshot import (
    Snapshot,
    SnapshotError,
    current_snapshot,
    find_snapshot,
    next_snapshot,
)
from kg.stores import TripleStore
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store

FAILURES = (ValueError, OSError, StoreError, SnapshotError)
"""What ends a night with a report; anything else is a bug and keeps its traceback."""


class NightSource(StrEnum):
    """Where a night's papers come from; ``archive`` asks nobody."""

    TOPIC = "topic"
    BULK = "bulk"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class NightOrder:
    """What to do; ``limit`` counts records, or bulk files.

    ``accepts_losses`` opens the gate for a graph that shrinks; ``rechecks_all`` compares every
    record with the graph, not only what changed since the graph was made.
    """

    slot: date
    source: NightSource = NightSource.TOPIC
    limit: int | None = None
    accepts_losses: bool = False
    rechecks_all: bool = False


def data_as_of(archive: Archive, settings: Settings) -> date | None:
    """Say up to which day the archive holds the topic, by either road; None where it does not."""
    topic = topic_of(settings)
    streams = [archive.slices.watermark(topic.source(kind)) for kind in (EDAT, MDAT)]
    whole = None if None in streams else min(mark for mark in streams if mark)
    return max((mark for mark in (whole, archive.slices.watermark(BULK)) if mark), default=None)


def readings_path(data: Path) -> Path:
    """Where the readings of a data directory are."""
    return data / "readings.sqlite"


class Night:
    """One night under way; ``harvest`` and ``graph`` are there as soon as they are known."""

    def __init__(
        self,
        settings: Settings,
        order: NightOrder,
        archive: Archive,
        turn: Turn,
        report: Report,
        clock: Clock | None = None,
    ) -> None:
        self._settings, self._order, self._archive = settings, order, archive
        self._turn, self._report, self._clock = turn, report, clock
        self.harvest: Harvested | None = None
        self.graph: Updated | None = None
        self.alerts: tuple[Alerted, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.sequence = 0
        self.as_of: date | None = None

    @property
    def state(self) -> RunState:
        """How the night ends where nothing stopped it."""
        if self.harvest is None or self.harvest.is_complete:
            return RunState.PARTIAL if self.problems else RunState.DONE
        has_moved = self.graph is not None and self.graph.loaded + self.graph.withdrawn > 0
        return RunState.PARTIAL if self.harvest.got or has_moved else RunState.FAILED

    def work(self, extractor: Extractor) -> None:
        """Harvest and update. Raises HeldError, and one of FAILURES."""
        self._harvest()
        self._turn.check()
        self.sequence = self._archive.changes.newest()
        self.as_of = data_as_of(self._archive, self._settings)
        with Readings(readings_path(self._settings.data)) as readings:
            address = self._settings.store_address
            if address is None:
                self._write_snapshot(extractor, readings)
            else:
                with closing(open_store(address)) as store:
                    self._write_server(store, extractor, readings)
            readings.forget_other(extractor)

    def _harvest(self) -> None:
        try:
            found = self._harvested()
        except HarvestBusyError as error:
            found = HarvestReport((), NOTHING, (str(error),), (), None)
        if found is not None:
            told = harvested(found)
            is_whole = told.is_complete and not self._has_reached_limit(found)
            self.harvest = replace(told, is_complete=is_whole)

    def _has_reached_limit(self, found: HarvestReport) -> bool:
        is_bulk = self._order.source is NightSource.BULK
        taken = len(found.slices) if is_bulk else found.asked
        return self._order.limit is not None and taken >= self._order.limit

    def _harvested(self) -> HarvestReport | None:
        settings, archive, limit = self._settings, self._archive, self._order.limit
        match self._order.source:
            case NightSource.TOPIC:
                return harvest_topic(
                    settings, archive, report=self._report, limit=limit, clock=self._clock
                )
            case NightSource.BULK:
                return harvest_bulk(
                    settings, archive, (), report=self._report, limit=limit, clock=self._clock
                )
            case NightSource.ARCHIVE:
                return None
            case _:
                assert_never(self._order.source)

    def _write_snapshot(self, extractor: Extractor, readings: Readings) -> None:
        """Prepare the next snapshot; it goes live when the block ends, and not where it raises."""
        root = graph_root(self._settings.data)
        base = self._base(root)
        with next_snapshot(root) as store:
            reasons = self._update(store, extractor, readings)
            self._compare(base, store)
            if reasons:
                raise HeldError(reasons)
            self._turn.check()
        self._alert(root, base)

    def _write_server(self, store: TripleStore, extractor: Extractor, readings: Readings) -> None:
        """Write to a server, batch by batch: what it loses cannot be held back, but foreseen."""
        known = graph_state(store)
        work = self._work(known, extractor)
        reasons = foreseen_losses(known.keys(), work, self._settings.max_shrink)
        if reasons and not self._order.accepts_losses:
            raise HeldError(reasons)
        self.problems += self._update(store, extractor, readings)

    def _update(
        self, store: TripleStore, extractor: Extractor, readings: Readings
    ) -> tuple[str, ...]:
        """Do the work on a store; returns why it should not go live."""
        version, settings = reading_version(extractor.pipeline), self._settings
        before = graph_counts(store)
        work = self._work(graph_state(store), extractor)
        reader = Reader(
            lambda documents: readings.annotate_all(documents, extractor),
            version,
            settings.min_belief,
        )
        update_graph(store, self._archive, work, reader, self._report)
        after = graph_counts(store)
        self.graph = Updated(
            len(work.changed),
            readings.extracted,
            len(work.gone),
            len(work.retracted),
            work.gone[:LISTED],
            work.retracted[:LISTED],
            before,
            after,
        )
        lost = losses(before, after, work, settings.max_shrink)
        broken = _broken(store, work) + _strays(store, work, version)
        return broken + (() if self._order.accepts_losses else lost)

    def _work(self, known: Mapping[str, tuple[str, str]], extractor: Extractor) -> Work:
        version = reading_version(extractor.pipeline)
        return find_night_work(self._archive, self._settings, self._order, known, version)

    def _base(self, root: Path) -> Snapshot | None:
        """Find what to compare with: what the last finished night left, else what is current."""
        for run in self._archive.ledger.runs():
            report = from_json(run.report)
            if run.state in LIVE_STATES and report and report.snapshot:
                try:
                    return find_snapshot(root, str(report.snapshot))
                except SnapshotError:
                    break
        return current_snapshot(root)

    def _compare(self, base: Snapshot | None, store: TripleStore) -> None:
        if base is None or self.graph is None:
            return
        before = EmbeddedStore.open_read_only(base.graph)
        change = graph_change(base.number, compare(before, store))
        self.graph = replace(self.graph, change=change)

    def _alert(self, root: Path, base: Snapshot | None) -> None:
        """Ask the saved alerts what is new since ``base``."""
        current = current_snapshot(root)
        if base is None or current == base or not alerts_folder(self._settings.data).is_dir():
            return
        try:
            self.alerts = alerted(check_alerts(self._settings, str(base.number)))
        except FAILURES as error:
            self.problems += (f"alerts: {error}",)


def find_night_work(
    archive: Archive,
    settings: Settings,
    order: NightOrder,
    known: Mapping[str, tuple[str, str]],
    version: str,
) -> Work:
    """Find what changed since the graph was made, what it lacks, and what another pipeline read."""
    cursor = 0
    if not order.rechecks_all:
        cursor = archive.changes.cursor(pending_consumer(archive, settings))
    pending = {change.pmid for change in archive.changes.since(cursor) if change.document}
    outdated = {pmid for pmid, (_, pipeline) in known.items() if pipeline != version}
    absent = archive.hashes().keys() - known.keys()
    return find_work(archive, sorted(pending | outdated | absent), known, version)


def _broken(store: TripleStore, work: Work) -> tuple[str, ...]:
    """Check the whole graph, once something in it was touched."""
    if not (work.changed or work.gone):
        return ()
    return tuple(map(str, islice(find_breaches(store), LISTED)))


def _strays(store: TripleStore, work: Work, version: str) -> tuple[str, ...]:
    """Check that every paper that was touched stands in the graph as the archive has it."""
    if not (work.changed or work.gone):
        return ()
    found = list(strays(work, graph_state(store), version))
    if not found:
        return ()
    named = ", ".join(islice(found, LISTED))
    return (f"{len(found)} papers do not stand in the graph as in the archive: {named}",)


def known_state(settings: Settings) -> dict[str, tuple[str, str]]:
    """Read what the current graph was made from (see ``graph_state``)."""
    address = settings.store_address
    if address is not None:
        with closing(open_store(address)) as store:
            return graph_state(store)
    current = current_snapshot(graph_root(settings.data))
    return graph_state(EmbeddedStore.open_read_only(current.graph)) if current else {}
