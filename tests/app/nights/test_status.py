"""How things stand, by the command's words and on the explorer's status page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.nights.status import read_status, run_row, status_values
from app.report import ChangedAssertion, GraphChange, GraphUpdate, Harvested, RunReport, to_json
from app.settings import Settings, archive_path
from ingest.archive.archive import Archive
from ingest.archive.ledger import RunState
from ingest.document import Deletion, Document, Passage, Rejected
from kg.graph.reading_back import GraphCounts
from tests.crash_points import extractor_of_words, run_sample
from tests.nights import slot

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
HARVEST = Harvested(slot(0), *(True, 5, 5, 0, 0, 0, 2, 1, 7, ("no answer from PubMed",), ()))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def keep(settings: Settings, *reports: RunReport) -> None:
    """Put nights into the ledger, one for each report."""
    with Archive(archive_path(settings.data)) as archive:
        for report in reports:
            number = archive.ledger.begin(report.started, report.slot)
            assert number is not None
            archive.ledger.finish(number, report.state, to_json(report), report.started)


def night(number: int, state: RunState = RunState.DONE, **more: object) -> RunReport:
    return RunReport(slot(number), state, NOW, 1.0, harvest=HARVEST, **more)  # type: ignore[arg-type]


def test_where_nothing_was_read_nothing_is_made(settings: Settings) -> None:
    assert read_status(settings).attention == ("nothing was run yet",)
    assert list(settings.data.iterdir()) == []


def test_pending_changes_and_dead_letters_are_counted(settings: Settings) -> None:
    with Archive(archive_path(settings.data)) as archive:
        unread = Document("3", (Passage("title", "Not in the graph yet"),))
        archive.store([Deletion("1"), unread, Rejected("efetch", "2", "no title", b"<x/>")])
    status = read_status(settings)
    assert (status.pending, status.dead_letters) == (1, 1)
    assert (status.dead_listed[0].pmid, status.dead_listed[0].reason) == ("2", "no title")


def test_what_a_run_loaded_is_not_pending_and_what_came_after_it_is(settings: Settings) -> None:
    run_sample(settings.data, extractor_of_words())
    assert read_status(settings).pending == 0
    with Archive(archive_path(settings.data)) as archive:
        (pmid, *_) = archive.hashes()
        archive.store([Deletion(pmid)])
    assert read_status(settings).pending == 1


def test_a_held_night_asks_for_attention_and_the_last_good_one_stays(settings: Settings) -> None:
    held = night(1, RunState.HELD, held_because=("evidence would shrink",))
    keep(settings, night(0, as_of=slot(0)), held)
    status = read_status(settings, NOW)
    assert status.last_good is not None
    assert (status.last_good.slot, status.graph_as_of) == (slot(0), slot(0))
    assert any("held back: evidence would shrink" in line for line in status.attention)
    assert run_row(status.runs[0])[:2] == (f"night of {slot(1)}", "held")


def test_a_night_that_went_wrong_is_named_until_the_next_though_a_run_went_well(
    settings: Settings,
) -> None:
    run = RunReport(None, RunState.DONE, NOW + timedelta(hours=1), 1.0)
    keep(settings, night(0, RunState.FAILED, problems=("no model",)), run)
    status = read_status(settings, NOW)
    assert [each.slot for each in status.runs] == [None, slot(0)]
    assert status.attention[0].startswith(f"the night of {slot(0)} is failed: no model")
    keep(settings, replace(run, state=RunState.PARTIAL, started=NOW + timedelta(hours=2)))
    about = [line.partition(":")[0] for line in read_status(settings, NOW).attention]
    assert about[:2] == ["the run of 2026-11-23 05", f"the night of {slot(0)} is failed"]


def test_the_last_change_is_the_last_that_was_one(settings: Settings) -> None:
    counts = GraphCounts(1, 2, 3, 4, 5, 6, 7, 8)
    one, none = (
        GraphUpdate(1, 1, 0, 0, (), (), counts, counts, GraphChange(1, new, 0, 0, ()))
        for new in (3, 0)
    )
    held = night(1, RunState.HELD, graph=one)
    keep(settings, night(0, graph=one), held, night(2, graph=none))
    status = read_status(settings, NOW)
    assert (status.change, status.changed_by) == (one.change, f"night of {slot(0)}")
    assert status_values(status)["last change"] == f"{one.change} (night of {slot(0)})"


def test_nights_without_a_new_paper_and_late_ones_ask_for_attention(settings: Settings) -> None:
    keep(settings, *(night(n) for n in range(3)))
    status = read_status(settings, NOW + timedelta(days=3))
    assert "no new papers in 3 nights" in status.attention
    assert any("the last good night ended" in line for line in status.attention)


def test_a_night_whose_process_is_gone_was_broken_off(settings: Settings) -> None:
    with Archive(archive_path(settings.data)) as archive:
        archive.ledger.begin(NOW, slot(0))
    status = read_status(settings, NOW)
    assert (status.is_working, status.runs[0].state) == (False, "interrupted")
    assert status_values(status)["last good night"] == "none"


def test_the_status_page_shows_the_nights(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "graph").symlink_to(data_folder / "graph")
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path))
    surest = ChangedAssertion("changed", "i/aa", "inulin", "influence", "anxiety", 0.001, 0.9999)
    counts = GraphCounts(*range(8))
    update = GraphUpdate(1, 1, 0, 0, (), (), counts, counts, GraphChange(1, 0, 0, 1, (surest,)))
    keep(Settings(), night(0, RunState.PARTIAL, as_of=slot(0), graph=update))
    at = AppTest.from_string(
        "from app.explorer.views import status\nstatus.show()", default_timeout=60
    )
    at.run()
    assert not at.exception
    shown = "\n".join(str(element.proto.body) for element in at.get("html"))
    assert shown.count(">Run</th>") == shown.count(">Pipeline</th>") == 1
    for told in (str(slot(0)), "partial", "no answer from PubMed", "&lt; 0.01", "&gt; 0.99"):
        assert told in shown
