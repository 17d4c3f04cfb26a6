"""What Prometheus is told: requests, refusals, queries that wait, age of the data."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.endpoint.metrics import DataCollector, Metrics
from app.sandbox.request_queue import RequestQueue
from app.settings import Settings
from ingest.archive.archive import Archive
from ingest.archive.ledger import RunState
from tests.endpoint_server import endpoint

SAMPLE_NIGHT = date(2026, 11, 20)


@pytest.fixture
def address(data_folder: Path) -> Iterator[str]:
    with endpoint(Settings(data=data_folder)) as base:
        yield base


def samples(text: str) -> dict[str, float]:
    """Read every sample, under its name and labels."""
    return {
        "".join(
            (sample.name, *(f" {sample.labels[label]}" for label in sorted(sample.labels)))
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_and_refusals_are_counted(address: str) -> None:
    for query in ("ASK {}", "ASK {}", "SELECT * { SERVICE <http://x/> {} }", "nonsense"):
        httpx.get(f"{address}/sparql", params={"query": query}, timeout=60)
    httpx.delete(f"{address}/sparql")

    answer = httpx.get(f"{address}/metrics")
    found = samples(answer.text)

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert found["gutbrain_requests_total GET /sparql 200"] == 2
    assert found["gutbrain_requests_total GET /sparql 403"] == 1
    assert found["gutbrain_requests_total DELETE /sparql 405"] == 1
    assert found["gutbrain_refusals_total Refused"] == 1
    assert found["gutbrain_refusals_total NoAnswer"] == 1
    assert found["gutbrain_request_seconds_count /sparql"] == 5
    assert found["gutbrain_queries_running"] == found["gutbrain_queries_waiting"] == 0
    assert found["gutbrain_data_readable"] == 1


def collected(metrics: Metrics) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def test_queries_that_run_and_were_stopped_are_counted(tmp_path: Path) -> None:
    queue = RequestQueue(("one", "two"), 4, lambda _server: None)
    metrics = Metrics(Settings(data=tmp_path), queue)
    with queue.served("a", 0) as turn:
        assert collected(metrics)["gutbrain_queries_running"] == 1
        turn.is_killed = True
    assert collected(metrics)["gutbrain_queries_stopped_total"] == 1


def test_the_age_of_the_data_is_a_moment(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ended = datetime(2026, 11, 20, 3, tzinfo=UTC)
    with Archive(tmp_path / "archive.sqlite") as archive:
        number = archive.ledger.begin(ended, SAMPLE_NIGHT)
        assert number is not None
        archive.ledger.finish(number, RunState.DONE, "", ended)

    found = {
        sample.name: sample.value
        for family in DataCollector(settings).collect()
        for sample in family.samples
    }

    assert found["gutbrain_last_good_night_timestamp_seconds"] == ended.timestamp()
    assert found["gutbrain_dead_letters"] == 0


def test_an_archive_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "archive.sqlite").write_bytes(b"no database at all, but long enough" * 100)
    (family,) = DataCollector(Settings(data=tmp_path)).collect()
    assert [sample.value for sample in family.samples] == [0.0]


def test_what_was_read_a_moment_ago_is_handed_out_again(tmp_path: Path) -> None:
    collector = DataCollector(Settings(data=tmp_path))
    first = list(collector.collect())
    (tmp_path / "archive.sqlite").write_bytes(b"no database at all, but long enough" * 100)
    assert list(collector.collect()) == first
