"""Night after night: new, revised, withdrawn; clocks, days, kills and limits."""

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.slices import SliceState
from ingest.harvest.planning import Topic
from tests.harvests import NIGHT, TOPIC, fault_free, run_harvest, state_of
from tests.pubmed_server import Paper, PubMedServer, Request, none, status

ROOT = Path(__file__).parents[3]


def day(n: int) -> date:
    return date(2026, 11, n)


def fetched(server: PubMedServer) -> set[str]:
    """Name the PMIDs fetched since last asked."""
    found = {pmid for request in server.asked("efetch") for pmid in request.form["id"].split(",")}
    server.requests.clear()
    return found


def test_the_next_night_brings_what_is_new_and_what_is_revised_and_little_else(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 3, 1)) for n in range(1, 50)))
    run_harvest(pubmed_server, tmp_path)
    assert len(fetched(pubmed_server)) == 49
    pubmed_server.now += timedelta(days=1)
    pubmed_server.add(Paper(7, date(2026, 3, 1), day(22), title="corrected"), Paper(60, day(23)))
    report = run_harvest(pubmed_server, tmp_path)
    assert fetched(pubmed_server) == {"7", "60"}
    assert (report.stored.added, report.stored.updated) == (1, 1)
    state = state_of(tmp_path)
    assert {d.title for d in state.documents} >= {"corrected", "Paper 60"}
    assert state.watermarks[:2] == (day(22), day(22))


def test_a_repeated_night_changes_nothing(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(*(Paper(n, day(20)) for n in range(1, 9)))
    run_harvest(pubmed_server, tmp_path)
    before = state_of(tmp_path)
    with Archive(tmp_path / "archive.sqlite") as archive:
        newest = archive.changes.newest()
    report = run_harvest(pubmed_server, tmp_path)
    assert (report.stored.added, report.stored.updated, report.stored.deleted) == (0, 0, 0)
    assert state_of(tmp_path) == before
    with Archive(tmp_path / "archive.sqlite") as archive:
        assert archive.changes.newest() == newest


def test_a_record_indexed_late_is_found_within_the_overlap(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(9, day(1)))
    assert run_harvest(pubmed_server, tmp_path).is_complete
    pubmed_server.add(Paper(1, day(17)))
    pubmed_server.add(Paper(9, day(1), on_topic=False))  # so that the full list is no longer
    run_harvest(pubmed_server, tmp_path)
    assert [d.pmid for d in state_of(tmp_path).documents] == ["1", "9"]


def test_nights_that_did_not_run_are_made_up(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(Paper(9, day(1)))
    assert run_harvest(pubmed_server, tmp_path).is_complete
    pubmed_server.now += timedelta(days=60)
    pubmed_server.add(Paper(1, date(2026, 12, 1)), Paper(2, date(2027, 1, 15)))
    run_harvest(pubmed_server, tmp_path)
    state = state_of(tmp_path)
    assert [d.pmid for d in state.documents] == ["1", "2", "9"]
    assert state.watermarks[:2] == (date(2027, 1, 20), date(2027, 1, 20))
    assert state.gaps == ()


def test_a_failed_slice_is_a_gap_though_later_ones_are_done_and_is_filled_alone(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, date(2026, 2, 1), kind="withheld"))
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(2, 2003)))
    pubmed_server.add(*(Paper(n, date(2026, 10, 1)) for n in range(3000, 3050)))
    run_harvest(pubmed_server, tmp_path)
    state = state_of(tmp_path)
    assert len(state.documents) == 2051
    (gap,) = [gap for gap in state.gaps if gap.source == TOPIC.source("edat")]
    assert (gap.first, gap.last) <= ("2026-02-01", "2026-06-01")
    pubmed_server.add(Paper(1, date(2026, 2, 1)))
    fetched(pubmed_server)
    run_harvest(pubmed_server, tmp_path)
    assert not fetched(pubmed_server) & {str(n) for n in range(3000, 3050)}
    state = state_of(tmp_path)
    assert len(state.documents) == 2052
    assert (state.gaps, state.watermarks[0]) == ((), day(21))


def test_the_weekly_sweep_finds_what_the_streams_cannot(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 30)))
    pubmed_server.add(Paper(40, date(2026, 2, 1), on_topic=False))
    run_harvest(pubmed_server, tmp_path)
    pubmed_server.add(Paper(40, date(2026, 2, 1)))  # matches now, and its dates say nothing
    pubmed_server.add(Paper(41, date(2026, 2, 1)))
    pubmed_server.add(Paper(2, date(2026, 2, 1), on_topic=False))  # is there, but off topic
    del pubmed_server.papers[1]  # gone, and nothing says so: as many as before
    pubmed_server.now += timedelta(days=3)
    run_harvest(pubmed_server, tmp_path)
    assert state_of(tmp_path).deleted == set()
    pubmed_server.now += timedelta(days=4)
    assert run_harvest(pubmed_server, tmp_path).is_complete
    state = state_of(tmp_path)
    assert state.deleted == {"1"}
    assert {d.pmid for d in state.documents} == {str(n) for n in (*range(2, 30), 40, 41)}
    assert state.members == {str(n) for n in (*range(3, 30), 40, 41)}


def test_a_count_that_is_not_ours_makes_the_sweep_due_at_once(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 30)))
    run_harvest(pubmed_server, tmp_path)
    del pubmed_server.papers[1]
    pubmed_server.now += timedelta(days=1)
    assert run_harvest(pubmed_server, tmp_path).is_complete
    assert state_of(tmp_path).deleted == {"1"}


def test_a_list_that_has_lost_too_much_is_not_believed(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 101)))
    run_harvest(pubmed_server, tmp_path)
    for n in range(1, 31):
        del pubmed_server.papers[n]
    pubmed_server.now += timedelta(days=8)
    report = run_harvest(pubmed_server, tmp_path)
    assert (
        "30 records are gone from PubMed's list, which has 70: not believed" in report.problems[0]
    )
    assert len(state_of(tmp_path).documents) == 100


def test_another_topic_begins_anew(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(Paper(1, date(2026, 2, 1)))
    run_harvest(pubmed_server, tmp_path)
    fetched(pubmed_server)
    run_harvest(pubmed_server, tmp_path, topic=Topic("another", date(2026, 1, 1)))
    assert fetched(pubmed_server) == {"1"}


def test_the_day_of_the_harvest_is_read_but_not_claimed(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, day(22)))
    run_harvest(pubmed_server, tmp_path)
    pubmed_server.add(Paper(2, day(22)))
    pubmed_server.now += timedelta(hours=12)
    assert state_of(tmp_path).watermarks[0] == day(21)
    run_harvest(pubmed_server, tmp_path)
    assert [d.pmid for d in state_of(tmp_path).documents] == ["1", "2"]


def test_our_clock_does_not_matter(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(Paper(1, day(20)))
    wanted = fault_free(pubmed_server, tmp_path / "good")
    for year in (1999, 2031):
        run_harvest(pubmed_server, tmp_path / str(year), at=datetime(year, 1, 1, tzinfo=UTC))
        assert state_of(tmp_path / str(year)) == wanted


def test_a_limit_reads_so_many_records_and_claims_nothing(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 501)))
    report = run_harvest(pubmed_server, tmp_path, limit=120)
    assert (report.got, [p.state for p in report.slices][-1]) == (120, SliceState.PARTIAL)
    assert state_of(tmp_path).watermarks[0] is None
    run_harvest(pubmed_server, tmp_path)
    assert state_of(tmp_path) == fault_free(pubmed_server, tmp_path / "good")


HARVESTER = """
import sys
from pathlib import Path
from tests.harvests import run_harvest
from tests.pubmed_server import PubMedServer

server = PubMedServer(sys.argv[1])
print(run_harvest(server, Path(sys.argv[2])).problems, flush=True)
"""


def harvester(server: PubMedServer, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", HARVESTER, server.url, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


@pytest.mark.parametrize("request_number", [3, 8, 14])
def test_a_killed_harvest_is_continued_by_the_next(
    pubmed_server: PubMedServer, tmp_path: Path, request_number: int
) -> None:
    months = [date(2026, month, 1) for month in range(1, 11)]
    pubmed_server.add(*(Paper(n, months[n % 10]) for n in range(1, 2400)))
    wanted = fault_free(pubmed_server, tmp_path / "good")
    process = harvester(pubmed_server, tmp_path / "bad")

    def kill(_: object) -> None:
        if len(pubmed_server.requests) == request_number:
            process.send_signal(signal.SIGKILL)

    pubmed_server.before = kill
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    run_harvest(pubmed_server, tmp_path / "bad")
    assert state_of(tmp_path / "bad") == wanted


def test_two_harvests_at_once_end_as_one(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 900)))
    wanted = fault_free(pubmed_server, tmp_path / "good")
    processes = [harvester(pubmed_server, tmp_path / "bad") for _ in range(2)]
    assert [process.communicate()[0] for process in processes] == [b"()\n", b"()\n"]
    assert state_of(tmp_path / "bad") == wanted


def test_a_harvest_that_breaks_off_keeps_what_came_and_says_so(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 500)))
    pubmed_server.faults["efetch"] = [none, none, *[status(503)] * 20]
    report = run_harvest(pubmed_server, tmp_path)
    assert "PubMed's efetch: status 503; tried 8 times" in report.problems
    state = state_of(tmp_path)
    assert len(state.documents) == 400
    assert state.watermarks[0] is None
    assert "status 503" in state.gaps[0].reason


FIRST = date(2026, 1, 1)


def test_books_deletions_and_versions_are_accounted_for(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, kind="book"), Paper(3, FIRST, version=2))
    pubmed_server.add(Paper(4, FIRST))

    def withdraw(request: Request) -> None:
        if request.name == "efetch":
            pubmed_server.add(Paper(4, FIRST, kind="deleted"))

    pubmed_server.before = withdraw
    report = run_harvest(pubmed_server, tmp_path)
    assert (report.asked, report.got, report.missing, report.problems) == (4, 4, 0, ())
    state = state_of(tmp_path)
    assert [(d.pmid, d.version) for d in state.documents] == [("1", 1), ("2", 1), ("3", 2)]
    assert state.deleted == {"4"}


def test_a_record_that_is_listed_and_never_comes_stays_a_gap_until_it_does(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, kind="withheld"))
    report = run_harvest(pubmed_server, tmp_path)
    assert not report.is_complete
    assert report.missing >= 1
    state = state_of(tmp_path)
    assert [d.pmid for d in state.documents] == ["1"]
    assert [pmid for pmid, _ in state.dead] == ["2"]
    assert state.watermarks[0] is None
    assert "1 records not delivered, first 2" in state.gaps[0].reason
    pubmed_server.add(Paper(2, FIRST))
    assert run_harvest(pubmed_server, tmp_path).is_complete
    state = state_of(tmp_path)
    assert (state.dead, state.gaps) == ((), ())
    assert state.watermarks[0] == date(2026, 11, 21)


def test_a_record_that_never_comes_does_not_hold_up_the_watermark_for_ever(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, kind="withheld"))
    nights = [NIGHT + timedelta(days=n) for n in range(3)]
    reports = [run_harvest(pubmed_server, tmp_path, at=night) for night in nights]
    assert [report.is_complete for report in reports] == [False, False, True]
    state = state_of(tmp_path)
    assert [pmid for pmid, _ in state.dead] == ["2"]
    assert (state.gaps, state.watermarks[0]) == ((), date(2026, 11, 21))


def test_what_vanishes_before_it_is_fetched_was_not_promised(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(9, day(1)))
    run_harvest(pubmed_server, tmp_path)
    pubmed_server.now += timedelta(days=1)
    pubmed_server.add(*(Paper(n, day(16)) for n in (1, 2, 3)))

    def vanish(request: Request) -> None:
        if request.name == "efetch":
            pubmed_server.papers.pop(2, None)
            pubmed_server.add(Paper(3, FIRST, kind="deleted"))

    pubmed_server.before = vanish
    report = run_harvest(pubmed_server, tmp_path)
    asked = [(piece.asked, piece.got) for piece in report.slices if piece.asked]
    assert asked[:2] == [(2, 2), (1, 1)]  # revised, then new
    assert (report.missing, report.is_complete) == (0, True)
    assert state_of(tmp_path).members == {"1", "9"}
