"""The archive: the newest version of every document that was read, in one SQLite file.

Several processes may open it at once: readers never wait, writers wait for each other.
"""

import hashlib
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

from pydantic import TypeAdapter

from ingest.document import Deletion, Document, Record, Rejected

_BATCH_RECORDS = 500
_PAGE_DOCUMENTS = 500
_BUSY_TIMEOUT_S = 60.0
_LAYOUT_VERSION = 1
_LAYOUT = (
    """CREATE TABLE IF NOT EXISTS documents (
        pmid TEXT PRIMARY KEY, version INTEGER NOT NULL, revised TEXT NOT NULL, year INTEGER,
        content_hash TEXT NOT NULL, is_deleted INTEGER NOT NULL, body BLOB NOT NULL)""",
    # reading all hashes must not read all bodies
    """CREATE INDEX IF NOT EXISTS live ON documents (pmid, content_hash) WHERE NOT is_deleted""",
    """CREATE TABLE IF NOT EXISTS dead_letters (
        hash TEXT PRIMARY KEY, source TEXT NOT NULL, pmid TEXT, reason TEXT NOT NULL,
        raw BLOB NOT NULL)""",
)
_KNOWN = "SELECT version, revised, is_deleted, body FROM documents WHERE pmid = ?"
_UPSERT = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, 0, ?)"
_BURY = "UPDATE documents SET is_deleted = 1 WHERE pmid = ?"
_BURY_UNSEEN = "INSERT INTO documents VALUES (?, 0, '', NULL, '', 1, x'')"
_BODY = "SELECT body FROM documents WHERE pmid = ? AND NOT is_deleted"
_PAGE = """SELECT pmid, body FROM documents WHERE pmid > ? AND NOT is_deleted
    ORDER BY pmid LIMIT ?"""
_DEAD_LETTER = "INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?, ?)"

_JSON = TypeAdapter(Document)


class ArchiveError(ValueError):
    """A file is no archive of ours, or of a later layout."""


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


def to_json(document: Document) -> bytes:
    """Write a document as JSON, so that ``from_json`` gives back its equal."""
    return _JSON.dump_json(document)


def from_json(text: bytes) -> Document:
    """Read what ``to_json`` wrote; raises pydantic's ValidationError, a ValueError, on others."""
    return _JSON.validate_json(text, strict=True)


class Archive:
    """Documents, tombstones and dead letters; a context manager that holds the connection."""

    def __init__(self, path: Path) -> None:
        """Open the archive, and make it where there is none. Raises ArchiveError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            self._prepare()
        except (sqlite3.DatabaseError, ArchiveError) as error:
            self.close()
            raise ArchiveError(f"{path}: not an archive, or damaged: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was stored is on disk before."""
        self._connection.close()

    def store(self, records: Iterable[Record]) -> StoreResult:
        """Keep what is news, in batches of one transaction each; repeating it changes nothing.

        A record replaces the kept one unless it is older by (version, revised); of equals the
        later wins. A deleted PMID comes back only with a higher version or a later revision than
        the archive ever held. Where ``records`` raises, what came before is stored first.
        """
        outcomes = Counter[str]()
        pending: list[Record] = []
        try:
            for record in records:
                pending.append(record)
                if len(pending) == _BATCH_RECORDS:
                    outcomes += self._store_batch(pending)
                    pending.clear()
        finally:
            outcomes += self._store_batch(pending)
        return StoreResult(**outcomes)

    def document(self, pmid: str) -> Document | None:
        """Look a document up; None where it is unknown or deleted."""
        row = self._connection.execute(_BODY, (pmid,)).fetchone()
        return from_json(zlib.decompress(row[0])) if row else None

    def documents(self, pmids: Iterable[str] | None = None) -> Iterator[Document]:
        """Read the documents that are not deleted: all by PMID as text, or those named, as named.

        All are read page by page, so that a long walk does not hold back a writer's checkpoint.
        """
        if pmids is not None:
            yield from (found for pmid in pmids if (found := self.document(pmid)))
            return
        last = ""
        while page := self._connection.execute(_PAGE, (last, _PAGE_DOCUMENTS)).fetchall():
            yield from (from_json(zlib.decompress(body)) for _, body in page)
            last = page[-1][0]

    def deleted(self) -> frozenset[str]:
        """Name the PMIDs that PubMed withdrew."""
        rows = self._connection.execute("SELECT pmid FROM documents WHERE is_deleted")
        return frozenset(pmid for (pmid,) in rows)

    def hashes(self) -> dict[str, str]:
        """Map each PMID that is not deleted to its content hash."""
        query = "SELECT pmid, content_hash FROM documents WHERE NOT is_deleted"
        return dict(self._connection.execute(query).fetchall())

    def dead_letters(self) -> Iterator[Rejected]:
        """Read what was rejected, in the order of first arrival."""
        query = "SELECT source, pmid, reason, raw FROM dead_letters ORDER BY rowid"
        for source, pmid, reason, raw in self._connection.execute(query):
            yield Rejected(source, pmid, reason, zlib.decompress(raw))

    def _prepare(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == _LAYOUT_VERSION:
            return
        if version:
            raise ArchiveError(f"layout {version} is not ours, which is {_LAYOUT_VERSION}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in _LAYOUT:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {_LAYOUT_VERSION}")

    def _store_batch(self, records: list[Record]) -> Counter[str]:
        with self._connection:
            # without IMMEDIATE two writers that both read first would deadlock
            self._connection.execute("BEGIN IMMEDIATE")
            return Counter(self._store_record(record) for record in records)

    def _store_record(self, record: Record) -> str:
        match record:
            case Document():
                return self._store_document(record)
            case Deletion():
                return self._bury(record.pmid)
            case Rejected():
                return self._keep_dead_letter(record)
            case _:
                assert_never(record)

    def _store_document(self, document: Document) -> str:
        body = zlib.compress(to_json(document))
        revised = document.revised.isoformat() if document.revised else ""
        known = self._connection.execute(_KNOWN, (document.pmid,)).fetchone()
        outcome = _judge((document.version, revised), body, known)
        if outcome in {"added", "updated"}:
            key = (document.pmid, document.version, revised, document.year)
            self._connection.execute(_UPSERT, (*key, document.content_hash, body))
        return outcome

    def _bury(self, pmid: str) -> str:
        known = self._connection.execute(_KNOWN, (pmid,)).fetchone()
        if known and known[2]:
            return "unchanged"
        self._connection.execute(_BURY if known else _BURY_UNSEEN, (pmid,))
        return "deleted"

    def _keep_dead_letter(self, letter: Rejected) -> str:
        digest = hashlib.sha256(f"{letter.pmid}\0{letter.reason}\0".encode() + letter.raw)
        row = (digest.hexdigest(), letter.source, letter.pmid, letter.reason)
        self._connection.execute(_DEAD_LETTER, (*row, zlib.compress(letter.raw)))
        return "rejected"


def _judge(key: tuple[int, str], body: bytes, known: tuple[int, str, bool, bytes] | None) -> str:
    """Decide what a document is to the one that is kept; ``key`` is (version, revised)."""
    if known is None:
        return "added"
    version, revised, is_deleted, known_body = known
    if key < (version, revised) or (is_deleted and key == (version, revised)):
        return "stale"
    if is_deleted:
        return "added"
    return "unchanged" if body == known_body else "updated"
