import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ingest.archive.schema import write_ahead

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
