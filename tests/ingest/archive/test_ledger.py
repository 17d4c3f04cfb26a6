"""Leases and runs: exactly one works, and a slot that is done stays done."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.ledger import Ledger, RunState

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = date(2026, 11, 22)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Archive(tmp_path / "archive.sqlite") as archive:
        yield archive.ledger


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_of_two_holders_one_gets_the_lease(ledger: Ledger) -> None:
    assert ledger.acquire_lease("night", "a", 60, NOON)
    assert not ledger.acquire_lease("night", "b", 60, later(59))
    assert ledger.acquire_lease("another", "b", 60, NOON)
    assert ledger.acquire_lease("night", "a", 60, later(30))
    lease = ledger.lease("night")
    assert lease
    assert (lease.holder, lease.expires) == ("a", later(90))


def test_an_expired_lease_may_be_taken_and_is_lost_to_its_holder(ledger: Ledger) -> None:
    ledger.acquire_lease("night", "a", 60, NOON)
    assert ledger.acquire_lease("night", "b", 60, later(60))
    assert not ledger.renew_lease("night", "a", 60, later(61))
    assert not ledger.release_lease("night", "a")
    assert ledger.renew_lease("night", "b", 60, later(61))


def test_a_released_lease_is_free(ledger: Ledger) -> None:
    ledger.acquire_lease("night", "a", 60, NOON)
    assert ledger.release_lease("night", "a")
    assert ledger.lease("night") is None
    assert ledger.acquire_lease("night", "b", 60, NOON)


def test_time_zones_do_not_matter(ledger: Ledger) -> None:
    eastern = timezone(timedelta(hours=-5))
    ledger.acquire_lease("night", "a", 60, NOON.astimezone(eastern))
    assert not ledger.acquire_lease("night", "b", 60, later(59))
    assert ledger.acquire_lease("night", "b", 60, later(60).astimezone(eastern))


CLAIMER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ingest.archive.archive import Archive

with Archive(Path(sys.argv[1])) as archive:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    print(archive.ledger.acquire_lease("night", sys.argv[2], 60, now))
"""


def test_of_many_processes_at_once_one_gets_the_lease(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIMER, str(tmp_path / "archive.sqlite")]
    processes = [
        subprocess.Popen([*command, str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    said = [process.communicate()[0].strip() for process in processes]
    assert sorted(said) == ["False"] * 3 + ["True"]


def test_a_done_slot_is_not_run_again_and_any_other_is(ledger: Ledger) -> None:
    assert ledger.begin_run(SLOT, NOON)
    assert ledger.begin_run(SLOT, later(1))  # the first was killed
    ledger.finish_run(SLOT, RunState.FAILED, '{"why": "x"}', later(2))
    assert ledger.begin_run(SLOT, later(3))
    ledger.finish_run(SLOT, RunState.DONE, "{}", later(4))
    assert not ledger.begin_run(SLOT, later(5))
    run = ledger.run(SLOT)
    assert run
    assert (run.state, run.attempts, run.started, run.finished) == (
        RunState.DONE,
        3,
        later(3),
        later(4),
    )


def test_runs_are_listed_newest_first(ledger: Ledger) -> None:
    for n, state in enumerate((RunState.DONE, RunState.DONE, RunState.HELD)):
        ledger.begin_run(SLOT + timedelta(days=n), later(n))
        ledger.finish_run(SLOT + timedelta(days=n), state, "{}", later(n))
    assert [run.slot.day for run in ledger.runs(2)] == [24, 23]
    good = ledger.last_good_run()
    assert good
    assert good.slot.day == 23
    assert ledger.run(date(2020, 1, 1)) is None
