"""What a consumer of the archive has not taken yet; nothing is lost between two programs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.archive.archive import Archive
from ingest.archive.changes import ArchiveChange
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


def test_a_transaction_stands_or_falls_as_one(archive: Archive) -> None:
    def break_off() -> None:
        with archive.transaction():
            archive.store([document("1")])
            archive.changes.acknowledge("graph", 1)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        break_off()
    assert (archive.document("1"), archive.changes.cursor("graph")) == (None, 0)


def test_dead_letters_tell_when_and_how_often(archive: Archive) -> None:
    archive.store([Rejected("f", "3", "bad", b"<x>")])
    archive.store([Rejected("g", "3", "bad", b"<x>"), Rejected("f", None, "worse", b"<y>")])
    first, second = archive.dead_letters()
    assert (first.source, first.pmid, first.raw, first.attempts) == ("f", "3", b"<x>", 2)
    assert (first.first_seen, second.attempts) == (NOON, 1)
    assert archive.dead_since("3") == NOON
    assert archive.dead_since("4") is None


@pytest.mark.parametrize("mending", [document("3"), Deletion("3")])
def test_a_readable_record_takes_its_dead_letter_away(
    archive: Archive, mending: Document | Deletion
) -> None:
    archive.store([Rejected("f", "3", "bad", b"<x>"), Rejected("f", "4", "bad", b"<y>")], issued=5)
    archive.store([mending], issued=4)
    assert [letter.pmid for letter in archive.dead_letters()] == ["3", "4"]
    archive.store([replace(document("3", day=2))], issued=6)
    assert [letter.pmid for letter in archive.dead_letters()] == ["4"]


def test_answers_are_kept_once_as_received(archive: Archive) -> None:
    assert archive.keep_answer(b"<a/>") == archive.keep_answer(b"<a/>")
    archive.keep_answer(b"<b/>" * 1000)
    assert list(archive.answers()) == [b"<a/>", b"<b/>" * 1000]


FIRST_LAYOUT = """
CREATE TABLE documents (pmid TEXT PRIMARY KEY, version INTEGER NOT NULL, revised TEXT NOT NULL,
    year INTEGER, content_hash TEXT NOT NULL, is_deleted INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX live ON documents (pmid, content_hash) WHERE NOT is_deleted;
CREATE TABLE dead_letters (hash TEXT PRIMARY KEY, source TEXT NOT NULL, pmid TEXT,
    reason TEXT NOT NULL, raw BLOB NOT NULL);
PRAGMA user_version = 1;
"""


def test_an_archive_of_the_first_layout_goes_on(archive: Archive, tmp_path: Path) -> None:
    archive.store([document("1"), document("2"), Rejected("f", "3", "bad", b"<x>")])
    with (
        closing(sqlite3.connect(tmp_path / "archive.sqlite")) as new,
        closing(sqlite3.connect(tmp_path / "old.sqlite")) as old,
        old,
    ):
        old.executescript(FIRST_LAYOUT)
        columns = "pmid, version, revised, year, content_hash, is_deleted, body"
        rows = new.execute(f"SELECT {columns} FROM documents")
        old.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)", rows.fetchall())
        letters = new.execute("SELECT hash, source, pmid, reason, raw FROM dead_letters")
        old.executemany("INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?)", letters.fetchall())
    with Archive(tmp_path / "old.sqlite") as opened:
        assert list(opened.documents()) == [document("1"), document("2")]
        assert [change.pmid for change in opened.changes.pending("graph")] == ["1", "2"]
        (letter,) = opened.dead_letters()
        assert (letter.pmid, letter.first_seen) == ("3", None)
        newer = document("1", "newer", day=9)
        opened.store([newer])
        assert list(opened.changes.since(2)) == [ArchiveChange(3, "1", newer, is_text_new=True)]
