"""Nights from a PubMed on loopback to the graph: what comes and goes; killed, and two at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.graph_access import chosen_graph
from app.nights.harvest import topic_of
from app.nights.night import (
    NightOrder,
    NightSource,
    SlotError,
    held_slot,
    plan_night,
    slot_state,
    tonight,
    work_night,
)
from app.report import RunReport
from app.settings import Settings, archive_path, graph_root
from app.update import lock_path
from extract.annotation import Pipeline
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.archive.archive import Archive
from ingest.archive.ledger import RunState
from ingest.lock import LockedError, is_locked, lock
from kg.snapshots.snapshot import roll_back
from ontology.lexicon import starter_lexicon
from tests.harvests import KEY, StillClock
from tests.nights import (
    ENTERED,
    RetractedPaper,
    contents,
    finding,
    graph_lines,
    night_settings,
    papers,
    slot,
)
from tests.pubmed_server import Paper, PubMedServer, status

Work = Callable[..., RunReport]
FLOOR = Path(__file__).parents[3] / "extract" / "weights" / "floor"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    lexicon = starter_lexicon()
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, FLOOR, lexicon)


@pytest.fixture
def settings(pubmed_server: PubMedServer, tmp_path: Path) -> Settings:
    return night_settings(pubmed_server, tmp_path / "data")


@pytest.fixture
def work(settings: Settings, extractor: Extractor, pubmed_server: PubMedServer) -> Work:
    """Work the n-th night; further arguments are the order's, but for ``by`` and ``under``."""

    def work_nth(
        night: int, *, by: Extractor = extractor, under: Settings = settings, **order: Any
    ) -> RunReport:
        return work_night(
            under,
            NightOrder(slot(night), **order),
            lambda: by,
            quiet,
            clock=StillClock().beside(pubmed_server),
        )

    return work_nth


def quiet(what: str, done: int, total: int) -> None:
    """Take a progress report and drop it."""


def next_day(server: PubMedServer) -> date:
    server.now += timedelta(days=1)
    return server.now.date()


def evidence_of(settings: Settings, pmid: int) -> list[str]:
    """The pieces of evidence that the graph holds of a paper."""
    about = f"<https://w3id.org/gutbrain/ontology#article> <https://pubmed.ncbi.nlm.nih.gov/{pmid}>"
    rows = chosen_graph(settings).store.select(f"SELECT ?e {{ ?e {about} }} ORDER BY ?e")
    return [str(row["e"]) for row in rows]


def test_a_night_brings_papers_from_pubmed_into_the_graph(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2, 3, 4))
    report = work(0)
    assert (report.state, report.snapshot) == (RunState.DONE, 1)
    assert report.harvest is not None
    assert report.harvest.added == 4
    assert report.as_of == report.harvest.as_of == date(2026, 11, 21)
    assert report.graph is not None
    assert (report.graph.after.articles, report.graph.extracted) == (4, 4)
    assert evidence_of(settings, 1)


def test_a_second_night_changes_nothing(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2, 3, 4))
    work(0)
    before = graph_lines(settings.data)
    report = work(1)
    assert report.state is RunState.DONE
    assert report.graph is not None
    assert (report.graph.loaded, report.graph.extracted, report.graph.withdrawn) == (0, 0, 0)
    assert (report.snapshot, graph_lines(settings.data)) == (1, before)


def test_a_night_that_is_done_is_not_worked_again(pubmed_server: PubMedServer, work: Work) -> None:
    pubmed_server.add(*papers(1))
    first = work(0)
    pubmed_server.requests.clear()
    assert work(0) == replace(first, is_repeat=True)
    assert pubmed_server.requests == []


def test_nights_that_did_not_run_are_one_night(pubmed_server: PubMedServer, work: Work) -> None:
    pubmed_server.add(*papers(1))
    work(0)
    pubmed_server.now += timedelta(days=9)
    pubmed_server.add(Paper(2, date(2026, 11, 25), title=finding(2)))
    report = work(9)
    assert report.catches_up == 8
    assert report.graph is not None
    assert report.graph.after.articles == 2


def test_a_revised_text_is_read_again_and_its_old_evidence_goes(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2))
    work(0)
    before = evidence_of(settings, 1)
    day = next_day(pubmed_server)
    pubmed_server.add(Paper(1, ENTERED, day, title="Inulin reduced anxiety in rats."))
    report = work(1)
    assert report.graph is not None
    assert (report.graph.loaded, report.graph.extracted) == (1, 1)
    assert set(before).isdisjoint(evidence_of(settings, 1))
    assert evidence_of(settings, 1)


def test_a_revision_that_leaves_the_text_alone_is_not_read_again(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2))
    work(0)
    before = evidence_of(settings, 1)
    pubmed_server.add(Paper(1, ENTERED, next_day(pubmed_server), title=finding(1)))
    report = work(1)
    assert report.graph is not None
    assert (report.graph.loaded, report.graph.extracted) == (1, 0)
    assert evidence_of(settings, 1) == before


def test_another_pipeline_reads_everything_again(
    pubmed_server: PubMedServer, work: Work, extractor: Extractor
) -> None:
    pubmed_server.add(*papers(1, 2, 3))
    work(0)
    other = replace(extractor, pipeline=Pipeline("lexicon", "counts", "other", "weights"))
    report = work(1, by=other)
    assert report.graph is not None
    assert (report.graph.loaded, report.graph.extracted) == (3, 3)


def test_a_retracted_paper_loses_exactly_its_evidence(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    same = [Paper(pmid, ENTERED, title="Butyrate reduced inflammation.") for pmid in (1, 2)]
    pubmed_server.add(*same, *papers(3, 4))
    work(0)
    before = {pmid: evidence_of(settings, pmid) for pmid in (1, 2, 3, 4)}
    assert before[1]
    day = next_day(pubmed_server)
    pubmed_server.add(RetractedPaper(1, ENTERED, day, title=same[0].title))
    report = work(1)
    after = {pmid: evidence_of(settings, pmid) for pmid in (1, 2, 3, 4)}
    assert after == before | {1: []}
    assert report.graph is not None
    assert report.graph.retracted_pmids == ("1",)
    assert report.graph.before.articles == report.graph.after.articles
    assert report.graph.change is not None
    (changed,) = {c.change for c in report.graph.change.listed}
    assert changed == "changed"
    assert all((c.after or 0) < (c.before or 0) for c in report.graph.change.listed)


def test_a_paper_that_pubmed_withdraws_leaves_the_graph(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2, 3))
    work(0)
    pubmed_server.now += timedelta(days=8)  # the weekly sweep finds what is gone
    pubmed_server.add(Paper(1, ENTERED, kind="deleted"))
    report = work(8)
    assert report.graph is not None
    assert report.graph.withdrawn_pmids == ("1",)
    assert report.graph.after.articles == 2
    assert not any("pubmed.ncbi.nlm.nih.gov/1>" in line for line in graph_lines(settings.data))


def emptied(server: PubMedServer, work: Work) -> RunReport:
    """Ten papers, of which seven are revised to say nothing."""
    server.add(*papers(*range(1, 11)))
    work(0)
    day = next_day(server)
    server.add(*(Paper(pmid, ENTERED, day, title="Erratum.") for pmid in range(1, 8)))
    return work(1)


def test_a_night_that_empties_the_graph_is_held_back(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    report = emptied(pubmed_server, work)
    assert report.state is RunState.HELD
    assert any("evidence would shrink" in reason for reason in report.held_because)
    assert report.snapshot == 1
    assert len(evidence_of(settings, 1)) > 0
    assert report.graph is not None
    assert report.graph.change is not None
    assert report.graph.change.gone > 0
    assert not is_locked(lock_path(settings.data))


def test_the_next_night_is_held_back_as_well(pubmed_server: PubMedServer, work: Work) -> None:
    emptied(pubmed_server, work)
    assert work(2).state is RunState.HELD


def test_a_held_night_goes_through_when_it_is_accepted(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    emptied(pubmed_server, work)
    assert held_slot(settings) == slot(1)
    pubmed_server.requests.clear()
    report = work(1, source=NightSource.ARCHIVE, accepts_losses=True)
    assert (report.state, report.snapshot) == (RunState.DONE, 2)
    assert report.graph is not None
    assert report.graph.extracted == 0
    assert evidence_of(settings, 1) == []
    assert pubmed_server.requests == []
    with pytest.raises(SlotError, match="there is no night that was held back"):
        held_slot(settings)


def test_a_pubmed_that_fails_leaves_graph_and_watermark_and_the_next_night_makes_up(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2))
    first = work(0)
    day = next_day(pubmed_server)
    pubmed_server.add(Paper(3, day, title=finding(3)))
    pubmed_server.faults["esearch"] = [status(403, "API key invalid") for _ in range(50)]
    report = work(1)
    assert report.state is RunState.FAILED
    assert report.harvest is not None
    assert report.harvest.problems
    assert report.as_of in {first.as_of, None}
    pubmed_server.faults.clear()
    assert work(1).state is RunState.DONE
    assert evidence_of(settings, 3)


def test_the_key_is_nowhere_in_what_a_night_leaves(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1))
    pubmed_server.faults["efetch"] = [status(400, f"bad api_key={KEY}") for _ in range(50)]
    report = work(0)
    assert KEY not in repr(report)
    files = [path for path in settings.data.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_a_graph_that_was_rolled_back_gets_again_what_it_lacks(
    pubmed_server: PubMedServer, work: Work, settings: Settings
) -> None:
    pubmed_server.add(*papers(1, 2))
    work(0)
    pubmed_server.add(Paper(1, ENTERED, next_day(pubmed_server), title="Inulin reduced anxiety."))
    work(1)
    whole = graph_lines(settings.data)
    roll_back(graph_root(settings.data), "1")
    work(2)
    assert graph_lines(settings.data) == whole


def test_a_limited_night_is_done_in_part(pubmed_server: PubMedServer, work: Work) -> None:
    pubmed_server.add(*papers(1, 2, 3, 4))
    assert work(0, limit=2).state is RunState.PARTIAL
    report = work(0)
    assert report.state is RunState.DONE
    assert report.graph is not None
    assert report.graph.after.articles == 4


def test_a_plan_writes_nothing(
    pubmed_server: PubMedServer, work: Work, settings: Settings, extractor: Extractor
) -> None:
    pubmed_server.add(*papers(1, 2))
    plan = plan_night(settings, NightOrder(slot(0)), extractor, StillClock().beside(pubmed_server))
    assert {p.source for p in plan.slices} == set(topic_of(settings).sources[:2])
    assert sum(p.count for p in plan.slices) == 2
    assert not settings.data.exists()


def test_a_plan_leaves_the_data_directory_as_it_was(
    work: Work, settings: Settings, extractor: Extractor
) -> None:
    order = NightOrder(slot(0), NightSource.ARCHIVE)
    assert not plan_night(settings, order, extractor).is_done
    with pytest.raises(SlotError, match="no night that was held back"):
        held_slot(settings)
    assert slot_state(settings, slot(0)) is None
    assert not settings.data.exists()
    work(0, source=NightSource.ARCHIVE)
    before = contents(settings.data)
    assert plan_night(settings, order, extractor).is_done
    assert slot_state(settings, slot(0)) is RunState.DONE
    assert contents(settings.data) == before


def test_a_night_to_come_is_refused(settings: Settings, extractor: Extractor) -> None:
    with pytest.raises(SlotError, match="is in the future"):
        work_night(settings, NightOrder(tonight() + timedelta(days=1)), lambda: extractor, quiet)


def test_while_one_works_another_does_not(work: Work, settings: Settings) -> None:
    with (
        lock(lock_path(settings.data), "testing"),
        pytest.raises(LockedError, match=r"another process is updating .*: process \d+ on"),
    ):
        work(0)


def test_an_interrupted_night_is_told_and_taken_up(
    pubmed_server: PubMedServer, work: Work, settings: Settings, extractor: Extractor
) -> None:
    pubmed_server.add(*papers(1, 2))

    def interrupt() -> Extractor:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_night(settings, NightOrder(slot(0)), interrupt, quiet)
    with Archive(archive_path(settings.data)) as archive:
        run = archive.ledger.night(slot(0))
    assert run is not None
    assert run.state is RunState.FAILED
    assert "interrupted" in run.report
    assert work(0).state is RunState.DONE
