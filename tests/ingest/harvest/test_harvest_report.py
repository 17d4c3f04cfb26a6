"""A harvest summed up: counts over its slices, and whether anything failed."""

from datetime import date

import pytest

from ingest.archive.archive import StoreResult
from ingest.archive.slices import Slice, SliceState
from ingest.harvest.harvest_report import SliceOutcome, summarize

DONE = Slice("edat", "a", SliceState.DONE, asked=7, got=4, rejected=1, missing=("1", "2"))
FAILED = Slice("mdat", "b", SliceState.FAILED, asked=2, got=2, problem="status 503")


def test_counts_are_summed_over_the_slices() -> None:
    outcomes = [
        SliceOutcome(DONE, StoreResult(added=3, rejected=1), ("no such phrase",)),
        SliceOutcome(FAILED, StoreResult(added=1, stale=1), ("no such phrase",)),
    ]
    report = summarize(iter(outcomes), ["gone", "gone"], date(2026, 1, 2), requests=9)
    assert (report.asked, report.got, report.rejected, report.missing) == (9, 6, 1, 2)
    assert report.stored == StoreResult(added=4, stale=1, rejected=1)
    assert report.slices == (DONE, FAILED)
    assert report.problems == ("mdat b: status 503", "gone")
    assert report.warnings == ("no such phrase",)
    assert (report.as_of, report.requests) == (date(2026, 1, 2), 9)


@pytest.mark.parametrize(
    ("state", "problems", "is_complete"),
    [
        (SliceState.DONE, [], True),
        (SliceState.OPEN, [], True),
        (SliceState.PARTIAL, [], True),
        (SliceState.DONE, ["gone"], False),
        (SliceState.RUNNING, [], False),
        (SliceState.FAILED, [], False),
    ],
)
def test_a_harvest_is_complete_where_nothing_failed(
    state: SliceState, problems: list[str], *, is_complete: bool
) -> None:
    outcome = SliceOutcome(Slice("edat", "a", state, rejected=3))
    assert summarize([outcome], problems, None).is_complete is is_complete
