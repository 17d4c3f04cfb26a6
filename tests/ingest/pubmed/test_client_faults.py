"""What PubMed cannot mean is asked again: counts, dates, sizes; and no message shows the e-mail."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from ingest.archive.slices import DayRange
from ingest.pubmed import client
from ingest.pubmed.client import Access, PubMed, check_answer, find_parts
from ingest.pubmed.timing import RateLimiter, TransientError, UnreachableError
from tests.harvests import StillClock, connected, run_harvest
from tests.pubmed_server import Fault, Paper, PubMedServer, envelope, replaced, status

FIRST = date(2026, 1, 1)
YEAR = DayRange(FIRST, date(2026, 12, 31))
EMAIL = "nobody@example.org"


@pytest.fixture
def pubmed(pubmed_server: PubMedServer, tmp_path: Path) -> Iterator[PubMed]:
    pubmed_server.add(*(Paper(n, FIRST) for n in range(1, 31)))
    with connected(pubmed_server, tmp_path, StillClock()) as connection:
        yield connection


def search_answer(inside: str) -> Fault:
    return status(200, f"<eSearchResult>{inside}</eSearchResult>")


COUNTS = {
    "<IdList/>": "the search's answer counts nothing",
    "<Count></Count>": "the search's answer counts nothing",
    "<Count>many</Count>": "the search's answer counts 'many'",
    "<Count>-1</Count>": "the search's answer counts '-1'",
    "<Count>1234567890</Count>": "the search's answer counts '1234567890'",
    "<Count>\x9b31m</Count>": r"the search's answer counts '\x9b31m'",
    "<Count>1</Count><IdList><Id>../x</Id></IdList>": "lists '../x', which is no PMID",
    "<error>backend\x9bdown</error><Count>0</Count>": r"backend\x9bdown",
    "<ERROR a='b'>down</ERROR ><Count>0</Count>": "down",
    "<Count>0</Cnt>": "the search's answer is no XML: ",
}


@pytest.mark.parametrize(("inside", "message"), COUNTS.items())
def test_a_search_that_counts_nothing_believable_is_asked_again(
    pubmed_server: PubMedServer, pubmed: PubMed, inside: str, message: str
) -> None:
    pubmed_server.faults["esearch"] = [search_answer(inside)] * 9
    with pytest.raises(UnreachableError) as caught:
        pubmed.search("gut")
    assert str(caught.value).startswith("PubMed's esearch: ")
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert pubmed.requests == 8
    assert pubmed.search("gut").count == 30


def test_a_count_stands_as_it_is_written(pubmed_server: PubMedServer, pubmed: PubMed) -> None:
    for text, count in (("123456789", 123_456_789), (" 7\n", 7)):
        pubmed_server.faults["esearch"] = [search_answer(f"<Count>{text}</Count>")]
        assert pubmed.search("gut").count == count


@pytest.mark.parametrize(
    "fault",
    [
        search_answer("<Count>19</Count>"),
        search_answer("<Count>0</Count>"),
        envelope("Empty result"),
        search_answer("<ERROR>Empty result</ERROR>"),
    ],
)
def test_a_count_below_the_least_is_asked_again(
    pubmed_server: PubMedServer, pubmed: PubMed, fault: Fault
) -> None:
    pubmed_server.faults["esearch"] = [fault, search_answer("<Count>20</Count>")]
    assert pubmed.search("gut", least=20).count == 20


def test_nothing_is_believed_when_it_is_said_twice(
    pubmed_server: PubMedServer, pubmed: PubMed
) -> None:
    nothing = search_answer("<Count>0</Count>")
    pubmed_server.faults["esearch"] = [nothing]
    assert [found.count for _, found in find_parts(pubmed, "gut", "edat", YEAR)] == [30]
    pubmed_server.faults["esearch"] = [nothing] * 2
    assert [found.count for _, found in find_parts(pubmed, "gut", "edat", YEAR)] == [0]


def test_what_a_search_remarks_is_printable(pubmed_server: PubMedServer, pubmed: PubMed) -> None:
    remark = f"<ErrorList><PhraseNotFound>\x9b {EMAIL}</PhraseNotFound></ErrorList>"
    pubmed_server.faults["esearch"] = [search_answer(f"<Count>0</Count>{remark}")]
    assert pubmed.search("gut").warnings == (r"PhraseNotFound: \x9b ***",)


@pytest.mark.parametrize(("days", "is_believed"), [(-2, True), (2, True), (-3, False), (3, False)])
def test_a_date_that_is_days_off_our_clock_is_asked_for_again(
    tmp_path: Path, days: int, *, is_believed: bool
) -> None:
    dated = UTC_NOW + timedelta(days=days)
    headers = {"Date": format_datetime(dated, usegmt=True)}
    pubmed = offline(tmp_path, lambda: httpx.Response(200, headers=headers, content=COUNTED))
    if is_believed:
        assert pubmed.server_time() == dated
    else:
        with pytest.raises(UnreachableError, match=f"dated {dated:%Y-%m-%d}, our clock 2026-11-22"):
            pubmed.server_time()


def test_a_date_that_was_wrong_once_claims_nothing(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST))
    pubmed_server.date = "Wed, 26 Nov 2036 10:00:00 GMT"
    assert "dated 2036-11-26" in run_harvest(pubmed_server, tmp_path).problems[0]
    pubmed_server.date = "Fri, 31 Dec 9999 23:59:59 -1400"  # is no time at all
    assert run_harvest(pubmed_server, tmp_path).problems == (
        "PubMed's answers have no Date header",
    )
    pubmed_server.date = None
    assert run_harvest(pubmed_server, tmp_path).is_complete


UTC_NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
COUNTED = b"<eSearchResult><Count>1</Count></eSearchResult>"
SET = b"<PubmedArticleSet></PubmedArticleSet>"


def offline(folder: Path, answer: Callable[[], httpx.Response]) -> PubMed:
    """A PubMed that answers always the same, on 22 November 2026 by our clock."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer()))
    clock = StillClock().beside(PubMedServer(""))
    return PubMed(Access(), http, RateLimiter(folder / "pace", 3.0, clock))


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_an_answer_that_is_too_large_is_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER_BYTES", len(SET))
    taken: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield SET[:-1]
        yield b" " * more + SET[-1:]
        taken.append(1)

    pubmed = offline(tmp_path, lambda: httpx.Response(200, content=pieces()))
    if is_read:
        assert pubmed.fetch(["1"]) == SET
        assert taken
    else:
        with pytest.raises(UnreachableError, match="the answer is larger than 0 MiB, unpacked"):
            pubmed.fetch(["1"])
        assert not taken


@pytest.mark.parametrize(
    ("encoding", "is_read"), [("gzip", True), ("GZIP", True), ("gzip, gzip", False), ("br", False)]
)
def test_only_what_was_asked_for_is_unpacked(
    tmp_path: Path, encoding: str, *, is_read: bool
) -> None:
    headers = {"Content-Encoding": encoding}

    def packed() -> httpx.Response:
        stream = httpx.ByteStream(gzip.compress(SET))
        return httpx.Response(200, headers=headers, stream=stream)

    pubmed = offline(tmp_path, packed)
    if is_read:
        assert pubmed.fetch(["1"]) == SET
    else:
        with pytest.raises(UnreachableError, match="packed as nobody asked for"):
            pubmed.fetch(["1"])


@pytest.mark.parametrize("written", [EMAIL, EMAIL.upper(), "nobody%40example.org"])
@pytest.mark.parametrize("name", ["esearch", "efetch"])
def test_no_failure_shows_the_email(
    pubmed_server: PubMedServer, tmp_path: Path, name: str, written: str
) -> None:
    pubmed_server.add(Paper(1, date(2026, 11, 1)))
    pubmed_server.faults[name] = [status(400, f"<ERROR>blocked: {written}</ERROR>")] * 8
    (problem, *_) = run_harvest(pubmed_server, tmp_path).problems
    assert "blocked: ***;" in problem


def test_an_author_keeps_the_email(pubmed_server: PubMedServer, pubmed: PubMed) -> None:
    pubmed_server.faults["efetch"] = [replaced("Paper 1<", f"Write to {EMAIL}<")]
    assert EMAIL.encode() in (pubmed.fetch(["1"]) or b"")


def test_an_error_far_inside_a_page_is_not_looked_for() -> None:
    page = b"<ERROR>" * 3_000_000
    with pytest.raises(TransientError, match=r"^status 200 with <ERROR>"):
        check_answer(200, None, page, "eSearchResult")
