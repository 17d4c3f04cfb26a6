"""Watermarks and gaps: what is done counts, up to the first hole."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.archive.archive import Archive
from ingest.archive.slices import BULK, DayRange, Gap, Slice, SliceBook, SliceState, holes, merge

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY_ONE = date(2026, 1, 1)


@pytest.fixture
def slices(tmp_path: Path) -> Iterator[SliceBook]:
    with Archive(tmp_path / "archive.sqlite") as archive:
        yield archive.slices


def day(n: int) -> date:
    return DAY_ONE + timedelta(days=n)


def write(slices: SliceBook, first: int, last: int, state: SliceState, problem: str = "") -> None:
    span = DayRange(day(first), day(last))
    piece = Slice("edat", span.name, state, span.first, span.last, problem=problem)
    slices.write(piece, NOON)


def bulk(slices: SliceBook, number: int, state: SliceState, last: date | None = None) -> None:
    name = f"pubmed{number // 10**6}n{number % 10**6:04}"
    slices.write(Slice(BULK, name, state, last, last, number), NOON)


DONE, FAILED, OPEN = SliceState.DONE, SliceState.FAILED, SliceState.OPEN


def test_the_watermark_is_the_end_of_the_first_run_without_a_gap(slices: SliceBook) -> None:
    assert slices.watermark("edat") is None
    write(slices, 0, 9, DONE)
    write(slices, 10, 19, DONE)
    write(slices, 30, 39, DONE)
    assert slices.watermark("edat") == day(19)
    assert slices.gaps("edat") == (Gap("edat", str(day(20)), str(day(29)), "not harvested"),)
    write(slices, 18, 31, DONE)
    assert slices.watermark("edat") == day(39)
    assert slices.gaps("edat") == ()


def test_a_failure_moves_nothing_and_is_told_until_it_is_made_good(slices: SliceBook) -> None:
    write(slices, 0, 9, DONE)
    write(slices, 10, 19, FAILED, "status 503")
    write(slices, 20, 29, DONE)
    assert slices.watermark("edat") == day(9)
    assert slices.gaps("edat") == (Gap("edat", str(day(10)), str(day(19)), "status 503"),)
    write(slices, 5, 14, DONE)
    assert [(gap.first, gap.reason) for gap in slices.gaps("edat")] == [
        (str(day(15)), "status 503")
    ]
    write(slices, 10, 20, DONE)
    assert slices.watermark("edat") == day(29)
    assert [piece.state for piece in slices.of("edat")] == [DONE] * 4


def test_a_failure_before_everything_leaves_no_watermark(slices: SliceBook) -> None:
    write(slices, 5, 9, DONE)
    write(slices, 0, 4, FAILED, "no")
    assert slices.watermark("edat") is None


def test_days_that_are_not_over_are_no_gap_and_no_claim(slices: SliceBook) -> None:
    write(slices, 0, 9, DONE)
    write(slices, 10, 11, OPEN)
    assert (slices.watermark("edat"), slices.gaps("edat")) == (day(9), ())


def test_what_a_dead_process_left_running_is_forgotten_and_failures_are_not(
    slices: SliceBook,
) -> None:
    write(slices, 0, 9, SliceState.RUNNING)
    write(slices, 10, 19, FAILED)
    write(slices, 20, 29, OPEN)
    slices.forget_unfinished("edat")
    assert [piece.state for piece in slices.of("edat")] == [FAILED]


def test_a_slice_comes_back_as_it_was(slices: SliceBook) -> None:
    piece = Slice("edat", "x", DONE, day(0), day(1), 7, 10, 6, 1, ("1", "2", "3"), "md5", "no")
    slices.write(piece, NOON)
    assert slices.of("edat") == (piece,)
    assert slices.find("edat", "x") == piece


def test_a_baseline_claims_nothing_before_its_last_file(slices: SliceBook) -> None:
    bulk(slices, 26_000_001, DONE)
    bulk(slices, 26_000_002, DONE)
    assert slices.watermark(BULK) is None
    bulk(slices, 26_000_003, DONE, day(9))
    assert slices.watermark(BULK) == day(9)
    bulk(slices, 26_000_005, DONE, day(11))
    assert slices.watermark(BULK) == day(9)
    assert [(gap.first, gap.last) for gap in slices.gaps(BULK)] == [("pubmed26n0004",) * 2]


def test_a_new_year_counts_from_when_it_is_whole(slices: SliceBook) -> None:
    bulk(slices, 26_000_001, DONE, day(9))
    bulk(slices, 26_000_003, DONE, day(11))
    bulk(slices, 27_000_001, DONE)
    assert slices.watermark(BULK) == day(9)
    assert [gap.first for gap in slices.gaps(BULK)] == ["pubmed26n0002"]
    bulk(slices, 27_000_002, DONE, day(20))
    assert (slices.watermark(BULK), slices.gaps(BULK)) == (day(20), ())


def span(first: int, length: int) -> DayRange:
    return DayRange(day(first), day(first + length))


spans = st.builds(span, st.integers(0, 60), st.integers(0, 20))


def days_of(some: tuple[DayRange, ...] | list[DayRange]) -> set[date]:
    return {
        span.first + timedelta(days=n)
        for span in some
        for n in range((span.last - span.first).days + 1)
    }


@given(some=st.lists(spans, max_size=8), whole=spans)
def test_holes_are_the_days_that_are_not_covered(some: list[DayRange], whole: DayRange) -> None:
    merged = merge(some)
    assert days_of(merged) == days_of(some)
    assert all(b.first - a.last > timedelta(days=1) for a, b in pairwise(merged))
    assert days_of(holes(whole, merged)) == days_of([whole]) - days_of(some)


def test_the_reason_of_a_gap_is_that_of_the_slices_that_touch_it(slices: SliceBook) -> None:
    write(slices, 0, 1, DONE)
    write(slices, 2, 3, FAILED, "status 503")
    write(slices, 4, 5, DONE)
    write(slices, 6, 7, FAILED, "cut short")
    write(slices, 8, 9, DONE)
    assert [gap.reason for gap in slices.gaps("edat")] == ["status 503", "cut short"]


def test_a_bulk_file_that_failed_says_why_and_is_no_stretch_of_days(slices: SliceBook) -> None:
    bulk(slices, 26 * 10**6 + 1, DONE, day(9))
    slices.write(Slice(BULK, "pubmed26n0002", FAILED, number=26 * 10**6 + 2, problem="md5"), NOON)
    failed = Slice(BULK, "pubmed26n0003", FAILED, day(5), day(5), number=26 * 10**6 + 3)
    slices.write(failed, NOON)
    bulk(slices, 26 * 10**6 + 4, DONE, day(9))
    bulk(slices, 26 * 10**6 + 5, DONE, day(5))
    assert [(gap.first, gap.reason) for gap in slices.gaps(BULK)] == [
        ("pubmed26n0002", "md5"),
        ("pubmed26n0003", "failed"),
    ]
