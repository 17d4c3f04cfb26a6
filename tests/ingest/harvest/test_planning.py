"""Which days a harvest reads: by PubMed's clock, gaps first, the recent ones again."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.slices import DayRange, Slice, SliceBook, SliceState
from ingest.harvest.planning import (
    EDAT,
    KINDS,
    MDAT,
    SWEEP,
    ClockError,
    Days,
    Topic,
    calendar,
    check_clock,
    is_sweep_due,
    plan,
)
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
    pubmed_server.add(Paper(2, day(20)))
    assert run_harvest(pubmed_server, tmp_path).is_complete
    before = state_of(tmp_path)
    pubmed_server.now -= timedelta(days=400)
    pubmed_server.add(Paper(1, day(20)))
    report = run_harvest(pubmed_server, tmp_path)
    assert "PubMed has not reached that day" in report.problems[0]
    assert state_of(tmp_path) == before


DAYS = Days(day(21), day(23))
SINCE = Topic("gut", date(2026, 1, 1))


@pytest.fixture
def slices(tmp_path: Path) -> Iterator[SliceBook]:
    with Archive(tmp_path / "archive.sqlite") as archive:
        yield archive.slices


def done(slices: SliceBook, kind: str, first: date, last: date) -> None:
    piece = Slice(SINCE.source(kind), f"{first}", SliceState.DONE, first, last)
    slices.write(piece, datetime(2026, 11, 22, tzinfo=UTC))


def test_new_records_are_read_from_the_first_day_and_revised_ones_from_now(
    slices: SliceBook,
) -> None:
    assert plan(slices, SINCE, EDAT, DAYS) == (DayRange(SINCE.since, day(21)),)
    assert plan(slices, SINCE, MDAT, DAYS) == (DayRange(day(8), day(21)),)
    assert KINDS[::-1] == (EDAT, MDAT)  # revised ones first, so that a long back-fill loses none


def test_what_is_recent_is_read_again(slices: SliceBook) -> None:
    done(slices, EDAT, SINCE.since, day(21))
    done(slices, MDAT, day(1), day(21))
    assert plan(slices, SINCE, EDAT, DAYS) == (DayRange(day(15), day(21)),)
    assert plan(slices, SINCE, MDAT, DAYS) == (DayRange(day(8), day(21)),)


def test_gaps_come_first_and_days_that_touch_are_one(slices: SliceBook) -> None:
    done(slices, EDAT, SINCE.since, date(2026, 2, 28))
    done(slices, EDAT, date(2026, 4, 1), day(14))
    gap = DayRange(date(2026, 3, 1), date(2026, 3, 31))
    assert plan(slices, SINCE, EDAT, DAYS) == (gap, DayRange(day(15), day(21)))


def test_a_topic_that_is_younger_than_the_overlap_begins_with_its_first_day(
    slices: SliceBook,
) -> None:
    young = Topic("gut", day(20))
    assert plan(slices, young, EDAT, DAYS) == (DayRange(day(20), day(21)),)
    assert plan(slices, Topic("gut", day(22)), EDAT, DAYS) == ()


@pytest.mark.parametrize(("last", "is_refused"), [(24, False), (25, True)])
def test_a_claim_of_more_than_the_next_day_is_refused(
    slices: SliceBook, last: int, *, is_refused: bool
) -> None:
    done(slices, EDAT, day(20), day(last))
    with pytest.raises(ClockError) if is_refused else nullcontext():
        check_clock(slices, SINCE.source(EDAT), DAYS)


@pytest.mark.parametrize(("swept", "is_due"), [(14, True), (15, False)])
def test_a_sweep_is_due_after_a_week(slices: SliceBook, swept: int, *, is_due: bool) -> None:
    assert is_sweep_due(slices, SINCE, DAYS)
    done(slices, SWEEP, SINCE.since, day(swept))
    assert is_sweep_due(slices, SINCE, DAYS) is is_due


def test_a_topic_is_bound_to_its_first_day_where_it_has_one() -> None:
    assert Topic("gut OR brain").term == "gut OR brain"
    assert Topic("gut OR brain", day(2)).term == (
        '(gut OR brain) AND ("2026/11/02"[edat] : "3000"[edat])'
    )
    assert Topic("gut").digest != SINCE.digest
    assert set(SINCE.sources) == {f"{kind} {SINCE.digest}" for kind in (EDAT, MDAT, SWEEP)}
