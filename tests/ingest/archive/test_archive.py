import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.archive.archive import Archive, StoreResult
from ingest.archive.records import from_json, to_json
from ingest.archive.schema import ArchiveError
from ingest.document import Deletion, Document, Passage, Record, Rejected

ROOT = Path(__file__).parents[3]


def document(
    pmid: str, text: str = "t", *, version: int = 1, revised: date | None = date(2020, 1, 1)
) -> Document:
    return Document(pmid, (Passage("title", text),), version=version, revised=revised, year=2020)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "new" / "archive.sqlite") as opened:
        yield opened


@settings(max_examples=50)
@given(written=st.from_type(Document))
def test_a_document_comes_back_from_json_as_it_was(written: Document) -> None:
    assert from_json(to_json(written)) == written


def test_what_is_stored_is_read_back(archive: Archive) -> None:
    documents = [document(str(n), f"α {n}") for n in range(1, 1200)]
    assert archive.store(iter(documents)) == StoreResult(added=1199)
    assert sorted(archive.documents(), key=lambda d: int(d.pmid)) == documents
    assert archive.hashes() == {d.pmid: d.content_hash for d in documents}
    assert list(archive.documents(["7", "nobody", "3"])) == [documents[6], documents[2]]
    assert archive.document("7") == documents[6]
    assert archive.document("nobody") is None


def test_storing_again_changes_nothing(archive: Archive) -> None:
    records: list[Record] = [document("1"), Deletion("2"), Rejected("f", "3", "bad", b"<x>")]
    assert archive.store(records) == StoreResult(added=1, deleted=1, rejected=1)
    assert archive.store(records) == StoreResult(unchanged=2, rejected=1)
    assert archive.hashes() == {"1": document("1").content_hash}
    assert archive.deleted() == {"2"}
    (letter,) = archive.dead_letters()
    assert (letter.source, letter.pmid, letter.reason, letter.raw) == ("f", "3", "bad", b"<x>")
    assert letter.attempts == 2


OLD, NEW = date(2020, 1, 1), date(2021, 1, 1)


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        (document("1", "new", revised=NEW), document("1", "old", revised=OLD)),
        (document("1", "new", revised=OLD), document("1", "old", revised=None)),
        (document("1", "new", version=2, revised=OLD), document("1", "old", revised=NEW)),
    ],
)
def test_the_newer_record_wins_in_whatever_order_they_come(
    archive: Archive, newer: Document, older: Document
) -> None:
    assert archive.store([older, newer]) == StoreResult(added=1, updated=1)
    assert archive.store([older]) == StoreResult(stale=1)
    assert archive.document("1") == newer


def test_of_equally_old_records_the_later_wins(archive: Archive) -> None:
    assert archive.store([document("1", "a"), document("1", "b")]).updated == 1
    assert archive.store([replace(document("1", "b"), mesh=("Mice",))]).updated == 1
    assert archive.document("1") == replace(document("1", "b"), mesh=("Mice",))


def test_a_deleted_document_is_gone_but_not_forgotten(archive: Archive) -> None:
    assert archive.store([document("1"), document("2"), Deletion("1")]).deleted == 1
    assert archive.document("1") is None
    assert [d.pmid for d in archive.documents()] == ["2"]
    assert set(archive.hashes()) == {"2"}
    assert archive.deleted() == {"1"}


@pytest.mark.parametrize(
    ("record", "comes_back"),
    [
        (document("1"), False),
        (document("1", "changed"), False),
        (document("1", revised=date(2019, 1, 1)), False),
        (document("1", revised=NEW), True),
        (document("1", version=2, revised=None), True),
    ],
)
def test_only_a_later_record_brings_a_deleted_document_back(
    archive: Archive, record: Document, *, comes_back: bool
) -> None:
    archive.store([document("1"), Deletion("1")])
    assert archive.store([record]) == (StoreResult(added=1) if comes_back else StoreResult(stale=1))
    assert (archive.document("1") == record) is comes_back
    assert (archive.deleted() == set()) is comes_back


def test_what_came_before_a_broken_source_breaks_is_stored(archive: Archive) -> None:
    def breaking() -> Iterator[Record]:
        yield document("1")
        raise ValueError("cut short")

    with pytest.raises(ValueError, match="cut short"):
        archive.store(breaking())
    assert archive.document("1") == document("1")


def test_two_processes_may_have_it_open(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    with Archive(path) as one, Archive(path) as other:
        one.store([document("1")])
        walk = other.documents()
        assert next(walk) == document("1")
        assert one.store([document("2"), Deletion("1")]) == StoreResult(added=1, deleted=1)
        assert other.store([document("3")]) == StoreResult(added=1)
        assert set(one.hashes()) == {"2", "3"}


WRITER = """
import sys
from pathlib import Path
from ingest.archive.archive import Archive
from ingest.document import Document, Passage

def documents(first):
    for n in range(first, first + int(sys.argv[3])):
        if n % 1000 == 999:
            print(n, flush=True)
        yield Document(str(n), (Passage("title", "t" * 500),))

with Archive(Path(sys.argv[1])) as archive:
    archive.store(documents(int(sys.argv[2])))
"""


def writer(path: Path, first: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), str(first), str(count)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def test_a_killed_writer_leaves_whole_batches_and_a_rerun_converges(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    with writer(path, 0, 10_000_000) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with Archive(path) as archive:
        kept = archive.hashes()
        assert len(kept) >= 2500
        assert len(kept) % 500 == 0
        assert {int(pmid) for pmid in kept} == set(range(len(kept)))
        wanted = [document(str(n), revised=None) for n in range(len(kept) + 10)]
        assert archive.store(wanted) == StoreResult(added=10, updated=len(kept))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_processes_that_start_at_once_all_write(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite"
    processes = [writer(path, first, 600) for first in (0, 600, 1200)]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Archive(path) as archive:
        assert len(archive.hashes()) == 1800


def test_a_file_that_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(ArchiveError, match=r"x\.sqlite: not an archive, or damaged"):
        Archive(tmp_path / "x.sqlite")


def test_an_archive_of_a_later_layout_is_left_alone(tmp_path: Path) -> None:
    Archive(tmp_path / "x.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(ArchiveError, match="layout 9 is not ours"):
        Archive(tmp_path / "x.sqlite")
