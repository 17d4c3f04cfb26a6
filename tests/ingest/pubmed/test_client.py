"""Complete lists however many hits there are; the key is sent to PubMed and is nowhere else."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from ingest.archive.archive import Archive
from ingest.archive.slices import DayRange
from ingest.harvest.topic_harvest import FAILURES, harvest
from ingest.pubmed.client import Access, IncompleteListError, PubMed, find_parts
from ingest.pubmed.timing import RateLimiter, RetryPolicy, UnreachableError
from tests.harvests import (
    KEY,
    TOPIC,
    StillClock,
    connected,
    quiet,
    run_harvest,
)
from tests.pubmed_server import Answer, Fault, Paper, PubMedServer, ending, status

FIRST = date(2026, 1, 1)

YEAR = DayRange(FIRST, date(2026, 12, 31))


@pytest.fixture
def pubmed(pubmed_server: PubMedServer, tmp_path: Path) -> Iterator[PubMed]:
    with connected(pubmed_server, tmp_path, StillClock()) as connection:
        yield connection


def many(count: int, days: int) -> Iterator[Paper]:
    """Unevenly over the days: half of all on the first."""
    for n in range(1, count + 1):
        yield Paper(n, FIRST + timedelta(days=0 if n % 2 else n % days))


def test_more_hits_than_pubmed_lists_are_found_by_dividing_the_days(
    pubmed_server: PubMedServer, pubmed: PubMed
) -> None:
    pubmed_server.add(*many(18_000, 300))
    parts = list(find_parts(pubmed, "gut", "edat", YEAR, 2_000))
    pmids = [pmid for _, found in parts for pmid in found.pmids]
    assert sorted(map(int, pmids)) == list(range(1, 18_001))
    assert [found.count for _, found in parts if found.count > 2_000] == [9_060]
    days = [part for part, _ in parts]
    assert (days[0].first, days[-1].last) == (YEAR.first, YEAR.last)
    assert all(b.first - a.last == timedelta(days=1) for a, b in pairwise(days))
    assert all("retstart" not in request.form for request in pubmed_server.requests)


def clamp(answer: Answer) -> Answer:
    """List less than is counted, as PubMed does across its limit."""
    return replace(answer, body=answer.body.replace(b"<Id>3</Id>", b"").replace(b"<Id>4</Id>", b""))


def test_a_page_that_is_cut_unsaid_is_noticed(pubmed_server: PubMedServer, pubmed: PubMed) -> None:
    pubmed_server.add(*many(40, 30))
    pubmed_server.faults["esearch"] = [clamp, clamp]
    parts = list(find_parts(pubmed, "gut", "edat", YEAR))
    assert len({pmid for _, found in parts for pmid in found.pmids}) == 40
    assert len(parts) == 3


def test_a_single_day_with_more_hits_than_pubmed_lists_is_an_error(
    pubmed_server: PubMedServer, pubmed: PubMed
) -> None:
    pubmed_server.add(*(Paper(n, FIRST) for n in range(1, 10_002)))
    with pytest.raises(IncompleteListError, match="counts 10001 hits and lists 9999"):
        list(find_parts(pubmed, "gut", "edat", YEAR))


def test_nothing_of_ours_can_expire_on_the_server(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, FIRST) for n in range(1, 500)))
    run_harvest(pubmed_server, tmp_path)
    said = {name.lower() for request in pubmed_server.requests for name in request.form}
    assert said.isdisjoint({"webenv", "usehistory", "query_key", "retstart"})
    assert {request.method for request in pubmed_server.requests} == {"POST"}
    assert max(len(r.form["id"].split(",")) for r in pubmed_server.asked("efetch")) == 200


def test_an_answer_without_a_date_stops_the_harvest(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.date = "yesterday"
    report = run_harvest(pubmed_server, tmp_path)
    assert report.problems == ("PubMed's answers carry no date",)


def test_a_key_permits_ten_requests_a_second(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    still = StillClock()
    with connected(pubmed_server, tmp_path, still, key="k" * 36) as pubmed:
        for _ in range(11):
            pubmed.search("gut")
    assert still.now_s - 1000 == pytest.approx(10 * 0.105)


QUOTES = f'{{"error":"API key invalid","api-key":"{KEY}"}}'


def harvest_with_key(server: PubMedServer, folder: Path) -> str:
    """Harvest, and return all that an error would show."""
    with (
        Archive(folder / "archive.sqlite") as archive,
        connected(server, folder, StillClock(), KEY) as pubmed,
    ):
        try:
            list(harvest(archive, pubmed, TOPIC, limit=None, progress=quiet))
        except FAILURES as error:
            return "".join(traceback.format_exception(error))
    return ""


def nowhere_on_disk(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return not any(KEY.encode() in path.read_bytes() for path in files)


def test_the_key_is_sent_in_the_body_only(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    harvest_with_key(pubmed_server, tmp_path)
    assert {request.form["api_key"] for request in pubmed_server.requests} == {KEY}
    assert {request.form["email"] for request in pubmed_server.requests} == {"nobody@example.org"}
    assert {request.form["tool"] for request in pubmed_server.requests} == {"gutbrain"}


@pytest.mark.parametrize("name", ["esearch", "efetch"])
@pytest.mark.parametrize(
    "fault",
    [
        status(400, QUOTES),
        status(400, f"<ERROR>no such key {KEY}</ERROR>"),
        status(429, QUOTES),
        status(200, f"<html><title>Blocked: api_key={KEY}</title></html>"),
        status(200, QUOTES),
        status(500, QUOTES),
        status(302, "", Location="http://127.0.0.1:9/"),
        ending("reset"),
    ],
)
def test_no_failure_shows_the_key(
    pubmed_server: PubMedServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    fault: Fault,
) -> None:
    caplog.set_level(logging.DEBUG)
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    pubmed_server.faults[name] = [fault] * 8
    shown = harvest_with_key(pubmed_server, tmp_path)
    assert shown
    assert KEY not in shown
    assert KEY not in caplog.text
    assert nowhere_on_disk(tmp_path)


def test_a_good_harvest_leaves_no_key_on_disk_or_in_logs(
    pubmed_server: PubMedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    assert harvest_with_key(pubmed_server, tmp_path) == ""
    assert nowhere_on_disk(tmp_path)
    assert KEY not in caplog.text
    assert "esearch.fcgi" in caplog.text  # httpx logs addresses, so one in them would show


def test_no_representation_shows_the_key() -> None:
    assert KEY not in repr(Access(key=KEY))
    assert KEY not in repr(httpx.Request("POST", "http://x/", data=Access(key=KEY).identity()))


def test_a_list_is_asked_for_as_far_as_pubmed_gives_it(
    pubmed_server: PubMedServer, pubmed: PubMed
) -> None:
    pubmed.search("gut")
    assert [request.form["retmax"] for request in pubmed_server.requests] == ["9999"]


def test_without_a_key_three_requests_a_second_are_permitted(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    still = StillClock()
    with connected(pubmed_server, tmp_path, still) as pubmed:
        for _ in range(11):
            pubmed.search("gut")
    assert still.now_s - 1000 == pytest.approx(10 * 0.35)


def test_an_answer_that_drips_is_given_up(tmp_path: Path) -> None:
    still = StillClock()

    def drip(_: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            yield b"<PubmedArticleSet>"
            still.now_s += 301
            yield b"</PubmedArticleSet>"

        return httpx.Response(200, content=pieces())

    with httpx.Client(transport=httpx.MockTransport(drip)) as http:
        limiter = RateLimiter(tmp_path / "pace", 3.0, still.clock)
        pubmed = PubMed(Access(), http, limiter, still.clock, RetryPolicy(attempts=2))
        with pytest.raises(UnreachableError, match="the answer takes longer than 300 s; tried 2"):
            pubmed.fetch(["1"])
