"""Nights in processes of their own: killed, two at once, and told by exit codes."""

import json
from pathlib import Path

from ingest.archive.archive import Archive
from ingest.archive.ledger import RunState
from tests.kills import NIGHT_ARGUMENTS, differences, killed, left_alone
from tests.nights import outcome, papers, slot, start
from tests.pubmed_server import PubMedServer, Request


def test_nights_that_are_killed_end_as_nights_left_alone(tmp_path: Path) -> None:
    done = killed(tmp_path / "killed", 4, 8, 7, lambda _: None)
    undisturbed = left_alone(tmp_path / "alone", done.nights, 8)
    assert list(differences(done.end, undisturbed)) == []
    assert done.end.left_over == ()
    assert len(done.end.archive.documents) >= 8


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
    assert "is doing the night's work" in complaint


def test_status_tells_the_truth_after_a_kill(pubmed_server: PubMedServer, tmp_path: Path) -> None:
    pubmed_server.add(*papers(1, 2))
    folder = tmp_path / "data"
    process = start(pubmed_server, folder, "nightly", "--slot", str(slot(0)), *NIGHT_ARGUMENTS)
    during: list[object] = []

    def look_and_kill(_: Request) -> None:
        pubmed_server.before = lambda _: None
        during.append(outcome(start(pubmed_server, folder, "status", "--json"))[1])
        process.kill()

    pubmed_server.before = look_and_kill
    process.communicate()
    _, after, _ = outcome(start(pubmed_server, folder, "status", "--json"))
    told = json.loads(json.dumps(during[0]))
    assert (told["is_working"], told["nights"][0]["state"]) == (True, RunState.RUNNING)
    assert (after["is_working"], after["nights"][0]["state"]) == (False, "broken off")
    assert "was broken off" in " ".join(after["attention"])
    with Archive(folder / "archive.sqlite") as archive:
        assert archive.ledger.lease("nightly") is not None
