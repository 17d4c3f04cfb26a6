"""Which PMIDs a topic's searches have found: what the weekly sweep compares with PubMed's list."""

import sqlite3
from collections.abc import Iterable

from ingest.archive.schema import transaction

_JOIN = "INSERT OR IGNORE INTO members (topic, pmid) VALUES (?, ?)"
_LEAVE = "DELETE FROM members WHERE topic = ? AND pmid = ?"


class Topics:
    """Sets of PMIDs, each under the name of its topic."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def pmids(self, topic: str) -> frozenset[str]:
        """Name the members of a topic."""
        rows = self._connection.execute("SELECT pmid FROM members WHERE topic = ?", (topic,))
        return frozenset(pmid for (pmid,) in rows)

    def join(self, topic: str, pmids: Iterable[str]) -> None:
        """Note members; known ones do not matter."""
        self._write(_JOIN, topic, pmids)

    def leave(self, topic: str, pmids: Iterable[str]) -> None:
        """Strike members out; unknown ones do not matter."""
        self._write(_LEAVE, topic, pmids)

    def _write(self, statement: str, topic: str, pmids: Iterable[str]) -> None:
        with transaction(self._connection):
            self._connection.executemany(statement, [(topic, pmid) for pmid in pmids])
