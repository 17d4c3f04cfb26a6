"""What changed in the archive, for those who build on it: each reads on from its own cursor."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.archive.records import from_blob
from ingest.archive.schema import transaction
from ingest.document import Document

_PAGE_CHANGES = 500
_NEWEST = "SELECT coalesce(max(sequence), 0) FROM documents"
_PAGE = """SELECT sequence, pmid, is_deleted, text_sequence, body FROM documents
    WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"""
_COUNT = "SELECT count(*) FROM documents WHERE sequence > ?"
_CURSOR = "SELECT sequence FROM cursors WHERE consumer = ?"
_ACKNOWLEDGE = """INSERT INTO cursors (consumer, sequence) VALUES (?, ?)
    ON CONFLICT (consumer) DO UPDATE SET sequence = max(sequence, excluded.sequence)"""


@dataclass(frozen=True, slots=True)
class ArchiveChange:
    """The present state of a PMID that changed; no document where PubMed withdrew it.

    ``is_text_new`` says whether the passages are others than when the reader began to read on.
    """

    sequence: int
    pmid: str
    document: Document | None
    is_text_new: bool


class ChangeLog:
    """Numbers every change; a PMID that changes again moves to the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def newest(self) -> int:
        """The number of the last change, 0 before the first."""
        return int(self._connection.execute(_NEWEST).fetchone()[0])

    def since(self, sequence: int) -> Iterator[ArchiveChange]:
        """Read what changed after ``sequence``, up to now, in order, each PMID once."""
        until, last = self.newest(), sequence
        while page := self._connection.execute(_PAGE, (last, until, _PAGE_CHANGES)).fetchall():
            yield from (_change(row, sequence) for row in page)
            last = page[-1][0]

    def pending(self, consumer: str) -> Iterator[ArchiveChange]:
        """Read what a consumer has not acknowledged; reading alone acknowledges nothing."""
        return self.since(self.cursor(consumer))

    def pending_count(self, consumer: str) -> int:
        """Count what ``pending`` would read."""
        return int(self._connection.execute(_COUNT, (self.cursor(consumer),)).fetchone()[0])

    def cursor(self, consumer: str) -> int:
        """Up to which change a consumer has taken; 0 before its first."""
        row = self._connection.execute(_CURSOR, (consumer,)).fetchone()
        return int(row[0]) if row else 0

    def acknowledge(self, consumer: str, sequence: int) -> None:
        """Note that a consumer has durably taken all up to ``sequence``; it never goes back."""
        with transaction(self._connection):
            self._connection.execute(_ACKNOWLEDGE, (consumer, sequence))


def _change(row: tuple[int, str, int, int, bytes], since: int) -> ArchiveChange:
    sequence, pmid, is_deleted, text_sequence, body = row
    document = None if is_deleted else from_blob(body)
    return ArchiveChange(sequence, pmid, document, text_sequence > since)
