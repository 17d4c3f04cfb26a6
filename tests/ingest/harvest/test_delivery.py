"""What was asked for is what came: short, doubled and unreadable answers, records of others."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.harvest.delivery import Delivery, deliver
from tests.harvests import StillClock, connected, fault_free, run_harvest, state_of
from tests.pubmed_server import (
    Answer,
    Fault,
    Paper,
    PubMedServer,
    Request,
    cut_at_record,
    doubled,
    envelope,
    only,
    replaced,
    status,
)

FIRST = date(2026, 11, 1)

EMPTY = "<?xml version='1.0'?><PubmedArticleSet></PubmedArticleSet>"

FETCHED: dict[str, list[Fault]] = {
    "cut between records": [cut_at_record],
    "empty set": [status(200, EMPTY)],
    "ids unknown for a moment": [
        envelope("ID list is empty! Possibly it has no correct IDs.", 400)
    ],
    "12 of 20": [only(12), only(3)],
    "twice": [doubled],
    "entity": [replaced("Paper 7", "Paper&nbsp;7")],
    "control character": [replaced("Paper 8", "Paper\x0b8")],
}


@pytest.fixture
def server(pubmed_server: PubMedServer) -> PubMedServer:
    papers = (Paper(n, FIRST + timedelta(days=n), title=f"Paper {n}") for n in range(1, 21))
    pubmed_server.add(*papers)
    return pubmed_server


@pytest.mark.parametrize("faults", FETCHED.values(), ids=FETCHED.keys())
def test_what_an_answer_lacks_is_asked_for_again(
    server: PubMedServer, tmp_path: Path, faults: list[Fault]
) -> None:
    wanted = fault_free(server, tmp_path / "good")
    server.faults["efetch"] = list(faults)
    report = run_harvest(server, tmp_path / "bad")
    assert server.faults["efetch"] == []
    assert report.problems == ()
    assert state_of(tmp_path / "bad") == wanted


def test_only_what_is_lacking_is_asked_for_again(server: PubMedServer, tmp_path: Path) -> None:
    server.faults["efetch"] = [only(12)]
    run_harvest(server, tmp_path)
    first, second, *_ = (set(request.form["id"].split(",")) for request in server.asked("efetch"))
    assert second < first
    assert len(second) == len(first) - 12


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


def delivered(server: PubMedServer, folder: Path, *pmids: str) -> tuple[Delivery, int]:
    """Deliver PMIDs; says how often records were fetched."""
    with connected(server, folder, StillClock()) as pubmed:
        return deliver(pubmed, pmids), len(server.asked("efetch"))


def test_a_list_is_divided_into_what_came_and_what_did_not(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, kind="withheld"), Paper(4, FIRST))
    pubmed_server.add(Paper(5, FIRST, kind="deleted"))
    delivery, fetched = delivered(pubmed_server, tmp_path, "1", "2", "3", "4", "5")
    assert [record.pmid for record in delivery.records] == ["1", "4", "5"]
    assert (delivery.got, delivery.deleted, delivery.rejected) == (3, {"5"}, ())
    assert (delivery.missing, delivery.vanished) == (("2",), ("3",))
    assert fetched == 4  # asked for four times, then given up


def test_what_cannot_be_read_is_asked_for_once_more(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST, title="a\x0bb"))
    delivery, fetched = delivered(pubmed_server, tmp_path, "1", "2")
    assert [(letter.pmid, fetched) for letter in delivery.rejected] == [("2", 2)]
    assert (delivery.missing, delivery.vanished) == ((), ())


def test_a_record_without_a_readable_pmid_is_found_by_asking_for_each_that_lacks_alone(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST), Paper(2, FIRST))
    pubmed_server.add(Paper(3, FIRST))
    nameless = replaced('Version="1">', 'Version="1">?')
    pubmed_server.faults["efetch"] = [only(1), *[nameless] * 9]
    delivery, fetched = delivered(pubmed_server, tmp_path, "1", "2", "3")
    letters = [(letter.pmid, letter.reason) for letter in delivery.rejected]
    assert letters == [("2", "'?2' is no PMID"), ("3", "'?3' is no PMID")]
    assert [b"Paper 2" in letter.raw for letter in delivery.rejected] == [True, False]
    assert (delivery.missing, delivery.got, fetched) == ((), 1, 4 + 2)


def test_what_was_unreadable_and_came_is_not_rejected(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(Paper(1, FIRST, title="one"))
    pubmed_server.faults["efetch"] = [replaced("one", "a\x0bb")]
    delivery, _ = delivered(pubmed_server, tmp_path, "1")
    assert (delivery.rejected, delivery.got, len(delivery.answers)) == ((), 1, 2)
