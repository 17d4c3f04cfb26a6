"""What a graph lacks, and which changes of it are held back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import Settings, archive_path, graph_root
from app.work import (
    Work,
    acknowledge,
    acknowledged,
    find_work,
    foreseen_losses,
    is_graph_gone,
    losses,
    pending_count,
    pending_pmids,
    unlike_archive,
)
from ingest.archive.archive import Archive
from ingest.document import Deletion, Document, Passage
from kg.graph.reading_back import GraphCounts
from kg.snapshots.snapshot import next_snapshot
from tests.endpoint_server import endpoint

BEFORE = GraphCounts(100, 900, 400, 80, 200, 150, 400, 9000)
MANY = Work({str(n): "hash" for n in range(50)}, (), ())
ONE, TWO, THREE = (Document(pmid, (Passage("title", f"Paper {pmid}"),)) for pmid in "123")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """Three papers, of which PubMed deleted the last."""
    with Archive(archive_path(settings.data)) as archive:
        archive.store([ONE, TWO, THREE, Deletion("3")])
        yield archive


def test_what_is_new_or_changed_or_of_another_pipeline_is_loaded(archive: Archive) -> None:
    known = {"1": (ONE.record_hash, "v1")}
    changed = {"2": TWO.record_hash}
    assert find_work(archive, ["1", "2"], known, "v1") == Work(changed, (), ())
    assert find_work(archive, ["1"], known, "v2").changed == {"1": ONE.record_hash}
    assert find_work(archive, ["1"], {"1": ("other", "v1")}, "v1").changed.keys() == {"1"}
    assert find_work(archive, [], {}, "v1") == Work({}, (), ())


def test_what_pubmed_deleted_is_withdrawn_where_the_graph_has_it(archive: Archive) -> None:
    assert find_work(archive, [], {"3": ("hash", "v1")}, "v1").gone == ("3",)
    assert find_work(archive, [], {"9": ("hash", "v1")}, "v1").gone == ()


def test_retracted_papers_are_named_where_they_change(archive: Archive) -> None:
    retracted = replace(TWO, publication_types=("Retracted Publication",))
    archive.store([retracted])
    assert find_work(archive, ["1", "2"], {}, "v1").retracted == ("2",)
    assert find_work(archive, ["2"], {"2": (retracted.record_hash, "v1")}, "v1").retracted == ()


def test_pending_is_what_changed_what_lacks_and_what_another_pipeline_read(
    archive: Archive,
) -> None:
    known = {"1": ("hash", "v1"), "2": ("hash", "v1")}
    newest = archive.changes.newest()
    assert pending_pmids(archive, newest, known, "v1") == []
    assert pending_pmids(archive, newest, known, "v2") == ["1", "2"]
    assert pending_pmids(archive, newest, {"1": known["1"]}, "v1") == ["2"]
    assert pending_pmids(archive, 0, known, "v1") == ["1", "2"]


def test_how_far_a_graph_goes_is_noted(archive: Archive, settings: Settings) -> None:
    assert (acknowledged(archive, settings), pending_count(archive, settings)) == (0, 2)
    acknowledge(archive, settings, 2)
    server = Settings(data=settings.data, store="http://127.0.0.1:9/sparql")
    assert (acknowledged(archive, settings), acknowledged(archive, server)) == (2, 0)
    assert pending_count(archive, server) == 3  # it does not answer: all that changed


def test_a_share_up_to_the_limit_may_go() -> None:
    assert losses(BEFORE, replace(BEFORE, evidence=380), MANY, 0.05) == ()
    (reason,) = losses(BEFORE, replace(BEFORE, evidence=379), MANY, 0.05)
    assert reason == "evidence would shrink from 400 to 379 (by 5.2%, allowed are 5.0%)"


def test_every_measure_counts() -> None:
    empty = GraphCounts(0, 0, 0, 0, 0, 0, 0, 0)
    assert len(losses(BEFORE, empty, MANY, 0.05)) == 4
    assert losses(empty, empty, MANY, 0.0) == ()


def test_few_papers_may_take_what_they_take() -> None:
    few = Work({"1": "hash", "2": "hash"}, ("3",), ())
    assert losses(BEFORE, replace(BEFORE, evidence=100), few, 0.05) == ()


def test_what_a_server_would_lose_is_foreseen() -> None:
    known = [str(n) for n in range(100)]
    gone = Work({}, tuple(known[:4]), ())
    assert foreseen_losses(known, gone, 0.05) == ()
    (reason,) = foreseen_losses(known, replace(gone, retracted=("50", "51", "new")), 0.05)
    assert reason == "6 of 100 papers would lose their evidence (6.0%, allowed are 5.0%)"
    assert foreseen_losses([], Work({}, (), tuple(known)), 0.05) == ()
    assert foreseen_losses(known[:4], Work({}, tuple(known[:3]), ()), 0.05) == ()
    assert foreseen_losses(known[:4], Work({}, tuple(known[:4]), ()), 0.05) != ()


def test_papers_that_are_not_in_the_graph_as_in_the_archive_are_named() -> None:
    work = Work({"1": "new", "2": "new", "3": "new"}, ("4", "5"), ())
    state = {"1": ("new", "v2"), "2": ("old", "v2"), "3": ("new", "v1"), "5": ("x", "v2")}
    assert list(unlike_archive(work, state, "v2")) == ["2", "3", "5"]


def test_a_graph_is_gone_where_nothing_of_it_is_left(settings: Settings, data_folder: Path) -> None:
    assert is_graph_gone(settings)
    with next_snapshot(graph_root(settings.data)):
        pass
    assert not is_graph_gone(settings)
    (graph_root(settings.data) / "CURRENT").write_text("000007")
    assert is_graph_gone(settings)
    for data, is_gone in ((data_folder, False), (settings.data / "empty", True)):
        with endpoint(Settings(data=data)) as address:
            server = Settings(data=data, store=f"{address}/repositories/gutbrain")
            assert is_graph_gone(server) is is_gone
    assert not is_graph_gone(Settings(data=data_folder, store="http://127.0.0.1:9/repositories/x"))
