"""The tables of the archive, and how an older archive becomes one of today."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ingest import sqlite_file

_BUSY_TIMEOUT_S = 60.0
_PAUSE_S = 0.02
_DOCUMENTS = (
    """CREATE TABLE documents (
        pmid TEXT PRIMARY KEY, version INTEGER NOT NULL, revised TEXT NOT NULL, year INTEGER,
        content_hash TEXT NOT NULL, is_deleted INTEGER NOT NULL, body BLOB NOT NULL)""",
    # reading all hashes must not read all bodies
    "CREATE INDEX live ON documents (pmid, content_hash) WHERE NOT is_deleted",
    """CREATE TABLE dead_letters (
        hash TEXT PRIMARY KEY, source TEXT NOT NULL, pmid TEXT, reason TEXT NOT NULL,
        raw BLOB NOT NULL)""",
)
_HARVEST = (
    "ALTER TABLE documents ADD COLUMN issued INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE documents ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE documents ADD COLUMN text_sequence INTEGER NOT NULL DEFAULT 0",
    "UPDATE documents SET sequence = rowid, text_sequence = rowid",
    "CREATE UNIQUE INDEX changes ON documents (sequence)",
    "ALTER TABLE dead_letters ADD COLUMN issued INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE dead_letters ADD COLUMN first_seen TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE dead_letters ADD COLUMN last_seen TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE dead_letters ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1",
    "CREATE INDEX dead_pmids ON dead_letters (pmid)",
    "CREATE TABLE cursors (consumer TEXT PRIMARY KEY, sequence INTEGER NOT NULL)",
    """CREATE TABLE answers (
        hash TEXT PRIMARY KEY, received TEXT NOT NULL, body BLOB NOT NULL)""",
    """CREATE TABLE members (
        topic TEXT NOT NULL, pmid TEXT NOT NULL, PRIMARY KEY (topic, pmid)) WITHOUT ROWID""",
    """CREATE TABLE slices (
        source TEXT NOT NULL, name TEXT NOT NULL, first TEXT, last TEXT, number INTEGER NOT NULL,
        state TEXT NOT NULL, asked INTEGER NOT NULL, got INTEGER NOT NULL,
        rejected INTEGER NOT NULL, missing TEXT NOT NULL, fingerprint TEXT NOT NULL,
        problem TEXT NOT NULL, written TEXT NOT NULL, PRIMARY KEY (source, name))""",
    """CREATE TABLE leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires TEXT NOT NULL)""",
    """CREATE TABLE runs (
        slot TEXT PRIMARY KEY, started TEXT NOT NULL, finished TEXT, state TEXT NOT NULL,
        report TEXT NOT NULL, attempts INTEGER NOT NULL)""",
)
_RUNS_BESIDE_NIGHTS = (
    "DROP TABLE leases",
    "ALTER TABLE runs RENAME TO nights",
    """CREATE TABLE runs (
        number INTEGER PRIMARY KEY, slot TEXT UNIQUE, started TEXT NOT NULL, finished TEXT,
        state TEXT NOT NULL, report TEXT NOT NULL, attempts INTEGER NOT NULL)""",
    """INSERT INTO runs (slot, started, finished, state, report, attempts)
        SELECT slot, started, finished, state, report, attempts FROM nights ORDER BY slot""",
    "DROP TABLE nights",
)
_STEPS = (_DOCUMENTS, _HARVEST, _RUNS_BESIDE_NIGHTS)
SCHEMA_VERSION = len(_STEPS)
MEMORY = ":memory:"
"""The path of an archive that is on no disk."""


class ArchiveError(ValueError):
    """A file is no archive of ours, or of a later version, or cannot be written."""


def connect(path: Path, *, only_reads: bool = False) -> sqlite3.Connection:
    """Open an archive, make it where there is none, bring an older one up to date.

    With ``only_reads`` also where there is no room to write. Raises ArchiveError.
    """
    if str(path) != MEMORY:
        _make_folder(path.parent)
    connection = sqlite_file.connect(path, ArchiveError, _BUSY_TIMEOUT_S, only_reads=only_reads)
    try:
        _prepare(connection, path)
    except ArchiveError:
        connection.close()
        raise
    except sqlite3.DatabaseError as error:
        connection.close()
        raise ArchiveError(f"{path}: not an archive: {error}") from error
    return connection


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{folder}: {error.strerror}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Write all of a block or nothing; a block inside another belongs to the outer one.

    Raises ArchiveError where SQLite cannot write, a full disk among the reasons.
    """
    if connection.in_transaction:
        yield
        return
    try:
        # without IMMEDIATE two writers that both read first would deadlock
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield
    except sqlite3.Error as error:
        reason = sqlite_file.cause(error)
        raise ArchiveError(f"the archive could not be written: {reason}") from error


def write_ahead(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switch the write-ahead log on; it stays on in the file.

    SQLite waits for other writers with everything but this. Raises sqlite3.OperationalError.
    """
    until = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection) == SCHEMA_VERSION:
        return
    write_ahead(connection, _BUSY_TIMEOUT_S)
    with transaction(connection):
        version = _version(connection)  # another process may have been faster
        if version > SCHEMA_VERSION:
            raise ArchiveError(
                f"{path}: the archive has layout {version}, from a newer gutbrain;"
                f" this version reads up to {SCHEMA_VERSION}"
            )
        for statement in (statement for step in _STEPS[version:] for statement in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
