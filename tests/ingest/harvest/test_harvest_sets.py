"""What a topic's list is: complete, however long, and whatever changes while it is read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.archive.slices import DayRange
from ingest.pubmed.client import IncompleteListError, PubMed, find_parts
from tests.harvests import NIGHT, StillClock, connected, fault_free, run_harvest, state_of
from tests.pubmed_server import Answer, Paper, PubMedServer, Request

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


def test_what_comes_and_goes_between_search_and_fetch_is_no_error(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, date(2026, 11, n)) for n in range(1, 21)))

    def drift(request: Request) -> None:
        if request.name == "efetch":
            pubmed_server.papers.pop(5, None)
            pubmed_server.add(Paper(99, date(2026, 11, 3)))

    pubmed_server.before = drift
    report = run_harvest(pubmed_server, tmp_path / "bad")
    assert report.problems == ()
    assert run_harvest(pubmed_server, tmp_path / "bad").problems == ()
    assert state_of(tmp_path / "bad") == fault_free(pubmed_server, tmp_path / "good")


def test_nothing_of_ours_can_expire_on_the_server(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*(Paper(n, FIRST) for n in range(1, 500)))
    run_harvest(pubmed_server, tmp_path)
    said = {name.lower() for request in pubmed_server.requests for name in request.form}
    assert said.isdisjoint({"webenv", "usehistory", "query_key", "retstart"})
    assert {request.method for request in pubmed_server.requests} == {"POST"}
    assert max(len(r.form["id"].split(",")) for r in pubmed_server.asked("efetch")) == 200


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


def test_a_record_that_cannot_be_read_becomes_a_dead_letter_with_its_bytes_and_costs_no_other(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, title="a\x0bb"), Paper(3, FIRST))
    report = run_harvest(pubmed_server, tmp_path)
    assert report.is_complete
    state = state_of(tmp_path)
    assert [d.pmid for d in state.documents] == ["1", "3"]
    assert [pmid for pmid, _ in state.dead] == ["2"]
    assert state.watermarks[0] == date(2026, 11, 21)
    pubmed_server.add(Paper(2, FIRST, date(2026, 11, 20), title="mended"))
    run_harvest(pubmed_server, tmp_path)
    assert state_of(tmp_path).dead == ()


def test_records_that_nobody_asked_for_are_left_out(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST))
    foreign = Paper(77, FIRST).xml().encode()

    def smuggle(answer: Answer) -> Answer:
        return replace(
            answer,
            body=answer.body.replace(b"</PubmedArticleSet>", foreign + b"</PubmedArticleSet>"),
        )

    pubmed_server.faults["efetch"] = [smuggle]
    run_harvest(pubmed_server, tmp_path)
    assert [d.pmid for d in state_of(tmp_path).documents] == ["1"]
