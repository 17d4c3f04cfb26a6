"""The tables of an archive: made once, brought up to date, and never another's."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.archive.archive import Archive, ArchiveChange
from ingest.archive.schema import ArchiveError, write_ahead
from ingest.document import Document, Passage, Rejected

PATIENCE_S = 60.0


def mode(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_two_processes_that_make_a_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        first.execute("BEGIN EXCLUSIVE")
        modes: list[str] = []

        def come_second() -> None:
            with closing(sqlite3.connect(path, timeout=0)) as second:
                write_ahead(second, PATIENCE_S)
                modes.append(mode(second))

        thread = threading.Thread(target=come_second)
        thread.start()
        third = sqlite3.connect(path, timeout=0)
        with closing(third), pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(third, 0.0)
        first.execute("COMMIT")
        thread.join()
    assert modes == ["wal"]


def test_what_is_no_database_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, but long enough to look like a header of one")
    connection = sqlite3.connect(tmp_path / "text")
    with closing(connection), pytest.raises(sqlite3.DatabaseError):
        write_ahead(connection, PATIENCE_S)


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(ArchiveError, match=r"x\.sqlite: damaged: its first page"):
        Archive(tmp_path / "x.sqlite")


def test_an_archive_of_a_later_layout_is_left_alone(tmp_path: Path) -> None:
    Archive(tmp_path / "x.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(ArchiveError, match="the archive has layout 9, from a newer gutbrain"):
        Archive(tmp_path / "x.sqlite")


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def document(pmid: str, text: str = "t", day: int = 1) -> Document:
    return Document(pmid, (Passage("title", text),), revised=date(2026, 1, day), year=2020)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "archive.sqlite", lambda: NOON) as opened:
        yield opened


def test_a_transaction_stands_or_falls_as_one(archive: Archive) -> None:
    def break_off() -> None:
        with archive.transaction():
            archive.store([document("1")])
            archive.changes.acknowledge("graph", 1)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        break_off()
    assert (archive.document("1"), archive.changes.cursor("graph")) == (None, 0)


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
        pending = list(opened.changes.pending("graph"))
        assert [(change.pmid, change.is_text_new) for change in pending] == [
            ("1", True),
            ("2", True),
        ]
        (letter,) = opened.dead_letters()
        assert (letter.pmid, letter.first_seen) == ("3", None)
        newer = document("1", "newer", day=9)
        opened.store([newer])
        assert list(opened.changes.since(2)) == [ArchiveChange(3, "1", newer, is_text_new=True)]


def test_what_cannot_be_written_is_not_waited_for(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "x.sqlite").executescript("CREATE TABLE a (b)").connection.close()
    connection = sqlite3.connect(f"file:{tmp_path}/x.sqlite?mode=ro", uri=True)
    with closing(connection), pytest.raises(sqlite3.OperationalError, match="readonly"):
        write_ahead(connection, PATIENCE_S)
