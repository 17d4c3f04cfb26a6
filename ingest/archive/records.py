"""Which record of a PMID the archive keeps: the rule, and the statements that follow it."""

import hashlib
import sqlite3
import zlib
from typing import NamedTuple, assert_never

from pydantic import TypeAdapter

from ingest.archive.schema import ArchiveError
from ingest.document import Deletion, Document, Record, Rejected

_HELD = """SELECT version, revised, issued, is_deleted, content_hash, text_sequence, body
    FROM documents WHERE pmid = ?"""
_NEXT = "SELECT coalesce(max(sequence), 0) + 1 FROM documents"
_UPSERT = """INSERT INTO documents
    (pmid, version, revised, year, content_hash, is_deleted, body, issued, sequence, text_sequence)
    VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
    ON CONFLICT (pmid) DO UPDATE SET version = excluded.version, revised = excluded.revised,
    year = excluded.year, content_hash = excluded.content_hash, is_deleted = 0,
    body = excluded.body, issued = excluded.issued, sequence = excluded.sequence,
    text_sequence = excluded.text_sequence"""
_BURY = """INSERT INTO documents
    (pmid, version, revised, year, content_hash, is_deleted, body, issued, sequence, text_sequence)
    VALUES (?, 0, '', NULL, '', 1, x'', ?, ?, 0)
    ON CONFLICT (pmid) DO UPDATE SET is_deleted = 1, issued = excluded.issued,
    sequence = excluded.sequence"""
_SEEN = "UPDATE documents SET issued = ? WHERE pmid = ? AND issued < ?"
_DEAD_LETTER = """INSERT INTO dead_letters
    (hash, source, pmid, reason, raw, issued, first_seen, last_seen, attempts)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (hash) DO UPDATE SET last_seen = excluded.last_seen, attempts = attempts + 1"""
_RESOLVED = "DELETE FROM dead_letters WHERE pmid = ? AND issued <= ?"
_DELIVERED = "DELETE FROM dead_letters WHERE pmid = ? AND issued <= ? AND raw = ?"
_NO_BYTES = zlib.compress(b"")  # the letter of a record that was listed and did not come
_LATEST_BULK_FILE = 10**8  # 99n999999; what is above is PubMed's own answer

_AS_BEFORE = ("unchanged", True)
"""What PubMed itself sends now, as it is held: no letter of it is later."""

_JSON = TypeAdapter(Document)


class _Held(NamedTuple):
    """What the archive knows of a PMID. A tombstone keeps the key of what it buried."""

    version: int
    revised: str
    issued: int
    is_deleted: int
    content_hash: str
    text_sequence: int
    body: bytes


def to_json(document: Document) -> bytes:
    """Write a document as JSON, so that ``from_json`` gives back its equal."""
    return _JSON.dump_json(document)


def from_json(text: bytes) -> Document:
    """Read what ``to_json`` wrote; raises pydantic's ValidationError, a ValueError, on others."""
    return _JSON.validate_json(text, strict=True)


def from_blob(body: bytes, pmid: str) -> Document:
    """Read a document as the archive keeps it; raises ArchiveError where its bytes are damaged."""
    try:
        return from_json(zlib.decompress(body))
    except (zlib.error, ValueError) as error:
        raise ArchiveError(f"PMID {pmid}: its document in the archive is damaged") from error


def _holds(body: bytes, document: Document) -> bool:
    try:
        return from_blob(body, document.pmid) == document
    except ArchiveError:
        return False


def store_record(connection: sqlite3.Connection, record: Record, issued: int, at: str) -> str:
    """Keep a record where it is news, at the moment ``at``; returns a field of StoreResult."""
    match record:
        case Document():
            return _store_document(connection, record, issued)
        case Deletion():
            return _bury(connection, record.pmid, issued)
        case Rejected():
            return _keep_dead_letter(connection, record, issued, at)
        case _:
            assert_never(record)


def _store_document(connection: sqlite3.Connection, document: Document, issued: int) -> str:
    held = _held(connection, document.pmid)
    outcome = _judge(document, issued, held)
    if outcome in {"added", "updated"}:
        row = _row(document, issued, _next(connection), held)
        connection.execute(_UPSERT, row)
    else:
        connection.execute(_SEEN, (issued, document.pmid, issued))
    if outcome in {"added", "updated"} or (outcome, issued > _LATEST_BULK_FILE) == _AS_BEFORE:
        connection.execute(_RESOLVED, (document.pmid, issued))
    else:
        connection.execute(_DELIVERED, (document.pmid, issued, _NO_BYTES))
    return outcome


def _row(
    document: Document, issued: int, sequence: int, held: _Held | None
) -> tuple[str | int | bytes | None, ...]:
    content_hash = document.content_hash
    is_known_text = held is not None and held.content_hash == content_hash
    text_sequence = held.text_sequence if held and is_known_text else sequence
    key = (document.pmid, document.version, _revised(document), document.year, content_hash)
    return (*key, zlib.compress(to_json(document)), issued, sequence, text_sequence)


def _revised(document: Document) -> str:
    return document.revised.isoformat() if document.revised else ""


def _next(connection: sqlite3.Connection) -> int:
    return int(connection.execute(_NEXT).fetchone()[0])


def _held(connection: sqlite3.Connection, pmid: str) -> _Held | None:
    row = connection.execute(_HELD, (pmid,)).fetchone()
    return _Held(*row) if row else None


def _judge(document: Document, issued: int, held: _Held | None) -> str:
    """Decide what a document is to what is held; a new field, still empty, makes no news."""
    if held is None:
        return "added"
    key, held_key = (document.version, _revised(document)), (held.version, held.revised)
    if held.is_deleted:
        is_earlier = issued < held.issued <= _LATEST_BULK_FILE
        return "added" if key > held_key and not is_earlier else "stale"
    if key == held_key and _holds(held.body, document):
        return "unchanged"
    return "stale" if (*key, issued) < (*held_key, held.issued) else "updated"


def _bury(connection: sqlite3.Connection, pmid: str, issued: int) -> str:
    held = _held(connection, pmid)
    if held and held.is_deleted:
        connection.execute(_SEEN, (issued, pmid, issued))
        return "unchanged"
    if held and 0 < issued < held.issued <= _LATEST_BULK_FILE:
        return "stale"  # a file after that one has the record again
    connection.execute(_BURY, (pmid, issued, _next(connection)))
    connection.execute(_RESOLVED, (pmid, issued))
    return "deleted"


def _keep_dead_letter(
    connection: sqlite3.Connection, letter: Rejected, issued: int, at: str
) -> str:
    digest = hashlib.sha256(f"{letter.pmid}\0{letter.reason}\0".encode() + letter.raw)
    row = (digest.hexdigest(), letter.source, letter.pmid, letter.reason, zlib.compress(letter.raw))
    connection.execute(_DEAD_LETTER, (*row, issued, at, at))
    return "rejected"
