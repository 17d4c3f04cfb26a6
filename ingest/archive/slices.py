"""What was harvested, slice by slice, and so: up to when we hold everything, and what is missing.

A slice is a stretch of days of one stream (``edat 1f3a9c2e``), or one bulk file (``bulk``). Only
slices that are done count; the watermark is the end of the first run of them without a gap.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

from ingest.archive.schema import transaction

BULK = "bulk"
FILES_A_YEAR = 10**6
"""Bulk files are numbered by year and number: ``pubmed26n1335`` is 26 * FILES_A_YEAR + 1335."""

_DAY = timedelta(days=1)
_WRITE = """INSERT OR REPLACE INTO slices (source, name, first, last, number, state, asked, got,
    rejected, missing, fingerprint, problem, written)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_READ = """SELECT source, name, first, last, number, state, asked, got, rejected, missing,
    fingerprint, problem FROM slices WHERE source = ?"""
_OF = _READ + " ORDER BY number, first, last"
_FIND = _READ + " AND name = ?"
_FORGET = "DELETE FROM slices WHERE source = ? AND name = ? AND state != 'done'"


class SliceState(StrEnum):
    """How a slice stands: ``open`` is fetched whole, but its days are not over."""

    RUNNING = "running"
    DONE = "done"
    OPEN = "open"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Slice:
    """One unit of harvesting: days ``[first, last]`` of a stream, or the bulk file ``number``.

    ``asked`` = ``got`` + ``rejected`` + ``missing``; ``got`` counts articles, books and deletions.
    ``fingerprint`` tells one issue of a bulk file from the next. A bulk file's ``last`` is the day
    up to which it and those before it hold everything, None inside a baseline.
    """

    source: str
    name: str
    state: SliceState
    first: date | None = None
    last: date | None = None
    number: int = 0
    asked: int = 0
    got: int = 0
    rejected: int = 0
    missing: tuple[str, ...] = ()
    fingerprint: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days ``[first, last]``."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """The two days as text."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a stream lacks, from ``first`` to ``last`` (days or names of files), and why."""

    source: str
    first: str
    last: str
    reason: str


class SliceBook:
    """The slices of an archive."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, piece: Slice, at: datetime) -> None:
        """Write a slice down as it stands; done ones strike out unfinished ones they cover."""
        with transaction(self._connection):
            self._connection.execute(_WRITE, (*_row(piece), at.isoformat()))
            if piece.state is SliceState.DONE and piece.first and piece.source != BULK:
                self._strike_out_covered(piece.source)

    def forget_unfinished(self, source: str) -> None:
        """Drop what is not done of a stream, before it is planned anew."""
        with transaction(self._connection):
            self._forget(piece for piece in self.of(source) if piece.state is not SliceState.FAILED)

    def find(self, source: str, name: str) -> Slice | None:
        """Look one slice up."""
        row = self._connection.execute(_FIND, (source, name)).fetchone()
        return _slice(row) if row else None

    def of(self, source: str) -> tuple[Slice, ...]:
        """List the slices of a stream in order."""
        return tuple(_slice(row) for row in self._connection.execute(_OF, (source,)))

    def sources(self) -> tuple[str, ...]:
        """Name all streams that ever began."""
        rows = self._connection.execute("SELECT DISTINCT source FROM slices ORDER BY source")
        return tuple(source for (source,) in rows)

    def covered(self, source: str) -> tuple[Span, ...]:
        """Merge the days of the done slices of a stream."""
        return merge(_span(piece) for piece in self.of(source) if _is_done(piece) and piece.first)

    def watermark(self, source: str) -> date | None:
        """Say up to which day a stream is complete; an error never moves it."""
        if source == BULK:
            return _bulk_watermark(self.of(source))
        days = [piece.first for piece in self.of(source) if piece.first]
        spans = self.covered(source)
        return spans[0].last if spans and spans[0].first == min(days) else None

    def gaps(self, source: str) -> tuple[Gap, ...]:
        """List what a stream lacks between its first and its last slice."""
        pieces = self.of(source)
        return _bulk_gaps(pieces) if source == BULK else self._day_gaps(source, pieces)

    def _day_gaps(self, source: str, pieces: Sequence[Slice]) -> tuple[Gap, ...]:
        spans = [_span(piece) for piece in pieces if piece.first and _is_claim(piece)]
        if not spans:
            return ()
        whole = Span(min(spans).first, max(span.last for span in spans))
        lacking = holes(whole, self.covered(source))
        return tuple(
            Gap(source, str(hole.first), str(hole.last), _reason(hole, pieces)) for hole in lacking
        )

    def _strike_out_covered(self, source: str) -> None:
        covered = self.covered(source)
        self._forget(
            piece for piece in self.of(source) if piece.first and not holes(_span(piece), covered)
        )

    def _forget(self, pieces: Iterable[Slice]) -> None:
        names = [(piece.source, piece.name) for piece in pieces]
        self._connection.executemany(_FORGET, names)


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that overlap or touch.

    >>> merge([Span(date(2026, 1, 3), date(2026, 1, 9)), Span(date(2026, 1, 1), date(2026, 1, 2))])
    (Span(first=datetime.date(2026, 1, 1), last=datetime.date(2026, 1, 9)),)
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.first <= merged[-1].last + _DAY:
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def holes(whole: Span, covered: Iterable[Span]) -> tuple[Span, ...]:
    """List the days of ``whole`` that are not covered; ``covered`` is merged."""
    inside = [span for span in covered if span.last >= whole.first and span.first <= whole.last]
    starts = [whole.first, *(span.last + _DAY for span in inside)]
    ends = [*(span.first - _DAY for span in inside), whole.last]
    return tuple(Span(a, b) for a, b in zip(starts, ends, strict=True) if a <= b)


def _bulk_watermark(pieces: Sequence[Slice]) -> date | None:
    for files in reversed(_years(pieces)):
        ends = [piece.last for piece in _first_run(files) if piece.last]
        if ends:
            return max(ends)
    return None


def _bulk_gaps(pieces: Sequence[Slice]) -> tuple[Gap, ...]:
    """List the numbers lacking; years before the newest that is usable do not matter any more."""
    years = _years(pieces)
    usable = [n for n, files in enumerate(years) if any(p.last for p in _first_run(files))]
    current = years[usable[-1] if usable else 0 :]
    return tuple(gap for files in current for gap in _number_gaps(files))


def _years(pieces: Sequence[Slice]) -> list[list[Slice]]:
    return [list(files) for _, files in groupby(pieces, lambda p: p.number // FILES_A_YEAR)]


def _first_run(files: Sequence[Slice]) -> list[Slice]:
    """Take the done files up to the first that is not, or is not there."""
    run: list[Slice] = []
    for piece in files:
        if not _is_done(piece) or (run and piece.number != run[-1].number + 1):
            break
        run.append(piece)
    return run


def _number_gaps(files: Sequence[Slice]) -> list[Gap]:
    unfinished = [
        Gap(BULK, piece.name, piece.name, piece.problem or piece.state)
        for piece in files
        if not _is_done(piece)
    ]
    absent = [
        Gap(BULK, file_stem(a.number + 1), file_stem(b.number - 1), "not there")
        for a, b in pairwise(files)
        if b.number > a.number + 1
    ]
    return sorted(unfinished + absent, key=lambda gap: gap.first)


def file_stem(number: int) -> str:
    """Write a bulk file's number as its name begins.

    >>> file_stem(26_001_335)
    'pubmed26n1335'
    """
    year, n = divmod(number, FILES_A_YEAR)
    return f"pubmed{year:02}n{n:04}"


def _is_done(piece: Slice) -> bool:
    return piece.state is SliceState.DONE


def _is_claim(piece: Slice) -> bool:
    """Whether its days should be there: days that are not over yet are no gap."""
    return piece.state is not SliceState.OPEN


def _reason(hole: Span, pieces: Iterable[Slice]) -> str:
    """Say why: what is written of the unfinished slices that touch the hole."""
    touching = (
        piece.problem or piece.state
        for piece in pieces
        if not _is_done(piece) and piece.first and holes(hole, [_span(piece)]) != (hole,)
    )
    return "; ".join(dict.fromkeys(touching)) or "not harvested"


def _span(piece: Slice) -> Span:
    if piece.first is None or piece.last is None:
        raise ValueError(f"{piece.source} {piece.name}: has no days")
    return Span(piece.first, piece.last)


def _row(piece: Slice) -> tuple[object, ...]:
    days = (str(piece.first or "") or None, str(piece.last or "") or None)
    counts = (piece.asked, piece.got, piece.rejected, json.dumps(piece.missing))
    texts = (piece.fingerprint, piece.problem)
    return (piece.source, piece.name, *days, piece.number, piece.state, *counts, *texts)


def _slice(row: tuple[str, str, str, str, int, str, int, int, int, str, str, str]) -> Slice:
    source, name, first, last, number, state, asked, got, rejected, *texts = row
    return Slice(
        source,
        name,
        SliceState(state),
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
        number,
        asked,
        got,
        rejected,
        tuple(json.loads(texts[0])),
        *texts[1:],
    )
