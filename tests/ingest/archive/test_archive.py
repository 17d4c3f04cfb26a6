"""The archive as its users see it, several of them at once."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.archive.archive import Archive, StoreResult
from ingest.document import Deletion, Document, Passage, Record, Rejected

ROOT = Path(__file__).parents[3]


def document(
    pmid: str, text: str = "t", *, version: int = 1, revised: date | None = date(2020, 1, 1)
) -> Document:
    return Document(pmid, (Passage("title", text),), version=version, revised=revised, year=2020)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "new" / "archive.sqlite", lambda: NOON) as opened:
        yield opened


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


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_dead_letters_tell_when_and_how_often(archive: Archive) -> None:
    archive.store([Rejected("f", "3", "bad", b"<x>")])
    archive.store([Rejected("g", "3", "bad", b"<x>"), Rejected("f", None, "worse", b"<y>")])
    first, second = archive.dead_letters()
    assert (first.source, first.pmid, first.raw, first.attempts) == ("f", "3", b"<x>", 2)
    assert (first.first_seen, second.attempts) == (NOON, 1)
    assert archive.dead_since("3") == NOON
    assert archive.dead_since("4") is None


def test_answers_are_kept_once_as_received(archive: Archive) -> None:
    assert archive.keep_answer(b"<a/>") == archive.keep_answer(b"<a/>")
    archive.keep_answer(b"<b/>" * 1000)
    assert list(archive.answers()) == [b"<a/>", b"<b/>" * 1000]


def test_what_no_file_of_the_year_has_was_dropped(archive: Archive) -> None:
    archive.store([document("1"), document("2")], issued=26_000_001)
    archive.store([document("2"), document("3")], issued=27_000_001)
    archive.store([document("4")])  # of unknown age
    archive.store([document("5"), Deletion("5")], issued=26_000_002)
    assert archive.not_issued_since(27_000_001) == {"1"}


def test_a_dead_letter_is_dated_by_its_first_coming(tmp_path: Path) -> None:
    moments = iter([NOON, NOON.replace(hour=13)])
    with Archive(tmp_path / "archive.sqlite", lambda: next(moments)) as archive:
        archive.store([Rejected("f", "3", "bad", b"<x>")])
        archive.store([Rejected("f", "3", "worse", b"<y>")])
        assert archive.dead_since("3") == NOON


def test_members_of_a_topic_join_and_leave_as_often_as_they_like(archive: Archive) -> None:
    archive.topics.join("gut", ["1", "2"])
    archive.topics.join("gut", ["2", "3"])
    archive.topics.join("brain", ["1"])
    archive.topics.leave("gut", ["1", "9"])
    assert (archive.topics.pmids("gut"), archive.topics.pmids("brain")) == ({"2", "3"}, {"1"})


def dated(pmid: str, text: str = "t", day: int = 1) -> Document:
    return document(pmid, text, revised=date(2026, 1, day))


def pending(archive: Archive, consumer: str = "graph") -> list[tuple[str, bool, bool]]:
    changes = archive.changes.pending(consumer)
    return [(c.pmid, c.document is not None, c.is_text_new) for c in changes]


def take_all(archive: Archive, consumer: str = "graph") -> None:
    for change in archive.changes.pending(consumer):
        archive.changes.acknowledge(consumer, change.sequence)


def test_what_is_stored_is_pending_until_it_is_acknowledged(archive: Archive) -> None:
    archive.store([dated("1"), dated("2"), Deletion("3")])
    wanted = [("1", True, True), ("2", True, True), ("3", False, False)]
    assert pending(archive) == wanted
    assert pending(archive) == wanted
    assert archive.changes.pending_count("graph") == 3
    take_all(archive)
    assert pending(archive) == []
    assert archive.changes.pending_count("graph") == 0


def test_a_crash_between_two_batches_loses_nothing(archive: Archive) -> None:
    archive.store(dated(str(n)) for n in range(1, 1200))
    taken = [
        change.pmid for _, change in zip(range(700), archive.changes.pending("graph"), strict=False)
    ]
    archive.changes.acknowledge("graph", 700)
    rest = [change.pmid for change in archive.changes.pending("graph")]
    assert sorted(taken + rest, key=int) == [str(n) for n in range(1, 1200)]


def test_what_changes_nothing_is_not_pending(archive: Archive) -> None:
    archive.store([dated("1"), dated("2", day=5), Deletion("3")])
    take_all(archive)
    archive.store([dated("1"), dated("2", "older", day=4), Deletion("3")])
    archive.store([Rejected("f", "1", "bad", b"<x>")])
    assert pending(archive) == []


def test_a_revision_that_leaves_the_text_alone_says_so(archive: Archive) -> None:
    archive.store([dated("1"), dated("2")])
    take_all(archive)
    archive.store([replace(dated("1", day=2), mesh=("Mice",)), dated("2", "other", day=2)])
    assert pending(archive) == [("1", True, False), ("2", True, True)]


def test_two_changes_are_told_as_one_and_a_new_text_is_not_forgotten(archive: Archive) -> None:
    archive.store([dated("1")])
    take_all(archive)
    archive.store([dated("1", "other", day=2)])
    archive.store([replace(dated("1", "other", day=3), mesh=("Mice",))])
    assert pending(archive) == [("1", True, True)]


def test_a_change_during_the_reading_comes_with_the_next(archive: Archive) -> None:
    archive.store([dated("1"), dated("2")])
    reading = archive.changes.pending("graph")
    first = next(reading)
    archive.store([dated("1", "other", day=2)])
    assert [change.pmid for change in reading] == ["2"]
    archive.changes.acknowledge("graph", first.sequence + 1)
    assert pending(archive) == [("1", True, True)]


def test_a_deletion_and_a_return_are_changes(archive: Archive) -> None:
    archive.store([dated("1")])
    take_all(archive)
    archive.store([Deletion("1")])
    assert pending(archive) == [("1", False, False)]
    take_all(archive)
    archive.store([dated("1", day=2)])
    assert pending(archive) == [("1", True, False)]


def test_consumers_do_not_mind_each_other(archive: Archive) -> None:
    archive.store([dated("1")])
    take_all(archive, "graph")
    assert pending(archive, "mirror") == [("1", True, True)]


def test_an_acknowledgement_never_goes_back(archive: Archive) -> None:
    archive.store([dated("1"), dated("2")])
    archive.changes.acknowledge("graph", 2)
    archive.changes.acknowledge("graph", 1)
    assert archive.changes.cursor("graph") == 2
