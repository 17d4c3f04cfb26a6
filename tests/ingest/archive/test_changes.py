"""What a consumer of the archive has not taken yet; nothing is lost between two programs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.document import Deletion, Document, Passage, Rejected

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def document(pmid: str, text: str = "t", day: int = 1) -> Document:
    return Document(pmid, (Passage("title", text),), revised=date(2026, 1, day), year=2020)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "archive.sqlite", lambda: NOON) as opened:
        yield opened


def pending(archive: Archive, consumer: str = "graph") -> list[tuple[str, bool, bool]]:
    changes = archive.changes.pending(consumer)
    return [(c.pmid, c.document is not None, c.is_text_new) for c in changes]


def take_all(archive: Archive, consumer: str = "graph") -> None:
    for change in archive.changes.pending(consumer):
        archive.changes.acknowledge(consumer, change.sequence)


def test_what_is_stored_is_pending_until_it_is_acknowledged(archive: Archive) -> None:
    archive.store([document("1"), document("2"), Deletion("3")])
    wanted = [("1", True, True), ("2", True, True), ("3", False, False)]
    assert pending(archive) == wanted
    assert pending(archive) == wanted
    assert archive.changes.pending_count("graph") == 3
    take_all(archive)
    assert pending(archive) == []
    assert archive.changes.pending_count("graph") == 0


def test_a_crash_between_two_batches_loses_nothing(archive: Archive) -> None:
    archive.store(document(str(n)) for n in range(1, 1200))
    taken = [
        change.pmid for _, change in zip(range(700), archive.changes.pending("graph"), strict=False)
    ]
    archive.changes.acknowledge("graph", 700)
    rest = [change.pmid for change in archive.changes.pending("graph")]
    assert sorted(taken + rest, key=int) == [str(n) for n in range(1, 1200)]


def test_what_changes_nothing_is_not_pending(archive: Archive) -> None:
    archive.store([document("1"), document("2", day=5), Deletion("3")])
    take_all(archive)
    archive.store([document("1"), document("2", "older", day=4), Deletion("3")])
    archive.store([Rejected("f", "1", "bad", b"<x>")])
    assert pending(archive) == []


def test_a_revision_that_leaves_the_text_alone_says_so(archive: Archive) -> None:
    archive.store([document("1"), document("2")])
    take_all(archive)
    archive.store([replace(document("1", day=2), mesh=("Mice",)), document("2", "other", day=2)])
    assert pending(archive) == [("1", True, False), ("2", True, True)]


def test_two_changes_are_told_as_one_and_a_new_text_is_not_forgotten(archive: Archive) -> None:
    archive.store([document("1")])
    take_all(archive)
    archive.store([document("1", "other", day=2)])
    archive.store([replace(document("1", "other", day=3), mesh=("Mice",))])
    assert pending(archive) == [("1", True, True)]


def test_a_change_during_the_reading_comes_with_the_next(archive: Archive) -> None:
    archive.store([document("1"), document("2")])
    reading = archive.changes.pending("graph")
    first = next(reading)
    archive.store([document("1", "other", day=2)])
    assert [change.pmid for change in reading] == ["2"]
    archive.changes.acknowledge("graph", first.sequence + 1)
    assert pending(archive) == [("1", True, True)]


def test_a_deletion_and_a_return_are_changes(archive: Archive) -> None:
    archive.store([document("1")])
    take_all(archive)
    archive.store([Deletion("1")])
    assert pending(archive) == [("1", False, False)]
    take_all(archive)
    archive.store([document("1", day=2)])
    assert pending(archive) == [("1", True, False)]


def test_consumers_do_not_mind_each_other(archive: Archive) -> None:
    archive.store([document("1")])
    take_all(archive, "graph")
    assert pending(archive, "mirror") == [("1", True, True)]


def test_an_acknowledgement_never_goes_back(archive: Archive) -> None:
    archive.store([document("1"), document("2")])
    archive.changes.acknowledge("graph", 2)
    archive.changes.acknowledge("graph", 1)
    assert archive.changes.cursor("graph") == 2
