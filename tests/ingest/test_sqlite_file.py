"""A file that SQLite cannot use is named with the cause."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.sqlite_file import FileConnection, cause, connect, damages, is_fault
from tests.disk_faults import cut, overwrite


class FileError(ValueError):
    """What the owner of the file raises."""


def opened(path: Path) -> FileConnection:
    return connect(path, FileError, 0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table and an index, of forty pages each."""
    with closing(opened(tmp_path / "x.sqlite")) as base:
        base.execute("CREATE TABLE t (a TEXT)")
        base.executemany("INSERT INTO t VALUES (?)", [(f"{n:04}" * 100,) for n in range(400)])
        base.execute("CREATE INDEX i ON t (a)")
    return tmp_path / "x.sqlite"


def everything(path: Path) -> list[tuple[str]]:
    with closing(opened(path)) as base:
        return base.execute("SELECT a FROM t").fetchall()


def test_a_file_without_damage_is_read(path: Path) -> None:
    assert list(damages(path)) == []
    with closing(opened(path)) as base:
        assert base.execute("SELECT a FROM t ORDER BY a").fetchone() == ("0000" * 100,)
        assert next(base.execute("SELECT count(*) FROM t")) == (400,)


def fetch(rows: sqlite3.Cursor) -> object:
    return rows.fetchone()


IN_PAGE_4 = 3 * 4096 + 2000
PAGE_12 = 11 * 4096


def test_a_damaged_page_is_numbered(path: Path) -> None:
    overwrite(path, IN_PAGE_4)
    with pytest.raises(FileError, match=r"x\.sqlite: page 4 is damaged$"):
        everything(path)
    assert "page 4" in next(damages(path))


@pytest.mark.parametrize("walk", [fetch, next])
def test_damage_is_named_whenever_it_is_met(
    path: Path, walk: Callable[[sqlite3.Cursor], object]
) -> None:
    overwrite(path, PAGE_12)

    def walk_to_the_end(base: FileConnection) -> None:
        rows = base.execute("SELECT a FROM t")
        while walk(rows):
            pass

    with closing(opened(path)) as base, pytest.raises(FileError, match=r"x\.sqlite: damaged$"):
        walk_to_the_end(base)
    assert list(damages(path)) == ["damaged"]


def test_pages_that_nobody_points_to_any_more_are_not_listed(path: Path) -> None:
    overwrite(path, 4096)
    assert [line.split(":")[0] for line in damages(path)] == ["Page 2"]


def test_a_file_whose_first_page_is_damaged_is_no_sqlite_file(path: Path) -> None:
    overwrite(path, 0)
    with pytest.raises(FileError, match="its first page is not that of an SQLite file"):
        everything(path)
    assert list(damages(path)) == ["damaged: its first page is not that of an SQLite file"]


def test_a_file_that_is_cut_is_damaged(path: Path) -> None:
    cut(path)
    with pytest.raises(FileError, match="damaged"):
        everything(path)
    assert list(damages(path))


def test_a_text_that_is_not_utf_8_is_damage(path: Path) -> None:
    with closing(opened(path)) as base:
        base.execute("UPDATE t SET a = CAST(x'ff' AS TEXT)")
    with pytest.raises(FileError, match="a text in it is not UTF-8"):
        everything(path)


def test_a_full_disk_is_called_so(path: Path) -> None:
    """A page limit is SQLite's own full disk."""
    with closing(opened(path)) as base:
        base.execute("PRAGMA max_page_count = 1")
        with pytest.raises(FileError, match=r"x\.sqlite: no space left on the device"):
            base.executemany("INSERT INTO t VALUES (?)", [("a" * 100_000,)] * 10)


@pytest.fixture
def nothing_new() -> Iterator[None]:
    """No file may grow beyond 4,096 bytes: there is no room for what SQLite keeps beside a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def logged(path: Path) -> Path:
    """The file with a write-ahead log, which SQLite removed as it was closed."""
    with closing(opened(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
    return path


def test_who_only_reads_needs_no_room_beside_the_file(logged: Path, nothing_new: None) -> None:
    with closing(connect(logged, FileError, 0.1, only_reads=True)) as base:
        assert base.execute("SELECT count(*) FROM t").fetchone() == (400,)
        with pytest.raises(FileError, match="read-only"):
            base.execute("DELETE FROM t")
    with pytest.raises(FileError, match=r"no space left|disk failed"):
        everything(logged)


def test_who_only_reads_sees_what_others_write_and_may_write_where_there_is_room(
    logged: Path,
) -> None:
    with (
        closing(connect(logged, FileError, 0.1, only_reads=True)) as reader,
        closing(opened(logged)) as writer,
    ):
        writer.execute("DELETE FROM t WHERE rowid > 10")
        assert reader.execute("SELECT count(*) FROM t").fetchone() == (10,)
        reader.execute("DELETE FROM t WHERE rowid > 5")


def test_a_log_that_cannot_be_read_is_not_passed_over(
    logged: Path, request: pytest.FixtureRequest
) -> None:
    with closing(opened(logged)) as base:
        base.execute("DELETE FROM t WHERE rowid > 10")
        copy = logged.with_name("copy.sqlite")
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(Path(f"{logged}{end}").read_bytes())
    request.getfixturevalue("nothing_new")
    with (
        closing(connect(copy, FileError, 0.1, only_reads=True)) as base,
        pytest.raises(FileError, match=r"no space left|disk failed"),
    ):
        base.execute("SELECT count(*) FROM t")


def test_who_only_reads_is_told_of_damage(logged: Path) -> None:
    overwrite(logged, 0)
    with (
        closing(connect(logged, FileError, 0.1, only_reads=True)) as base,
        pytest.raises(FileError, match="its first page"),
    ):
        base.execute("SELECT * FROM t")


def test_a_limit_of_file_sizes_is_a_failing_disk(path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        with (
            closing(opened(path)) as base,
            pytest.raises(FileError, match=r"no space left|disk failed"),
        ):
            base.executemany("INSERT INTO t VALUES (?)", [("a" * 100_000,)] * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_read_only_connection_is_called_so(path: Path) -> None:
    with closing(opened(path)) as base:
        base.execute("PRAGMA query_only = 1")
        with pytest.raises(FileError, match="read-only"):
            base.execute("DELETE FROM t")


def test_a_folder_that_is_missing_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"y\.sqlite: cannot be opened"):
        opened(tmp_path / "none" / "y.sqlite")
    assert next(damages(tmp_path / "none" / "y.sqlite")).startswith("cannot be opened")


def test_what_the_file_is_not_to_blame_for_stays(path: Path) -> None:
    with closing(opened(path)) as base, pytest.raises(sqlite3.OperationalError, match="no such"):
        base.execute("SELECT * FROM other")
    error = sqlite3.OperationalError("database\n  is locked")
    assert (is_fault(error), cause(error)) == (False, "database is locked")


def test_a_damaged_log_loses_what_was_not_yet_in_the_file(path: Path) -> None:
    with closing(opened(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("DELETE FROM t WHERE rowid > 10")
        copy = path.with_name("copy.sqlite")
        for end in ("", "-wal"):
            copy.with_name(copy.name + end).write_bytes(Path(f"{path}{end}").read_bytes())
    overwrite(Path(f"{copy}-wal"), 40)
    assert len(everything(copy)) == 400
