"""What pipelines found in texts, kept on disk: no pipeline reads the same text twice.

A text is named by its content hash, so a record whose metadata alone was revised costs nothing,
and a run that was killed goes on where it stopped. Concepts are not kept: a changed lexicon links
the mentions anew, which takes seconds where reading took minutes. The file may be deleted at any
time.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from extract.annotation import AnnotatedDocument, Mention, Relation
from extract.extractor import Extractor
from ingest import sqlite_file
from ingest.archive.schema import write_ahead
from ingest.document import Document

_BATCH_DOCUMENTS = 20
"""What a kill costs at most."""
_BUSY_TIMEOUT_S = 60.0
_TABLE = """CREATE TABLE IF NOT EXISTS readings (
    content TEXT NOT NULL, pipeline TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (content, pipeline)) WITHOUT ROWID"""
_FIND = "SELECT body FROM readings WHERE content = ? AND pipeline = ?"
_KEEP = "INSERT OR REPLACE INTO readings VALUES (?, ?, ?)"
_FORGET = "DELETE FROM readings WHERE pipeline != ?"


class AnnotationCacheError(ValueError):
    """The file cannot be used; it may be deleted without loss."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What does not depend on the record around the text."""

    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]


_JSON = TypeAdapter(_Found)


class AnnotationCache(AbstractContextManager["AnnotationCache"]):
    """A context manager over the file; ``extracted`` counts what the extractor read anew."""

    def __init__(self, path: Path, extractor: Extractor) -> None:
        """Open the file, and make it where there is none, or a damaged one.

        Raises AnnotationCacheError.
        """
        self.extractor, self.extracted, self._path = extractor, 0, path
        # what decides a reading: the pipeline, and from which score on relations are kept
        self._reader = f"{extractor.pipeline.reader} {extractor.thresholds.graph}"
        if path.exists() and next(sqlite_file.damages(path), None):
            _set_aside(path)
        self._connection = sqlite_file.connect(path, AnnotationCacheError, _BUSY_TIMEOUT_S)
        try:
            write_ahead(self._connection, _BUSY_TIMEOUT_S)
            self._write(_TABLE)
        except (sqlite3.DatabaseError, AnnotationCacheError) as error:
            self._connection.close()
            raise self._unusable(error) from error

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def annotate_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Hand documents on as ``Extractor.annotate_all`` does, reading only unknown texts."""
        remaining = iter(documents)
        while batch := list(islice(remaining, _BATCH_DOCUMENTS)):
            yield from self._annotate_batch(batch)

    def forget_others(self) -> None:
        """Drop what other pipelines found."""
        self._write(_FORGET, self._reader)

    def _annotate_batch(self, batch: Sequence[Document]) -> Iterator[AnnotatedDocument]:
        known = {d.pmid: found for d in batch if (found := self._find(d))}
        unknown = [document for document in batch if document.pmid not in known]
        fresh = {found.document.pmid: found for found in self.extractor.read_all(unknown)}
        self._keep(fresh.values())
        for document in batch:
            yield self.extractor.link(known.get(document.pmid) or fresh[document.pmid])

    def _find(self, document: Document) -> AnnotatedDocument | None:
        key = (document.content_hash, self._reader)
        row = self._connection.execute(_FIND, key).fetchone()
        if row is None:
            return None
        try:
            found = _JSON.validate_json(zlib.decompress(row[0]))
        except (ValidationError, zlib.error):
            return None  # damaged, or kept by a version of ours with other fields: read it anew
        parts = (found.mentions, found.relations, self.extractor.pipeline)
        return AnnotatedDocument(document, *parts)

    def _keep(self, annotated: Iterable[AnnotatedDocument]) -> None:
        rows = [(each.document.content_hash, self._reader, _body(each)) for each in annotated]
        if not rows:
            return
        self._write("BEGIN IMMEDIATE")
        try:
            with self._connection:
                self._connection.executemany(_KEEP, rows)
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error
        self.extracted += len(rows)

    def _write(self, statement: str, *values: str) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.DatabaseError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> AnnotationCacheError:
        if isinstance(error, AnnotationCacheError):
            return error
        reason = sqlite_file.cause(error) if isinstance(error, sqlite3.Error) else error
        return AnnotationCacheError(f"{self._path}: cannot be used: {reason}")


def _set_aside(path: Path) -> None:
    """Put a damaged file out of the way, with its log: all that it held can be read anew."""
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.replace(path.with_name(f"{path.name}.damaged"))


def _body(annotated: AnnotatedDocument) -> bytes:
    found = _Found(annotated.mentions, annotated.relations)
    return zlib.compress(_JSON.dump_json(found), 6)
