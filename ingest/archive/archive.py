"""The archive: the newest version of every document that was read, in one SQLite file.

Several processes may open it at once: readers never wait, writers wait for each other. The same
file holds ``changes`` (what a consumer has not taken), ``slices`` (what was harvested, what is
missing), ``topics`` (what a search has found), ``ledger`` (runs).
"""

import hashlib
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest import sqlite_file
from ingest.archive.ledger import Ledger
from ingest.archive.records import from_blob, store_record
from ingest.archive.schema import MEMORY, ArchiveError, connect, transaction
from ingest.archive.slices import SliceBook
from ingest.document import Document, Record

LIVE = 10**9
"""The issue of PubMed's own answers: later than every bulk file (26n1335 is issue 26001335)."""

_BATCH_RECORDS = 500
_PAGE_DOCUMENTS = 500
_BODY = "SELECT body FROM documents WHERE pmid = ? AND NOT is_deleted"
_BODIES = "SELECT pmid, body FROM documents WHERE NOT is_deleted"
_PAGE = """SELECT pmid, body FROM documents WHERE pmid > ? AND NOT is_deleted
    ORDER BY pmid LIMIT ?"""
_NOT_ISSUED_SINCE = """SELECT pmid FROM documents
    WHERE NOT is_deleted AND issued > 0 AND issued < ?"""
_DEAD_LETTERS = """SELECT source, pmid, reason, raw, first_seen, last_seen, attempts
    FROM dead_letters ORDER BY rowid"""
_JOIN = "INSERT OR IGNORE INTO members (topic, pmid) VALUES (?, ?)"
_LEAVE = "DELETE FROM members WHERE topic = ? AND pmid = ?"
_PAGE_CHANGES = 500
_NEWEST = "SELECT coalesce(max(sequence), 0) FROM documents"
_CHANGES = """SELECT sequence, pmid, is_deleted, text_sequence, body FROM documents
    WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"""
_PENDING = "SELECT count(*) FROM documents WHERE sequence > ?"
_CURSOR = "SELECT sequence FROM cursors WHERE consumer = ?"
_ACKNOWLEDGE = """INSERT INTO cursors (consumer, sequence) VALUES (?, ?)
    ON CONFLICT (consumer) DO UPDATE SET sequence = max(sequence, excluded.sequence)"""
_DEAD_PMIDS = "SELECT DISTINCT pmid FROM dead_letters WHERE pmid IS NOT NULL"
_DEAD_SINCE = "SELECT min(first_seen) FROM dead_letters WHERE pmid = ?"


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What became of the records handed to ``Archive.store``, each counted once.

    ``added`` includes resurrected documents, ``stale`` are older than what is kept, ``unchanged``
    includes repeated deletions, ``rejected`` all that were rejected, known or not.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    deleted: int = 0
    rejected: int = 0

    @property
    def total(self) -> int:
        """How many records were handed on."""
        return sum(getattr(self, name) for name in self.__slots__)

    def __add__(self, other: "StoreResult") -> "StoreResult":
        """Count two results together."""
        names = self.__slots__
        return StoreResult(*(getattr(self, name) + getattr(other, name) for name in names))


NOTHING = StoreResult()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be read, or that PubMed lists and does not deliver (``raw`` empty).

    It goes when a readable record of its PMID is taken in that is not older. ``first_seen`` and
    ``last_seen`` are None in archives from before they were noted.
    """

    source: str
    pmid: str | None
    reason: str
    raw: bytes
    first_seen: datetime | None
    last_seen: datetime | None
    attempts: int


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
        while page := self._connection.execute(_CHANGES, (last, until, _PAGE_CHANGES)).fetchall():
            yield from (_change(row, sequence) for row in page)
            last = page[-1][0]

    def pending(self, consumer: str) -> Iterator[ArchiveChange]:
        """Read what a consumer has not acknowledged; reading alone acknowledges nothing."""
        return self.since(self.cursor(consumer))

    def pending_count(self, consumer: str) -> int:
        """Count what ``pending`` would read."""
        return int(self._connection.execute(_PENDING, (self.cursor(consumer),)).fetchone()[0])

    def cursor(self, consumer: str) -> int:
        """Up to which change a consumer has taken; 0 before its first."""
        row = self._connection.execute(_CURSOR, (consumer,)).fetchone()
        return int(row[0]) if row else 0

    def acknowledge(self, consumer: str, sequence: int) -> None:
        """Note that a consumer has durably taken all up to ``sequence``; it never goes back."""
        with transaction(self._connection):
            self._connection.execute(_ACKNOWLEDGE, (consumer, sequence))


class Topics:
    """Which PMIDs a topic's searches have found; the weekly sweep compares PubMed's list."""

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
        """Delete members; unknown ones do not matter."""
        self._write(_LEAVE, topic, pmids)

    def _write(self, statement: str, topic: str, pmids: Iterable[str]) -> None:
        with transaction(self._connection):
            self._connection.executemany(statement, [(topic, pmid) for pmid in pmids])


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Archive(AbstractContextManager["Archive"]):
    """Documents, tombstones and dead letters; a context manager that holds the connection."""

    def __init__(
        self, path: Path, now: Callable[[], datetime] = _utc_now, *, only_reads: bool = False
    ) -> None:
        """Open the archive, and make it where there is none. Raises ArchiveError."""
        self._connection = connect(path, only_reads=only_reads)
        self.now = now
        self.changes = ChangeLog(self._connection)
        self.slices = SliceBook(self._connection)
        self.topics = Topics(self._connection)
        self.ledger = Ledger(self._connection)

    @classmethod
    def existing(cls, path: Path) -> "Archive":
        """Open the archive to read it; where there is none, an empty one that is on no disk.

        It can be read on a disk that is full or read-only.
        """
        return cls(path, only_reads=True) if path.exists() else cls(Path(MEMORY))

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was stored is on disk before."""
        self._connection.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Write all that a block writes, slices and runs included, or nothing of it."""
        return transaction(self._connection)

    def store(self, records: Iterable[Record], *, issued: int = 0) -> StoreResult:
        """Keep what is news, in batches of one transaction each; repeating it changes nothing.

        ``issued`` is the number of the bulk file the records came in, LIVE for answers of
        PubMed, 0 for files of unknown age. A record replaces the kept one unless it is older by
        (version, revised, issued); of equals the later wins. A deleted PMID comes back only with
        a higher version or a later revision than the archive ever held, and not from a file older
        than the one that deleted it. Where ``records`` raises, what came before is stored first,
        unless a ``transaction`` is open. Raises ArchiveError where nothing can be written.
        """
        outcomes = Counter[str]()
        pending: list[Record] = []
        try:
            for record in records:
                pending.append(record)
                if len(pending) == _BATCH_RECORDS:
                    outcomes += self._store_batch(pending, issued)
                    pending.clear()
        finally:
            outcomes += self._store_batch(pending, issued)
        return StoreResult(**outcomes)

    def document(self, pmid: str) -> Document | None:
        """Look a document up; None where it is unknown or deleted."""
        row = self._connection.execute(_BODY, (pmid,)).fetchone()
        return from_blob(row[0], pmid) if row else None

    def documents(self, pmids: Iterable[str] | None = None) -> Iterator[Document]:
        """Read the documents that are not deleted: all by PMID as text, or those named, as named.

        All are read page by page, so that a long walk does not hold back a writer's checkpoint.
        """
        if pmids is not None:
            yield from (found for pmid in pmids if (found := self.document(pmid)))
            return
        last = ""
        while page := self._connection.execute(_PAGE, (last, _PAGE_DOCUMENTS)).fetchall():
            yield from (from_blob(body, pmid) for pmid, body in page)
            last = page[-1][0]

    def deleted(self) -> frozenset[str]:
        """Name the PMIDs that PubMed withdrew."""
        return self._pmids("SELECT pmid FROM documents WHERE is_deleted")

    def hashes(self) -> dict[str, str]:
        """Map each PMID that is not deleted to its content hash."""
        query = "SELECT pmid, content_hash FROM documents WHERE NOT is_deleted"
        return dict(self._connection.execute(query).fetchall())

    def is_empty(self) -> bool:
        """Whether nothing was ever taken in."""
        return self.changes.newest() == 0

    def not_issued_since(self, issued: int) -> frozenset[str]:
        """Name what came by bulk file, and is in none from ``issued`` on: dropped silently."""
        return self._pmids(_NOT_ISSUED_SINCE, issued)

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Read what was rejected, in the order of first arrival."""
        for row in self._connection.execute(_DEAD_LETTERS):
            source, pmid, reason, raw, first, last, attempts = row
            seen = (_moment(first), _moment(last))
            yield DeadLetter(source, pmid, reason, _unpacked(raw), *seen, attempts)

    def dead_pmids(self) -> frozenset[str]:
        """Name the PMIDs of dead letters."""
        return self._pmids(_DEAD_PMIDS)

    def dead_since(self, pmid: str) -> datetime | None:
        """Since when a PMID is a dead letter; None where it is none."""
        row = self._connection.execute(_DEAD_SINCE, (pmid,)).fetchone()
        return _moment(row[0]) if row[0] else None

    def keep_answer(self, body: bytes) -> str:
        """Keep an answer of PubMed as received, once; returns its SHA-256."""
        digest = hashlib.sha256(body).hexdigest()
        row = (digest, self.now().isoformat(), zlib.compress(body, 1))
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", row)
        return digest

    def answers(self) -> Iterator[bytes]:
        """Read the kept answers in the order they came."""
        query = "SELECT body FROM answers ORDER BY rowid"
        return (_unpacked(body) for (body,) in self._connection.execute(query))

    def copy(self, path: Path) -> None:
        """Copy the archive to a new file, also while others write; raises ArchiveError."""
        with closing(sqlite_file.connect(path, ArchiveError, 0)) as target, target.failures:
            self._connection.backup(target)

    def damages(self) -> Iterator[str]:
        """Read the archive from end to end, a line for what is damaged."""
        for pmid, body in self._connection.execute(_BODIES):
            try:
                _unpacked(body)
            except ArchiveError as error:
                yield f"PMID {pmid}: {error}"

    def _pmids(self, query: str, *values: object) -> frozenset[str]:
        return frozenset(pmid for (pmid,) in self._connection.execute(query, values))

    def _store_batch(self, records: list[Record], issued: int) -> Counter[str]:
        if not records:
            return Counter()
        at = self.now().isoformat()
        with self.transaction():
            return Counter(store_record(self._connection, each, issued, at) for each in records)


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error as error:
        raise ArchiveError(f"what the archive holds is damaged: {error}") from error


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _change(row: tuple[int, str, int, int, bytes], since: int) -> ArchiveChange:
    sequence, pmid, is_deleted, text_sequence, body = row
    document = None if is_deleted else from_blob(body, pmid)
    return ArchiveChange(sequence, pmid, document, text_sequence > since)
