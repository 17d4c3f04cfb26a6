"""Faults of transport and server: each ends as if it had not been, or stays visible."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.pubmed.responses import EmptyAnswerError, PubMedError, check_answer, raise_if_busy
from ingest.pubmed.timing import TransientError
from tests.harvests import StillClock, fault_free, run_harvest, state_of
from tests.pubmed_server import (
    Answer,
    Fault,
    Paper,
    PubMedServer,
    ending,
    envelope,
    status,
)

FIRST = date(2026, 11, 1)

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
    papers = (Paper(n, FIRST + timedelta(days=n), title=f"Paper {n}") for n in range(1, 21))
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
        (200, GOOD[:-3], "the answer breaks off after 89 bytes"),
        (200, b"<other/>", "status 200 with <other/>"),
        (200, b"", "status 200 with nothing"),
        (400, GOOD, "status 400 with "),  # refused, whatever stands in it
        (400, b"<eFetchResult><ERROR>Timeout</ERROR></eFetchResult>", "^Timeout$"),
        (403, b"", "^status 403$"),
        (429, GOOD, "^status 429$"),
        (500, GOOD, "^status 500$"),
        (200, b"<HTML><TITLE>Blocked\n now</TITLE>", "a web page in place of data: Blocked now"),
        (200, b"<html/>", "a web page in place of data: without a title"),
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


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), (None, None), ("Wed, 21 Oct", None)])
def test_a_server_may_say_when_to_come_back(header: str | None, wait_s: float | None) -> None:
    with pytest.raises(TransientError) as caught:
        raise_if_busy(503, header, "http://x: ")
    assert (str(caught.value), caught.value.retry_after_s) == ("http://x: status 503", wait_s)


def test_a_long_message_is_not_quoted_at_length() -> None:
    with pytest.raises(TransientError) as caught:
        check_answer(200, None, b"no " * 1000, ROOT)
    assert len(str(caught.value)) < 200
