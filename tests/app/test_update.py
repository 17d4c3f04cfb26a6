"""Runs of files: what they change, what is held back, what they leave in the ledger."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from pyoxigraph import Literal, Quad

from app.nights.status import read_status
from app.report import GraphUpdate, Harvested, RunReport, from_json, problems_of
from app.settings import Settings, archive_path, graph_root
from app.update import Intake, Job, lock_path, night_state, run, update
from app.work import acknowledged
from extract.extractor import Extractor
from ingest.archive.archive import Archive
from ingest.archive.ledger import LedgerEntry, RunState
from ingest.document import Document, Passage
from ingest.lock import LockedError, lock
from kg.graph import vocabulary as v
from kg.snapshots.snapshot import next_snapshot, roll_back
from kg.stores.answers import StoreUnreachableError
from tests.crash_points import extractor_of_words
from tests.nights import COMMAND, ENTERED, finding, graph_lines, papers, slot
from tests.papers import Paper, article_set

Run = Callable[..., RunReport]
ROOT = Path(__file__).parents[2]
UNREADABLE = (
    b"<PubmedArticle><MedlineCitation></MedlineCitation></PubmedArticle></PubmedArticleSet>"
)


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return extractor_of_words()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


@pytest.fixture
def run_papers(settings: Settings, extractor: Extractor, tmp_path: Path) -> Run:
    """Run a file with some papers."""

    def run_these(
        *given: Paper, accepts_losses: bool = False, by: Extractor = extractor
    ) -> RunReport:
        source = tmp_path / "papers.xml"
        source.write_bytes(article_set(given))
        return run([source], settings, lambda: by, quiet, accepts_losses=accepts_losses)

    return run_these


def quiet(what: str, done: int, total: int) -> None:
    """Take a progress report and drop it."""


def erratum(pmid: int) -> Paper:
    """A revision that says nothing any more."""
    return Paper(pmid, ENTERED, ENTERED.replace(day=2), title="Erratum.")


def ledger(settings: Settings) -> tuple[LedgerEntry, ...]:
    with Archive(archive_path(settings.data)) as archive:
        return archive.ledger.runs()


def graph_of(report: RunReport) -> GraphUpdate:
    assert report.graph is not None
    return report.graph


def change_of(report: RunReport) -> tuple[int | None, int, int, int]:
    change = graph_of(report).change
    assert change is not None
    return change.base, change.new, change.gone, change.changed


def test_runs_are_in_the_ledger_and_on_the_status(run_papers: Run, settings: Settings) -> None:
    first, second = run_papers(*papers(1, 2)), run_papers(*papers(1, 2))
    assert [from_json(entry.report) for entry in ledger(settings)] == [second, first]
    assert (first.state, first.slot, first.as_of, first.snapshot) == (RunState.DONE, None, None, 1)
    status = read_status(settings)
    assert [run.report for run in status.runs] == [second, first]
    assert (status.pending, status.graph_as_of) == (0, None)
    (line,) = status.attention
    assert "no night was worked yet" in line
    assert status.change == graph_of(first).change
    assert status.changed_by == status.runs[1].name


def test_a_run_says_what_it_changed_the_first_one_everything(run_papers: Run) -> None:
    first = run_papers(*papers(1, 2))
    count = graph_of(first).after.assertions
    assert count > 0
    assert change_of(first) == (None, count, 0, 0)
    again = run_papers(*papers(1, 2))
    assert change_of(again) == (1, 0, 0, 0)
    assert graph_of(again).before == graph_of(again).after == graph_of(first).after
    other = run_papers(*papers(1, 2), Paper(3, ENTERED, title="Inulin reduced anxiety in rats."))
    assert change_of(other)[:2] == (1, graph_of(other).after.assertions - count)


def test_a_change_is_told_from_what_the_last_run_left(run_papers: Run, settings: Settings) -> None:
    run_papers(*papers(1, 2))
    run_papers(Paper(3, ENTERED, title="Inulin reduced anxiety in rats."))
    roll_back(graph_root(settings.data), "1")
    base, new, gone, _ = change_of(run_papers(*papers(1, 2)))
    assert (base, new, gone > 0) == (2, 0, True)


def test_what_another_pipeline_found_is_forgotten(run_papers: Run, extractor: Extractor) -> None:
    strict = replace(extractor, thresholds=replace(extractor.thresholds, graph=0.99))
    assert graph_of(run_papers(*papers(1, 2))).extracted == 2
    assert graph_of(run_papers(*papers(3), by=strict)).extracted == 1
    revised = [replace(paper, modified=ENTERED.replace(day=2)) for paper in papers(1, 2)]
    report = graph_of(run_papers(*revised))
    assert (report.loaded, report.extracted) == (2, 2)


def test_what_was_read_once_is_not_read_again(run_papers: Run, settings: Settings) -> None:
    first = run_papers(*papers(1, 2, 3))
    lines = graph_lines(settings.data)
    shutil.rmtree(graph_root(settings.data))
    again = run_papers(*papers(1, 2, 3))
    assert (graph_of(first).extracted, graph_of(again).extracted) == (3, 0)
    assert (graph_of(again).loaded, graph_lines(settings.data)) == (3, lines)


def test_a_run_that_empties_the_graph_is_held_back_until_it_is_accepted(
    run_papers: Run, settings: Settings
) -> None:
    run_papers(*papers(*range(1, 11)))
    before = graph_lines(settings.data)
    held = run_papers(*map(erratum, range(1, 8)))
    assert (held.state, held.snapshot) == (RunState.HELD, 1)
    assert any(reason.startswith("evidence would shrink") for reason in held.held_because)
    assert problems_of(held) == held.held_because
    assert change_of(held)[2] > 0
    assert graph_lines(settings.data) == before
    (line, _) = read_status(settings).attention
    assert "was held back: " in line
    accepted = run_papers(*map(erratum, range(1, 8)), accepts_losses=True)
    assert (accepted.state, accepted.snapshot) == (RunState.DONE, 2)
    assert graph_of(accepted).extracted == 0
    assert graph_lines(settings.data) != before


def test_an_empty_graph_has_nothing_to_lose(run_papers: Run) -> None:
    assert run_papers(*map(erratum, range(1, 8))).state is RunState.DONE


def test_few_papers_may_take_much_from_a_small_graph(run_papers: Run) -> None:
    run_papers(*papers(1, 2, 3))
    assert run_papers(erratum(1)).state is RunState.DONE


def test_a_graph_that_is_wrong_is_held_back_accepted_or_not(
    run_papers: Run, settings: Settings
) -> None:
    run_papers(*papers(1, 2))
    with next_snapshot(graph_root(settings.data)) as store:
        (quad, *_) = (quad for quad in store.quads() if quad.predicate == v.BELIEF)
        wrong = Quad(quad.subject, quad.predicate, Literal(0.123), quad.graph_name)
        store.change(remove=[quad], add=[wrong])
    assert run_papers(*papers(1, 2)).state is RunState.DONE  # what is not touched is not checked
    report = run_papers(Paper(5, ENTERED, title=finding(5)), accepts_losses=True)
    assert (report.state, report.snapshot) == (RunState.HELD, 2)
    assert any(reason.startswith("wrong_belief: 1, such as") for reason in report.held_because)


def test_records_that_cannot_be_read_leave_a_run_in_part(
    settings: Settings, extractor: Extractor, tmp_path: Path
) -> None:
    source = tmp_path / "papers.xml"
    source.write_bytes(article_set(papers(1)).replace(b"</PubmedArticleSet>", UNREADABLE))
    report = run([source, tmp_path / "none.xml"], settings, lambda: extractor, quiet)
    assert report.harvest is not None
    assert (report.state, report.harvest.got, report.harvest.asked) == (RunState.PARTIAL, 1, 2)
    assert problems_of(report) == (
        f"{tmp_path / 'none.xml'}: no such file or folder",
        "unreadable records: 1",
    )
    nothing = run([tmp_path / "none.xml"], settings, lambda: extractor, quiet)
    assert (nothing.state, graph_of(nothing).after.articles) == (RunState.PARTIAL, 1)


def test_a_file_that_breaks_off_costs_a_folder_only_what_it_lacks(
    settings: Settings, extractor: Extractor, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.xml").write_text("<html/>")
    (folder / "b.xml").write_bytes(article_set(papers(1)))
    report = run([folder], settings, lambda: extractor, quiet)
    assert report.harvest is not None
    assert (report.state, report.harvest.got) == (RunState.PARTIAL, 1)
    (problem,) = problems_of(report)
    assert problem.startswith(f"{folder / 'a.xml'}: ")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreUnreachableError("no answer"), "no answer"),
        (ValueError("no such model"), "no such model"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_a_run_that_fails_is_reported_and_raises(
    settings: Settings, error: BaseException, reason: str
) -> None:
    def fail() -> Extractor:
        raise error

    with pytest.raises(type(error)):
        run([], settings, fail, quiet)
    (entry,) = ledger(settings)
    report = from_json(entry.report)
    assert report is not None
    assert (entry.state, report.problems) == (RunState.FAILED, (reason,))
    (line, _) = read_status(settings).attention
    assert line.endswith(f"is failed: {reason}")


def test_while_one_works_another_says_who(run_papers: Run, settings: Settings) -> None:
    with (
        lock(lock_path(settings.data), "testing"),
        pytest.raises(LockedError, match=r"^another process is updating .*data: process \d+ on"),
    ):
        run_papers(*papers(1))
    assert not archive_path(settings.data).exists()
    assert run_papers(*papers(1)).state is RunState.DONE


def test_a_run_leaves_to_the_night_what_it_did_not_look_at(
    run_papers: Run, night: Run, settings: Settings
) -> None:
    run_papers(*papers(1, 2))
    assert night(0).state is RunState.DONE
    with Archive(archive_path(settings.data)) as archive:
        known = acknowledged(archive, settings)
        archive.store([replace(document, journal="Gut") for document in archive.documents(["1"])])
        run_papers(*papers(3))
        assert acknowledged(archive, settings) == known > 0
    assert read_status(settings).pending == 1
    assert graph_of(night(1)).loaded == 1
    assert read_status(settings).pending == 0


def test_saved_alerts_are_asked_when_a_run_brings_something(
    run_papers: Run, settings: Settings
) -> None:
    run_papers(*papers(1, 2))
    folder = settings.data / "alerts"
    folder.mkdir()
    question = "SELECT ?a { ?a a <http://purl.org/spar/fabio/JournalArticle> }"
    (folder / "papers.rq").write_text(f"#+ summary: Which papers are new?\n{question}\n")
    assert run_papers(*papers(1, 2)).alerts == ()
    (alert,) = run_papers(Paper(9, ENTERED, title=finding(9))).alerts
    assert (alert.name, alert.new, alert.gone, alert.problem) == ("papers", 1, 0, "")


def nothing(_: Archive) -> Intake:
    """Ask nobody."""
    return Intake(None)


@pytest.fixture
def night(settings: Settings, extractor: Extractor) -> Callable[..., RunReport]:
    """Work a night with an intake of the test's."""

    def work(n: int, take_in: Callable[[Archive], Intake] = nothing, **more: object) -> RunReport:
        given = settings.model_copy(update=more)
        return update(Job(given, take_in, lambda: extractor, quiet, slot(n)))[0]

    return work


def test_a_night_that_is_done_is_left_alone(night: Run) -> None:
    first = night(0)
    assert (first.state, first.is_repeat) == (RunState.DONE, False)
    assert night(0) == replace(first, is_repeat=True)


def test_a_night_whose_graph_is_gone_is_worked_again(night: Run, settings: Settings) -> None:
    def bring(archive: Archive) -> Intake:
        archive.store([Document("1", (Passage("title", finding(1)),))])
        return Intake(None)

    night(0, bring)
    before = graph_lines(settings.data)
    shutil.rmtree(graph_root(settings.data))
    with Archive(archive_path(settings.data)) as archive:
        assert night_state(archive.ledger, settings, slot(0)) is None
    again = night(0)
    assert (again.state, again.is_repeat) == (RunState.DONE, False)
    assert graph_lines(settings.data) == before
    assert night(0).is_repeat


def test_nights_that_did_not_run_are_counted(night: Run) -> None:
    assert [night(n).catches_up for n in (0, 1, 9)] == [0, 0, 7]


@pytest.mark.parametrize(
    ("harvest", "state"),
    [
        (Harvested(), RunState.DONE),
        (Harvested(is_complete=False, got=1), RunState.PARTIAL),
        (Harvested(is_complete=False), RunState.FAILED),
    ],
)
def test_how_a_night_ends_depends_on_what_came(
    night: Run, harvest: Harvested, state: RunState
) -> None:
    day = slot(0)

    def bring(_: Archive) -> Intake:
        return Intake(harvest, as_of=day)

    report = night(0, bring)
    assert (report.state, report.harvest, report.as_of) == (state, harvest, day)


def test_the_graph_moves_though_nothing_came(night: Run) -> None:
    def bring(archive: Archive) -> Intake:
        archive.store([Document("1", (Passage("title", finding(1)),))])
        return Intake(Harvested(is_complete=False))

    assert night(0, bring).state is RunState.PARTIAL


@pytest.mark.parametrize(("key", "shown"), [("12345678", "***"), ("1234567", "1234567")])
def test_a_key_is_in_no_report_unless_it_is_too_short_to_be_one(
    night: Run, settings: Settings, key: str, shown: str
) -> None:
    def fail(_: Archive) -> Intake:
        raise ValueError(f"no answer to {key}")

    report = night(0, fail, api_key=SecretStr(key))
    assert (report.state, report.problems) == (RunState.FAILED, (f"no answer to {shown}",))
    assert shown in ledger(settings)[0].report


def test_a_graph_that_is_gone_is_made_again(night: Run, settings: Settings) -> None:
    graph_root(settings.data).mkdir(parents=True)
    (graph_root(settings.data) / "CURRENT").write_text("000007")
    report = night(0)
    assert (report.state, report.snapshot) == (RunState.DONE, 1)


def gutbrain(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GUTBRAIN_DATA": str(data)}
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_says_why_it_holds_back_and_how_to_let_it_through(tmp_path: Path) -> None:
    source, command = tmp_path / "papers.xml", ("run", str(tmp_path / "papers.xml"), "--json")
    options = ("--ner", "lexicon", "--relations", "counts")
    source.write_bytes(article_set(papers(*range(1, 11))))
    first = json.loads(gutbrain(tmp_path / "data", *command, *options).stdout)
    source.write_bytes(article_set(map(erratum, range(1, 8))))
    held = gutbrain(tmp_path / "data", *command, *options)
    assert held.returncode == 1
    assert "evidence would shrink" in held.stderr
    assert "`gutbrain run … --accept` publishes the change" in held.stderr
    values = json.loads(held.stdout)
    assert (values["evidence"], values["quads"]) == (first["evidence"], first["quads"])
    assert any("evidence would shrink" in problem for problem in values["problems"])
    accepted = gutbrain(tmp_path / "data", *command, *options, "--accept")
    assert accepted.returncode == 0
    assert json.loads(accepted.stdout)["evidence"] < first["evidence"]


def test_of_two_at_once_the_second_says_who_works(tmp_path: Path) -> None:
    with lock(lock_path(tmp_path), "testing"):
        done, night = gutbrain(tmp_path, "run"), gutbrain(tmp_path, "nightly", "--from", "archive")
    for ended in (done, night):
        assert ended.returncode == 1
        assert ended.stderr.strip().splitlines()[-1] == (
            f"another process is updating {tmp_path}: "
            f"process {os.getpid()} on {socket.gethostname()}"
        )
