"""SQLite files that say why they fail: the disk is full, read-only, or page 12 is damaged."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

_LEAST_FREE = 1 << 16
_PAGE = re.compile(r"page (\d+)", re.IGNORECASE)
_IDLE = re.compile(r"^\*\*\*|is never used")
"""Lines of SQLite's check that head others, or only follow from them."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
)
_CAUSES = {
    sqlite3.SQLITE_FULL: "no space left on the device",
    sqlite3.SQLITE_READONLY: "read-only: nothing can be written",
    sqlite3.SQLITE_PERM: "not permitted",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: its folder is missing or may not be used",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write it",
    sqlite3.SQLITE_NOTADB: "damaged: its first page is not that of an SQLite file",
    sqlite3.SQLITE_CORRUPT: "damaged",
}
"""By primary result code, see https://sqlite.org/rescode.html."""


class _Failures:
    """A context manager: what is the file's fault becomes an error that names file and cause."""

    def __init__(self, path: Path, kind: type[ValueError]) -> None:
        self._path, self._kind = path, kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sqlite3.Error) and is_fault(error):
            raise self._kind(f"{self._path}: {cause(error, self._path)}") from error


class _Cursor(sqlite3.Cursor):
    """Passes on what SQLite says of the file as an error of the file's owner."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.failures: _Failures = getattr(connection, "failures")  # noqa: B009 of FileConnection

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        with self.failures:
            super().execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Any, /) -> "_Cursor":
        with self.failures:
            super().executemany(sql, parameters)
        return self

    def fetchone(self) -> Any:
        with self.failures:
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with self.failures:
            return super().fetchall()

    def __next__(self) -> Any:
        with self.failures:
            return super().__next__()


class FileConnection(sqlite3.Connection):
    """A connection whose statements are transactions of their own; see ``connect``."""

    failures: _Failures

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Do a statement with a cursor that names what fails."""
        return self.cursor(_Cursor).execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """Do a statement for each of many rows."""
        return self.cursor(_Cursor).executemany(sql, parameters)


def connect(
    path: Path, kind: type[ValueError], timeout_s: float, *, only_reads: bool = False
) -> FileConnection:
    """Open a file, made where it is missing; what is wrong with it is raised as ``kind``.

    On a read-only disk it is read as it is: SQLite could not make the files beside it. So it is
    with ``only_reads`` on a full disk, and in a folder of another user.
    """
    failures = _Failures(path, kind)
    is_fixed = _is_on_read_only_disk(path) or (only_reads and _has_no_room_beside(path, timeout_s))
    with failures:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1" if is_fixed else path,
            timeout=timeout_s,
            isolation_level=None,
            factory=FileConnection,
            uri=is_fixed,
        )
    connection.failures = failures
    return connection


def _is_full(path: Path) -> bool:
    """SQLite calls it a failure of the disk when the file beside a database finds no room."""
    return path.parent.is_dir() and shutil.disk_usage(path.parent).free < _LEAST_FREE


def _is_on_read_only_disk(path: Path) -> bool:
    return path.is_file() and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _has_no_room_beside(path: Path, timeout_s: float) -> bool:
    """Whether SQLite cannot make the files beside it, without which it reads no write-ahead log.

    Where there is such a log with something in it, the file alone is not what was written.
    """
    log = path.with_name(f"{path.name}-wal")
    if not path.is_file() or (log.exists() and log.stat().st_size):
        return False
    try:
        with closing(sqlite3.connect(path, timeout=timeout_s)) as base:
            base.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        return _code(error) in _NO_ROOM
    return False


def is_fault(error: sqlite3.Error) -> bool:
    """Whether the file or its disk is at fault, not the statement or another process."""
    return _code(error) in _CAUSES or "decode to UTF-8" in str(error)


def cause(error: sqlite3.Error, path: Path | None = None) -> str:
    """Say in plain English why SQLite failed; of a damaged file, on which page."""
    code = _code(error)
    if code in _DAMAGED and path is not None and (page := _damaged_page(path)):
        return f"page {page} is damaged"
    if "decode to UTF-8" in str(error):
        return "damaged: a text in it is not UTF-8"
    if code == sqlite3.SQLITE_IOERR and path is not None and _is_full(path):
        code = sqlite3.SQLITE_FULL
    return _CAUSES.get(code, " ".join(str(error).split()))


def _code(error: sqlite3.Error) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _damaged_page(path: Path) -> str:
    found = (_PAGE.search(line) for line in _checked(path))
    return next((match.group(1) for match in found if match), "")


def damages(path: Path) -> Iterator[str]:
    """Read a file from end to end by SQLite's quick_check; says what is damaged, a line each."""
    try:
        yield from (line for line in _checked(path) if line != "ok")
    except sqlite3.Error as error:
        yield cause(error)


def _checked(path: Path) -> list[str]:
    """Ask for SQLite's findings; the check itself may stumble over what is damaged."""
    lines: list[str] = []
    how = "mode=ro&immutable=1" if _is_on_read_only_disk(path) else "mode=ro"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as base:
            for (text,) in base.execute("PRAGMA quick_check(10)"):
                lines += (line for line in str(text).splitlines() if not _IDLE.search(line))
    except sqlite3.Error as error:
        if _code(error) not in _DAMAGED:
            raise
        lines.append(cause(error))
    return lines
