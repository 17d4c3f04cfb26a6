"""Nights as processes: two at once, and one that is killed."""

from pathlib import Path
from typing import Any

from ingest.archive.ledger import RunState
from tests.kills import NIGHT_ARGUMENTS
from tests.nights import outcome, papers, slot, start
from tests.pubmed_server import PubMedServer, Request


def test_of_two_nights_at_once_one_works(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(*papers(1, 2))
    second: list[tuple[int, object, str]] = []
    night = ("nightly", "--slot", str(slot(0)), "--json", *NIGHT_ARGUMENTS)

    def start_another(_: Request) -> None:
        """Start the second while the first waits for PubMed's answer."""
        pubmed_server.before = lambda _: None
        second.append(outcome(start(pubmed_server, tmp_path / "data", *night)))

    pubmed_server.before = start_another
    code, report, _ = outcome(start(pubmed_server, tmp_path / "data", *night))
    assert (code, report["state"]) == (0, "done")
    ((other_code, other_report, complaint),) = second
    assert (other_code, other_report) == (0, {})
    assert complaint.startswith("another process is updating")


def test_a_night_that_is_killed_is_reported_and_taken_up(
    pubmed_server: PubMedServer, tmp_path: Path
) -> None:
    pubmed_server.add(*papers(1, 2))
    folder = tmp_path / "data"
    process = start(pubmed_server, folder, "nightly", "--slot", str(slot(0)), *NIGHT_ARGUMENTS)
    during: list[dict[str, Any]] = []

    def look_and_kill(_: Request) -> None:
        pubmed_server.before = lambda _: None
        during.append(outcome(start(pubmed_server, folder, "status", "--json"))[1])
        process.kill()

    pubmed_server.before = look_and_kill
    process.communicate()
    _, after, _ = outcome(start(pubmed_server, folder, "status", "--json"))
    assert (during[0]["is_working"], during[0]["runs"][0]["state"]) == (True, RunState.RUNNING)
    assert (after["is_working"], after["runs"][0]["state"]) == (False, "interrupted")
    assert "was interrupted" in " ".join(after["attention"])
    again = ("nightly", "--slot", str(slot(0)), "--json", *NIGHT_ARGUMENTS)
    code, report, _ = outcome(start(pubmed_server, folder, *again))
    assert (code, report["state"], report["graph"]["after"]["articles"]) == (0, "done", 2)
