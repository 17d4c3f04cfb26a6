"""Runs and nights: a night that is done stays done, and a day may have many runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.ledger import Ledger, LedgerEntry, RunState

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = date(2026, 11, 22)
SECOND_LAYOUT = """
    CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires TEXT NOT NULL);
    CREATE TABLE runs (
        slot TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT, state TEXT NOT NULL,
        report TEXT NOT NULL, attempts INTEGER NOT NULL);
    INSERT INTO leases VALUES ('nightly', 'elsewhere:1:ab', '2026-11-22T12:05:00.000000+00:00');
    INSERT INTO runs VALUES ('2026-11-23', '2026-11-23T12:00:00.000000+00:00', NULL, 'running', '', 2);
    INSERT INTO runs VALUES ('2026-11-22', '2026-11-22T12:00:00.000000+00:00',
        '2026-11-22T12:00:01.000000+00:00', 'done', '{}', 1);
    PRAGMA user_version = 2;
"""  # noqa: E501


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Archive(tmp_path / "archive.sqlite") as archive:
        yield archive.ledger


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def begin(ledger: Ledger, at: datetime, slot: date | None = None) -> int:
    number = ledger.begin(at, slot)
    assert number is not None
    return number


def test_a_done_night_is_not_run_again_and_any_other_is(ledger: Ledger) -> None:
    first = begin(ledger, NOON, SLOT)
    assert ledger.begin(later(1), SLOT) == first  # the first was killed
    ledger.finish(first, RunState.FAILED, '{"why": "x"}', later(2))
    assert ledger.begin(later(3), SLOT) == first
    assert ledger.night(SLOT) == LedgerEntry(SLOT, later(3), None, RunState.RUNNING, "", 3)
    ledger.finish(first, RunState.DONE, "{}", later(4))
    assert ledger.begin(later(5), SLOT) is None
    done = LedgerEntry(SLOT, later(3), later(4), RunState.DONE, "{}", 3)
    assert ledger.night(SLOT) == done


def test_a_day_may_have_many_runs_beside_its_night(ledger: Ledger) -> None:
    numbers = [begin(ledger, NOON), begin(ledger, NOON), begin(ledger, NOON, SLOT)]
    assert len({*numbers}) == 3
    ledger.finish(numbers[1], RunState.DONE, "{}", later(9))
    assert [run.state for run in ledger.runs()] == [
        RunState.RUNNING,
        RunState.DONE,
        RunState.RUNNING,
    ]
    assert [night.slot for night in ledger.nights()] == [SLOT]


def test_runs_are_listed_as_they_began_and_nights_by_slot(ledger: Ledger) -> None:
    for n, days in enumerate((1, 2, 0)):
        begin(ledger, later(n), SLOT + timedelta(days=days))
    begin(ledger, later(9))
    assert [run.slot and run.slot.day for run in ledger.runs(3)] == [None, 22, 24]
    assert [night.slot and night.slot.day for night in ledger.nights(2)] == [24, 23]


def test_the_last_good_night_is_the_newest_that_is_done(ledger: Ledger) -> None:
    assert ledger.last_good_night() is None
    for n, state in enumerate((RunState.DONE, RunState.DONE, RunState.HELD)):
        number = begin(ledger, later(n), SLOT + timedelta(days=n))
        ledger.finish(number, state, "{}", later(n))
    ledger.finish(begin(ledger, later(9)), RunState.DONE, "{}", later(9))
    good = ledger.last_good_night()
    assert good
    assert good.slot == date(2026, 11, 23)
    assert ledger.night(date(2020, 1, 1)) is None


def test_time_zones_do_not_matter(ledger: Ledger) -> None:
    eastern = timezone(timedelta(hours=-5))
    begin(ledger, later(1).astimezone(eastern))
    begin(ledger, NOON)
    assert [run.started for run in ledger.runs()] == [later(1), NOON]


def test_an_archive_of_before_keeps_its_nights_and_loses_its_leases(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SECOND_LAYOUT)
    with Archive(path) as archive:
        killed, done = archive.ledger.nights()
        assert (killed.slot, killed.state, killed.attempts) == (
            SLOT + timedelta(days=1),
            RunState.RUNNING,
            2,
        )
        assert done == LedgerEntry(SLOT, NOON, later(1), RunState.DONE, "{}", 1)
        assert archive.ledger.begin(later(5), SLOT) is None
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "leases" not in tables
    assert "nights" not in tables
