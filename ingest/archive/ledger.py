"""Who may work now (leases), and which nights have been worked (runs)."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ingest.archive.schema import transaction

_TAKE = """INSERT INTO leases (name, holder, expires) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
    WHERE leases.holder = excluded.holder OR leases.expires <= ?"""
_RENEW = "UPDATE leases SET expires = ? WHERE name = ? AND holder = ?"
_RELEASE = "DELETE FROM leases WHERE name = ? AND holder = ?"
_BEGIN = """INSERT INTO runs (slot, started, finished, state, report, attempts)
    VALUES (?, ?, NULL, 'running', '', 1)
    ON CONFLICT (slot) DO UPDATE SET started = excluded.started, finished = NULL,
    state = 'running', report = '', attempts = attempts + 1 WHERE state != 'done'"""
_FINISH = "UPDATE runs SET finished = ?, state = ?, report = ? WHERE slot = ?"
_RUNS = "SELECT slot, started, finished, state, report, attempts FROM runs"


class RunState(StrEnum):
    """How a run stands. Only ``done`` closes its slot; ``held`` is a result kept back."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work alone under a name, until it expires or is released."""

    name: str
    holder: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One night's work; ``report`` is JSON, empty while it runs."""

    slot: date
    started: datetime
    finished: datetime | None
    state: RunState
    report: str
    attempts: int


class Ledger:
    """Leases and runs. Every moment is handed in, with its time zone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def acquire_lease(self, name: str, holder: str, ttl_s: float, now: datetime) -> bool:
        """Take the lease where it is free, expired or already the holder's; say whether it is."""
        row = (name, holder, _text(now + timedelta(seconds=ttl_s)), _text(now))
        return self._write(_TAKE, *row)

    def renew_lease(self, name: str, holder: str, ttl_s: float, now: datetime) -> bool:
        """Prolong one's own lease; False says that another has taken it: stop working."""
        return self._write(_RENEW, _text(now + timedelta(seconds=ttl_s)), name, holder)

    def release_lease(self, name: str, holder: str) -> bool:
        """Give one's own lease back; False where it was another's or none."""
        return self._write(_RELEASE, name, holder)

    def lease(self, name: str) -> Lease | None:
        """Say who holds, or last held, a lease; expired ones are told as well."""
        query = "SELECT name, holder, expires FROM leases WHERE name = ?"
        row = self._connection.execute(query, (name,)).fetchone()
        return Lease(row[0], row[1], datetime.fromisoformat(row[2])) if row else None

    def begin_run(self, slot: date, now: datetime) -> bool:
        """Open a slot, for the first time or again; False where it is done."""
        return self._write(_BEGIN, slot.isoformat(), _text(now))

    def finish_run(self, slot: date, state: RunState, report: str, now: datetime) -> None:
        """Write down how a run ended."""
        self._write(_FINISH, _text(now), state, report, slot.isoformat())

    def run(self, slot: date) -> Run | None:
        """Look a slot up."""
        row = self._connection.execute(f"{_RUNS} WHERE slot = ?", (slot.isoformat(),)).fetchone()
        return _run(row) if row else None

    def runs(self, limit: int = 30) -> tuple[Run, ...]:
        """List the latest slots, newest first."""
        rows = self._connection.execute(f"{_RUNS} ORDER BY slot DESC LIMIT ?", (limit,))
        return tuple(_run(row) for row in rows)

    def last_good_run(self) -> Run | None:
        """The newest slot that is done."""
        query = f"{_RUNS} WHERE state = 'done' ORDER BY slot DESC LIMIT 1"
        row = self._connection.execute(query).fetchone()
        return _run(row) if row else None

    def _write(self, statement: str, *values: object) -> bool:
        with transaction(self._connection):
            return self._connection.execute(statement, values).rowcount > 0


def _text(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _run(row: tuple[str, str, str | None, str, str, int]) -> Run:
    slot, started, finished, state, report, attempts = row
    return Run(
        date.fromisoformat(slot),
        datetime.fromisoformat(started),
        datetime.fromisoformat(finished) if finished else None,
        RunState(state),
        report,
        attempts,
    )
