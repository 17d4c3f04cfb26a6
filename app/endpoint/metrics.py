"""Counts for Prometheus: requests, refusals, queries that wait or were stopped, age of the data.

The names follow https://prometheus.io/docs/practices/naming/: times are seconds, moments Unix time.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from sqlite3 import Error as SqliteError
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.access_log import LoggedRequest
from app.nights.status import Status, read_status
from app.sandbox.request_queue import RequestQueue
from app.settings import Settings
from ingest.archive.schema import ArchiveError
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError

FRESH_S = 15.0
"""For so long a reading of the archive is handed out again: whoever asks often costs nothing."""
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """What is counted since the server started, and what is read when somebody asks."""

    def __init__(self, settings: Settings, queue: RequestQueue[Any]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "gutbrain_requests",
            "HTTP requests that were answered",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._refusals = Counter(
            "gutbrain_refusals",
            "Requests that were refused, by the kind of refusal",
            ("refused",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "gutbrain_request_seconds",
            "Time until a request was answered",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(QueueCollector(queue))
        self.registry.register(DataCollector(settings))

    def record(self, access: LoggedRequest) -> None:
        """Count a request."""
        self._requests.labels(access.route, access.method, access.status).inc()
        self._seconds.labels(access.route).observe(access.seconds)
        if access.refused:
            self._refusals.labels(access.refused).inc()


class QueueCollector(Collector):
    """Queries at this moment, and those that had to be stopped."""

    def __init__(self, queue: RequestQueue[Any]) -> None:
        self.queue = queue

    def collect(self) -> Iterator[Metric]:
        """Read the queue."""
        now = self.queue
        yield GaugeMetricFamily("gutbrain_queries_running", "Queries that run now", now.running)
        yield GaugeMetricFamily("gutbrain_queries_waiting", "Queries that wait now", now.waiting)
        stopped = "Queries that were stopped, at a limit or because others waited"
        yield CounterMetricFamily("gutbrain_queries_stopped", stopped, now.stopped)


class DataCollector(Collector):
    """How old the data are and what is wrong with them, as ``gutbrain status`` says."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._read_at, self._read = -FRESH_S, list[Metric]()

    def collect(self) -> Iterator[Metric]:
        """Read archive and graph, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._read_at >= FRESH_S:
            self._read_at, self._read = now, list(self._collected())
        yield from self._read

    def _collected(self) -> Iterator[Metric]:
        try:
            status = read_status(self.settings)
        except (ArchiveError, SnapshotError, StoreError, SqliteError):
            status = None
        about = "1 where archive and graph could be read"
        yield GaugeMetricFamily("gutbrain_data_readable", about, float(status is not None))
        if status is not None:
            yield from _gauges(status)


def _gauges(status: Status) -> Iterator[Metric]:
    night = status.last_good
    moments = {
        "archive_as_of": ("Day up to which the archive holds the topic", status.archive_as_of),
        "graph_as_of": ("The same of the graph, when it last went live", status.graph_as_of),
        "last_good_night": ("End of the last night that went well", night and night.finished),
    }
    for name, (about, moment) in moments.items():
        if moment is not None:
            seconds = _unix_time(moment)
            yield GaugeMetricFamily(f"gutbrain_{name}_timestamp_seconds", about, seconds)
    counts = {
        "dead_letters": ("Records that could not be read", status.dead_letters),
        "pending_records": ("Records that the graph does not hold as the archive", status.pending),
        "gaps": ("Gaps in what was harvested", len(status.gaps)),
        "attention": ("Things that somebody should look at", len(status.attention)),
    }
    for name, (about, count) in counts.items():
        yield GaugeMetricFamily(f"gutbrain_{name}", about, count)


def _unix_time(moment: date | datetime) -> float:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()
