"""Which version of a record the archive keeps."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.archive.archive import LIVE, Archive, StoreResult
from ingest.archive.records import from_json, to_json
from ingest.document import Deletion, Document, Passage, Rejected


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


def test_a_field_that_is_new_and_still_empty_is_no_news(archive: Archive, tmp_path: Path) -> None:
    archive.store([document("1")])
    older = to_json(document("1")).replace(b',"mesh_ids":[]', b"")
    assert older != to_json(document("1"))
    with closing(sqlite3.connect(tmp_path / "new" / "archive.sqlite")) as connection, connection:
        connection.execute("UPDATE documents SET body = ?", (zlib.compress(older),))
    assert archive.store([document("1")]) == StoreResult(unchanged=1)
    assert archive.store([replace(document("1"), mesh_ids=("D1",))]) == StoreResult(updated=1)


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


@pytest.mark.parametrize("mending", [document("3"), Deletion("3")])
def test_a_readable_record_takes_its_dead_letter_away(
    archive: Archive, mending: Document | Deletion
) -> None:
    archive.store([Rejected("f", "3", "bad", b"<x>"), Rejected("f", "4", "bad", b"<y>")], issued=5)
    archive.store([mending], issued=4)
    assert [letter.pmid for letter in archive.dead_letters()] == ["3", "4"]
    archive.store([document("3", revised=NEW)], issued=6)
    assert [letter.pmid for letter in archive.dead_letters()] == ["4"]


def test_a_record_that_is_listed_and_did_not_come_is_no_dead_letter_once_it_is_there(
    archive: Archive,
) -> None:
    archive.store([document("3")])
    archive.store([Rejected("edat", "3", "not delivered", b""), Rejected("f", "3", "bad", b"<x>")])
    archive.store([document("3")])  # unchanged, but delivered
    assert [letter.raw for letter in archive.dead_letters()] == [b"<x>"]


def test_a_dead_letter_of_the_same_file_is_resolved(archive: Archive) -> None:
    archive.store([Rejected("f", "3", "bad", b"<x>"), document("3")], issued=5)
    assert list(archive.dead_letters()) == []


@pytest.mark.parametrize(
    ("deleted_by", "record_in", "outcome"),
    [
        (5, 4, StoreResult(stale=1)),  # the file is older than the one that deleted
        (5, 5, StoreResult(added=1)),
        (LIVE, 4, StoreResult(added=1)),  # PubMed's own answer has no place in the order of files
    ],
)
def test_a_deletion_holds_against_older_files(
    archive: Archive, deleted_by: int, record_in: int, outcome: StoreResult
) -> None:
    archive.store([document("1"), Deletion("1")], issued=deleted_by)
    assert archive.store([document("1", revised=NEW)], issued=record_in) == outcome


@pytest.mark.parametrize(
    ("record_in", "deleted_by", "outcome"),
    [
        (5, 4, StoreResult(stale=1)),  # a later file has the record again
        (5, 5, StoreResult(deleted=1)),
        (5, 0, StoreResult(deleted=1)),  # a file of unknown age
        (LIVE, 4, StoreResult(deleted=1)),
    ],
)
def test_a_record_holds_against_deletions_of_older_files(
    archive: Archive, record_in: int, deleted_by: int, outcome: StoreResult
) -> None:
    archive.store([document("1")], issued=record_in)
    assert archive.store([Deletion("1")], issued=deleted_by) == outcome


def test_a_record_that_later_files_repeat_is_as_new_as_the_last_of_them(archive: Archive) -> None:
    for issued in (3, 5, 4):
        archive.store([document("1")], issued=issued)
    assert archive.store([document("1", "other")], issued=4) == StoreResult(stale=1)
    assert archive.store([document("1", "other")], issued=5) == StoreResult(updated=1)
