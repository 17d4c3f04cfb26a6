"""Which runs were there to bring a graph up to date, and how they ended. A night is one of them."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from ingest.archive.schema import transaction

_BEGIN = """INSERT INTO runs (slot, started, finished, state, report, attempts)
    VALUES (?, ?, NULL, 'running', '', 1)
    ON CONFLICT (slot) DO UPDATE SET started = excluded.started, finished = NULL,
    state = 'running', report = '', attempts = attempts + 1 WHERE state != 'done' OR ?
    RETURNING number"""
_FINISH = "UPDATE runs SET finished = ?, state = ?, report = ? WHERE number = ?"
_RUNS = "SELECT slot, started, finished, state, report, attempts FROM runs"
_OF_SLOT = f"{_RUNS} WHERE slot = ?"
_LATEST = f"{_RUNS} ORDER BY started DESC, number DESC LIMIT ?"
_NIGHTS = f"{_RUNS} WHERE slot IS NOT NULL ORDER BY slot DESC LIMIT ?"
_LAST_GOOD = f"{_RUNS} WHERE slot IS NOT NULL AND state = 'done' ORDER BY slot DESC LIMIT ?"


class RunState(StrEnum):
    """How a run stands. Only ``done`` closes a night; ``held`` is a result kept back."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One run; ``slot`` is the date of a night, None for a run of files: a day may have many.

    ``report`` is JSON, empty while it runs; ``attempts`` counts how often a night was begun.
    """

    slot: date | None
    started: datetime
    finished: datetime | None
    state: RunState
    report: str
    attempts: int


class Ledger:
    """Runs, nights among them. Every moment is handed in, with its time zone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, now: datetime, slot: date | None = None, *, again: bool = False) -> int | None:
        """Open a run, or a night, for the first time or again.

        None where the night is done, unless it is to be done ``again``.
        """
        values = (slot.isoformat() if slot else None, _text(now), again)
        with transaction(self._connection):
            row = self._connection.execute(_BEGIN, values).fetchone()
        return row[0] if row else None

    def finish(self, number: int, state: RunState, report: str, now: datetime) -> None:
        """Write down how a run ended; ``number`` is what ``begin`` returned."""
        with transaction(self._connection):
            self._connection.execute(_FINISH, (_text(now), state, report, number))

    def runs(self, limit: int = 30) -> tuple[LedgerEntry, ...]:
        """List the latest runs and nights, the one begun last first."""
        return self._read(_LATEST, limit)

    def nights(self, limit: int = 30) -> tuple[LedgerEntry, ...]:
        """List the latest nights, newest slot first."""
        return self._read(_NIGHTS, limit)

    def night(self, slot: date) -> LedgerEntry | None:
        """Look a night up."""
        return next(iter(self._read(_OF_SLOT, slot.isoformat())), None)

    def last_good_night(self) -> LedgerEntry | None:
        """Find the newest night that is done."""
        return next(iter(self._read(_LAST_GOOD, 1)), None)

    def _read(self, query: str, *values: object) -> tuple[LedgerEntry, ...]:
        return tuple(_entry(row) for row in self._connection.execute(query, values))


def _text(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _entry(row: tuple[str | None, str, str | None, str, str, int]) -> LedgerEntry:
    slot, started, finished, state, report, attempts = row
    return LedgerEntry(
        date.fromisoformat(slot) if slot else None,
        datetime.fromisoformat(started),
        datetime.fromisoformat(finished) if finished else None,
        RunState(state),
        report,
        attempts,
    )
