"""Lists are complete, the key is sent to PubMed only, and faults leave no trace or stay visible."""

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
from ingest.pubmed.client import (
    Access,
    EmptyAnswerError,
    IncompleteListError,
    PubMed,
    PubMedError,
    check_answer,
    find_parts,
)
from ingest.pubmed.timing import RateLimiter, TransientError, UnreachableError
from tests.harvests import (
    KEY,
    TOPIC,
    StillClock,
    connected,
    fault_free,
    quiet,
    run_harvest,
    state_of,
)
from tests.pubmed_server import Answer, Fault, Paper, PubMedServer, ending, envelope, status

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
    assert report.problems == ("PubMed's answers have no Date header",)


@pytest.mark.parametrize(("key", "seconds"), [(None, 0.35), (KEY, 0.105)])
def test_three_requests_a_second_are_permitted_and_ten_with_a_key(
    pubmed_server: PubMedServer, tmp_path: Path, key: str | None, seconds: float
) -> None:
    still = StillClock()
    with connected(pubmed_server, tmp_path, still, key) as pubmed:
        for _ in range(11):
            pubmed.search("gut")
    assert still.now_s - 1000 == pytest.approx(10 * seconds)


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
        pubmed = PubMed(Access(), http, limiter)
        with pytest.raises(UnreachableError, match="the answer takes longer than 300 s; tried 8"):
            pubmed.fetch(["1"])


BACKEND = "Search Backend failed: Database is not supported: pubmed"
BLOCKED = "<!DOCTYPE html><html><head><title>WWW Error Blocked Diagnostic</title></head></html>"
TIMEOUT = "External viewer error: Empty Response from server, Timeout"

PASSING: dict[str, list[Fault]] = {
    "429": [status(429)] * 2,
    "429 with Retry-After": [status(429, "", Retry_After="3")],
    "429 that quotes": [status(429, '{"error":"API rate limit exceeded","count":"4"}')],
    "503": [status(503, "busy")] * 3,
    "502 page": [status(502, "<html>Bad Gateway</html>")],
    "400 envelope": [envelope(TIMEOUT, 400), envelope("proxy_stream(): cut off", 400)],
    "400 PubOne": [status(400, "error: PubOne request failed")],
    "200 envelope": [envelope(TIMEOUT)] * 2,
    "200 backend": [envelope(BACKEND)],
    "200 json": [status(200, '{"esearchresult":{"ERROR":"Search Backend failed: no"}}')],
    "200 page": [status(200, BLOCKED)] * 2,
    "403 page": [status(403, BLOCKED)],
    "200 nothing": [status(200, "")],
    "reset": [ending("reset")] * 2,
    "cut": [ending("cut", 0.6)],
    "hang": [ending("hang")],
}


@pytest.fixture
def server(pubmed_server: PubMedServer) -> PubMedServer:
    papers = (
        Paper(n, date(2026, 11, 1) + timedelta(days=n), title=f"Paper {n}") for n in range(1, 21)
    )
    pubmed_server.add(*papers)
    return pubmed_server


@pytest.mark.parametrize("name", ["esearch", "efetch"])
@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING.keys())
def test_a_passing_fault_leaves_no_trace(
    server: PubMedServer, tmp_path: Path, name: str, faults: list[Fault]
) -> None:
    wanted = fault_free(server, tmp_path / "good")
    server.faults[name] = list(faults)
    report = run_harvest(server, tmp_path / "bad")
    assert server.faults[name] == []
    assert (report.problems, report.missing, report.rejected) == ((), 0, 0)
    assert state_of(tmp_path / "bad") == wanted
    assert len(wanted.documents) == 20


def test_an_outage_of_half_a_minute_is_ridden_out(server: PubMedServer, tmp_path: Path) -> None:
    wanted = fault_free(server, tmp_path / "good")
    still = StillClock()
    back_s = still.now_s + 30

    def down(answer: Answer) -> Answer:
        return answer if still.now_s > back_s else Answer(b"down", 503)

    server.faults["efetch"] = [down] * 20
    report = run_harvest(server, tmp_path / "bad", still=still)
    assert report.problems == ()
    assert state_of(tmp_path / "bad") == wanted


def test_retry_after_is_obeyed_and_without_it_waits_grow(
    server: PubMedServer, tmp_path: Path
) -> None:
    still = StillClock()
    server.faults["efetch"] = [status(429, "", Retry_After="7"), *[status(429)] * 4]
    run_harvest(server, tmp_path, still=still)
    waits = [seconds for seconds in still.sleeps if seconds > 0.5]
    assert waits == [7, 1.5, 3, 6, 12]


@pytest.mark.parametrize(
    "fault",
    [
        status(429),
        status(200, BLOCKED),
        ending("cut", 0.5),
        status(400, '{"error":"API key invalid"}'),
        status(404, "gone"),
    ],
    ids=["429", "page", "cut", "key", "404"],
)
def test_a_lasting_fault_moves_no_watermark_and_the_next_run_mends_it(
    server: PubMedServer, tmp_path: Path, fault: Fault
) -> None:
    wanted = fault_free(server, tmp_path / "good")
    server.faults["efetch"] = [fault] * 30
    report = run_harvest(server, tmp_path / "bad")
    assert not report.is_complete
    broken = state_of(tmp_path / "bad")
    assert broken.watermarks == (None, None, None)
    assert broken.documents == ()
    assert len(broken.gaps) == 1
    server.faults.clear()
    assert run_harvest(server, tmp_path / "bad").problems == ()
    assert state_of(tmp_path / "bad") == wanted


def test_what_lasts_is_not_repeated(server: PubMedServer, tmp_path: Path) -> None:
    server.faults["esearch"] = [status(400, '{"error":"API key invalid","api-key":"x"}')]
    report = run_harvest(server, tmp_path)
    assert report.problems == ("API key invalid",)
    assert len(server.requests) == 1


def test_no_answer_that_is_no_data_is_kept(server: PubMedServer, tmp_path: Path) -> None:
    server.faults["efetch"] = [status(200, BLOCKED), envelope(BACKEND), ending("cut", 0.5)]
    run_harvest(server, tmp_path)
    assert b"Blocked" not in (tmp_path / "archive.sqlite").read_bytes()


def test_a_search_error_with_the_right_root_is_an_error(
    server: PubMedServer, tmp_path: Path
) -> None:
    wanted = fault_free(server, tmp_path / "good")
    body = f"<eSearchResult><ERROR>{BACKEND}</ERROR></eSearchResult>"
    server.faults["esearch"] = [status(200, body)] * 3
    assert run_harvest(server, tmp_path / "bad").problems == ()
    assert state_of(tmp_path / "bad") == wanted


ROOT = "eSearchResult"
GOOD = (
    b"<?xml version='1.0'?><!DOCTYPE eSearchResult><eSearchResult><Count>0</Count></eSearchResult>"
)


def test_a_complete_answer_is_accepted() -> None:
    check_answer(200, None, GOOD, ROOT)
    check_answer(200, None, b"<eSearchResult/>", ROOT)


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        (200, GOOD[:-3], "the answer was cut after 89 bytes"),
        (200, b"<other/>", "status 200 with <other/>"),
        (200, b"", "status 200 with an empty body"),
        (400, GOOD, "status 400 with "),  # refused, whatever stands in it
        (400, b"<eFetchResult><ERROR>Timeout</ERROR></eFetchResult>", "^Timeout$"),
        (403, b"", "^status 403$"),
        (429, GOOD, "^status 429$"),
        (500, GOOD, "^status 500$"),
        (200, b"<HTML><TITLE>Blocked\n now</TITLE>", "a web page instead of data: Blocked now"),
        (200, b"<html/>", "a web page instead of data: without a title"),
    ],
)
def test_what_may_be_over_soon_is_transient(code: int, body: bytes, message: str) -> None:
    with pytest.raises(TransientError, match=message):
        check_answer(code, None, body, ROOT)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (404, GOOD),
        (301, b""),
        (400, b'{"error":"API key invalid"}'),
        (200, b"<ERROR>Invalid db name specified: pubmad</ERROR>"),
        (200, b"<ERROR>unknown db pubmad</ERROR>"),
        (200, b"<ERROR>Search Backend can only retrieve the first 9,999</ERROR>"),
    ],
)
def test_what_lasts_is_refused(code: int, body: bytes) -> None:
    with pytest.raises(PubMedError) as caught:
        check_answer(code, None, body, ROOT)
    assert not isinstance(caught.value, EmptyAnswerError)


@pytest.mark.parametrize("message", ["ID list is empty! No", "Empty id list", "Empty result"])
def test_that_nothing_is_known_is_an_answer(message: str) -> None:
    with pytest.raises(EmptyAnswerError):
        check_answer(400, None, f"<ERROR>{message}</ERROR>".encode(), ROOT)


def test_a_long_message_is_not_quoted_at_length() -> None:
    with pytest.raises(TransientError) as caught:
        check_answer(200, None, b"no " * 1000, ROOT)
    assert len(str(caught.value)) < 200
