"""The pace of requests, over processes, and how long a failure is waited out."""

import subprocess
import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.pubmed.timing import (
    Clock,
    RateLimiter,
    TransientError,
    UnreachableError,
    raise_if_busy,
    retry,
)
from tests.harvests import StillClock, run_harvest
from tests.pubmed_server import Paper, PubMedServer

ROOT = Path(__file__).parents[3]


def starts(limiter: RateLimiter, still: StillClock, count: int) -> list[float]:
    moments: list[float] = []
    for _ in range(count):
        limiter.wait()
        moments.append(still.now_s)
    return moments


@pytest.mark.parametrize("rate_hz", [3.0, 10.0])
def test_no_second_sees_more_requests_than_permitted(tmp_path: Path, rate_hz: float) -> None:
    still = StillClock()
    moments = starts(RateLimiter(tmp_path / "pace", rate_hz, still.clock), still, 60)
    for moment in moments:
        assert sum(moment <= other < moment + 1 for other in moments) <= rate_hz
    assert moments[-1] - moments[0] == pytest.approx(59 * 1.05 / rate_hz)


def test_after_a_rest_there_is_no_burst(tmp_path: Path) -> None:
    still = StillClock()
    limiter = RateLimiter(tmp_path / "pace", 3.0, still.clock)
    starts(limiter, still, 3)
    still.now_s += 60
    moments = starts(limiter, still, 3)
    assert [b - a for a, b in pairwise(moments)] == [pytest.approx(0.35)] * 2


def test_all_that_name_the_same_file_share_one_pace(tmp_path: Path) -> None:
    still = StillClock()
    limiters = [RateLimiter(tmp_path / "pace", 3.0, still.clock) for _ in range(4)]
    moments = [moment for limiter in limiters * 5 for moment in starts(limiter, still, 1)]
    assert moments[-1] - moments[0] == pytest.approx(19 * 0.35)


TAKER = """
import sys, time
from pathlib import Path
from ingest.pubmed.timing import Clock, RateLimiter

limiter = RateLimiter(Path(sys.argv[1]), 100.0, Clock())
for _ in range(20):
    limiter.wait()
    print(time.monotonic(), flush=True)
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKER, str(tmp_path / "pace")]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    moments = sorted(float(line) for text in said for line in text.split())
    assert len(moments) == 60
    # what is late may come close to the next, but never all together
    assert moments[-1] - moments[0] >= 59 * 0.0105 * 0.9


@pytest.mark.parametrize("left", ["", "torn", "nan", "1e300", "00001500.000000"])
def test_what_a_reboot_or_a_torn_write_left_does_not_stop_us(tmp_path: Path, left: str) -> None:
    (tmp_path / "pace").write_text(left)
    still = StillClock()
    assert starts(RateLimiter(tmp_path / "pace", 3.0, still.clock), still, 1) == [1000.0]


def test_a_back_fill_goes_at_the_permitted_pace(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 2, 1)) for n in range(1, 1900)))
    still, moments = StillClock(), list[float]()
    pubmed_server.before = lambda _: moments.append(still.now_s)
    run_harvest(pubmed_server, tmp_path, still=still)
    assert len(moments) > 12
    assert all(b - a >= 1 / 3 for a, b in pairwise(moments))


def test_a_fault_that_lasts_is_given_up() -> None:
    still, tries = StillClock(), list[int]()

    def fail() -> None:
        tries.append(1)
        raise TransientError("no")

    with pytest.raises(UnreachableError, match="no; tried 8 times"):
        retry(fail, still.clock)
    assert len(tries) == 8
    assert still.sleeps == [0.75, 1.5, 3, 6, 12, 24, 45]


def test_a_wait_of_some_minutes_is_granted_and_a_longer_one_is_given_a_limit() -> None:
    still, answers = StillClock(), iter([TransientError("busy", 600), TransientError("busy", 1e9)])

    def attempt() -> str:
        for error in answers:
            raise error
        return "done"

    assert retry(attempt, still.clock) == "done"
    assert still.sleeps == [600, 900]


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "pace").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        RateLimiter(tmp_path / "pace", 3.0, StillClock().clock).wait()
    assert (tmp_path / "elsewhere").read_text() == ""


def test_the_real_clock_is_the_default() -> None:
    assert abs(Clock().now_s() - time.monotonic()) < 1
    assert 0 <= Clock().chance() < 1


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), (None, None), ("Wed, 21 Oct", None)])
def test_a_server_may_say_when_to_come_back(header: str | None, wait_s: float | None) -> None:
    with pytest.raises(TransientError) as caught:
        raise_if_busy(503, header, "http://x: ")
    assert (str(caught.value), caught.value.retry_after_s) == ("http://x: status 503", wait_s)
