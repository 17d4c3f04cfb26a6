"""Which days a harvest reads: by PubMed's clock, gaps first, the recent ones again."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.harvest.planning import calendar
from tests.harvests import run_harvest, state_of
from tests.pubmed_server import Paper, PubMedServer


def day(n: int) -> date:
    return date(2026, 11, n)


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("2026-11-22T04:59:00+00:00", 20),  # still the 21st in the east of the United States
        ("2026-11-22T11:59:00+00:00", 20),
        ("2026-11-22T12:00:00+00:00", 21),
        ("2026-11-22T23:00:00-05:00", 21),
    ],
)
def test_a_day_is_over_when_it_is_over_where_pubmed_is(now: str, closed: int) -> None:
    assert calendar(datetime.fromisoformat(now)).closed == day(closed)


def test_a_state_from_the_future_stops_the_harvest(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.now += timedelta(days=400)
    run_harvest(pubmed_server, tmp_path)
    before = state_of(tmp_path)
    pubmed_server.now -= timedelta(days=400)
    pubmed_server.add(Paper(1, day(20)))
    report = run_harvest(pubmed_server, tmp_path)
    assert "PubMed's day is not there" in report.problems[0]
    assert state_of(tmp_path) == before
