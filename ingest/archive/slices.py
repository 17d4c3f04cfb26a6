"""What was harvested, slice by slice, and so: up to when we hold everything, and what is missing.

A slice is a stretch of days of one stream (``edat 1f3a9c2e``), or one bulk file (``bulk``). Only
slices that are done count; the watermark is the end of the first run of them without a gap.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

from pydantic import TypeAdapter

from ingest.archive.schema import transaction

BULK = "bulk"
FILES_A_YEAR = 10**6
"""Bulk files are numbered by year and number: ``pubmed26n1335`` is 26 * FILES_A_YEAR + 1335."""

_DAY = timedelta(days=1)


class SliceState(StrEnum):
    """The state of a slice: ``open`` is fetched completely, but its days are not over."""

    RUNNING = "running"
    DONE = "done"
    OPEN = "open"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """Days ``[first, last]``."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """The two days as text."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Slice:
    """One unit of harvesting: days ``[first, last]`` of a stream, or the bulk file ``number``.

    ``asked`` = ``got`` + ``rejected`` + ``missing``; ``got`` counts articles, books and deletions.
    ``fingerprint`` differs between issues of a bulk file. A bulk file's ``last`` is the day
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

    @property
    def is_done(self) -> bool:
        """Whether it counts."""
        return self.state is SliceState.DONE

    @property
    def days(self) -> DayRange | None:
        """Its days; None where it has none."""
        return DayRange(self.first, self.last) if self.first and self.last else None


_SLICE = TypeAdapter(Slice)
_COLUMNS = tuple(field.name for field in fields(Slice))
_WRITE = """INSERT OR REPLACE INTO slices (source, name, state, first, last, number, asked, got,
    rejected, missing, fingerprint, problem, written)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_READ = """SELECT source, name, state, first, last, number, asked, got, rejected, missing,
    fingerprint, problem FROM slices WHERE source = ?"""
_OF = _READ + " ORDER BY number, first, last"
_FIND = _READ + " AND name = ?"
_FORGET = "DELETE FROM slices WHERE source = ? AND name = ? AND state != 'done'"


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
        """Write a slice down; done ones delete the unfinished ones that they cover."""
        with transaction(self._connection):
            self._connection.execute(_WRITE, (*_row(piece), at.isoformat()))
            if piece.is_done and piece.days and piece.source != BULK:
                self._delete_covered(piece.source)

    def forget_unfinished(self, source: str) -> None:
        """Drop what is not done of a stream, before it is planned again."""
        with transaction(self._connection):
            self._forget(piece for piece in self.of(source) if piece.state is not SliceState.FAILED)

    def find(self, source: str, name: str) -> Slice | None:
        """Look one slice up."""
        row = self._connection.execute(_FIND, (source, name)).fetchone()
        return _slice(row) if row else None

    def of(self, source: str) -> tuple[Slice, ...]:
        """List the slices of a stream in order."""
        return tuple(_slice(row) for row in self._connection.execute(_OF, (source,)))

    def covered(self, source: str) -> tuple[DayRange, ...]:
        """Merge the days of the done slices of a stream."""
        return merge(piece.days for piece in self.of(source) if piece.is_done and piece.days)

    def watermark(self, source: str) -> date | None:
        """Up to which day a stream is complete; an error never moves it."""
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
        # days that are not over yet are no gap
        spans = [p.days for p in pieces if p.days and p.state is not SliceState.OPEN]
        if not spans:
            return ()
        claimed = DayRange(min(spans).first, max(span.last for span in spans))
        lacking = holes(claimed, self.covered(source))
        return tuple(
            Gap(source, str(hole.first), str(hole.last), _reason(hole, pieces)) for hole in lacking
        )

    def _delete_covered(self, source: str) -> None:
        covered = self.covered(source)
        self._forget(
            piece for piece in self.of(source) if piece.days and not holes(piece.days, covered)
        )

    def _forget(self, pieces: Iterable[Slice]) -> None:
        names = [(piece.source, piece.name) for piece in pieces]
        self._connection.executemany(_FORGET, names)


def merge(spans: Iterable[DayRange]) -> tuple[DayRange, ...]:
    """Join ranges that overlap or touch.

    >>> first, second, ninth = date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 9)
    >>> [str(days.last) for days in merge([DayRange(second, ninth), DayRange(first, first)])]
    ['2026-01-09']
    """
    merged: list[DayRange] = []
    for span in sorted(spans):
        if merged and span.first <= merged[-1].last + _DAY:
            merged[-1] = DayRange(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def holes(wanted: DayRange, covered: Iterable[DayRange]) -> tuple[DayRange, ...]:
    """List the days of ``wanted`` that are not covered; ``covered`` is merged."""
    inside = [span for span in covered if span.last >= wanted.first and span.first <= wanted.last]
    starts = [wanted.first, *(span.last + _DAY for span in inside)]
    ends = [*(span.first - _DAY for span in inside), wanted.last]
    return tuple(DayRange(a, b) for a, b in zip(starts, ends, strict=True) if a <= b)


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
        if not piece.is_done or (run and piece.number != run[-1].number + 1):
            break
        run.append(piece)
    return run


def _number_gaps(files: Sequence[Slice]) -> list[Gap]:
    unfinished = [
        Gap(BULK, piece.name, piece.name, piece.problem or piece.state)
        for piece in files
        if not piece.is_done
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


def _reason(hole: DayRange, pieces: Iterable[Slice]) -> str:
    """Say why: what is written of the unfinished slices that touch the hole."""
    touching = (
        piece.problem or piece.state
        for piece in pieces
        if not piece.is_done and piece.days and holes(hole, [piece.days]) != (hole,)
    )
    return "; ".join(dict.fromkeys(touching)) or "not harvested"


def _row(piece: Slice) -> tuple[object, ...]:
    values = _SLICE.dump_python(piece, mode="json")
    return tuple((values | {"missing": json.dumps(piece.missing)}).values())


def _slice(row: Sequence[str]) -> Slice:
    values = dict(zip(_COLUMNS, row, strict=True))
    return _SLICE.validate_python(values | {"missing": json.loads(values["missing"])})
