"""SQLite's write-ahead log, switched on by whichever process comes first."""

import sqlite3
import time

_PAUSE_S = 0.02


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
