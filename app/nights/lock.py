"""One night at a time: a lease in the archive for all machines, a file lock for this one.

The lease is renewed while its holder lives and expires after it. The lock ends with its process,
however it ends, so that on one machine nobody waits for a lease of the dead.
"""

import fcntl
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from app.update import archive_path
from ingest.archive.archive import Archive
from ingest.archive.ledger import Lease, Ledger
from ingest.archive.schema import ArchiveError

LEASE = "nightly"
TTL_S = 300.0
"""Longer than the archive's longest transaction, one bulk file, may keep a renewal waiting."""
_RENEWALS_A_LEASE = 6
_LOCK_TRIES, _LOCK_WAIT_S = 10, 0.05  # ``is_working`` holds the lock for a moment

Now = Callable[[], datetime]


class NightBusyError(ValueError):
    """Another process is doing the night's work."""


class LeaseLostError(ValueError):
    """The lease expired and another process took it; what is not published must not be."""


def utc_now() -> datetime:
    """Tell the time with its zone."""
    return datetime.now(UTC)


class Turn:
    """The right to work, as long as ``check`` does not raise."""

    def __init__(self, archive: Path, holder: str, ttl_s: float, now: Now) -> None:
        self._archive, self._holder, self._ttl_s, self._now = archive, holder, ttl_s, now
        self._is_over, self._is_lost = threading.Event(), threading.Event()

    def check(self) -> None:
        """Raise LeaseLostError where another process has taken over."""
        if self._is_lost.is_set():
            raise LeaseLostError("the night's lease was lost: another process has taken it")

    def end(self) -> None:
        """Make ``keep`` return."""
        self._is_over.set()

    def keep(self) -> None:
        """Renew the lease until the turn is over or lost; runs in a thread of its own."""
        with Archive(self._archive) as archive:
            while not self._is_over.wait(self._ttl_s / _RENEWALS_A_LEASE):
                if not self._renew(archive.ledger):
                    self._is_lost.set()
                    return

    def _renew(self, ledger: Ledger) -> bool:
        """Renew; where the archive is busy for long, the next renewal is soon enough."""
        try:
            return ledger.renew_lease(LEASE, self._holder, self._ttl_s, self._now())
        except ArchiveError:
            return True


@contextmanager
def sole_night(data: Path, *, ttl_s: float = TTL_S, now: Now = utc_now) -> Generator[Turn]:
    """Work alone on a data directory. Raises NightBusyError."""
    data.mkdir(parents=True, exist_ok=True)
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    with _lock_file(data).open("w") as lock, Archive(archive_path(data)) as archive:
        _take_lock(lock, archive.ledger)
        _take_lease(archive.ledger, holder, ttl_s, now)
        turn = Turn(archive_path(data), holder, ttl_s, now)
        renewing = threading.Thread(target=turn.keep, name="lease", daemon=True)
        renewing.start()
        try:
            yield turn
        finally:
            turn.end()
            renewing.join()
            archive.ledger.release_lease(LEASE, holder)


def is_working(data: Path, lease: Lease | None, now: datetime) -> bool:
    """Whether someone works now: says so at once on this machine, elsewhere as the lease does."""
    if lease is None or lease.expires <= now:
        return False
    return not _is_of_this_machine(lease) or _is_locked(_lock_file(data))


def _lock_file(data: Path) -> Path:
    return data / "nightly.lock"


def _take_lock(lock: TextIO, ledger: Ledger) -> None:
    for _ in range(_LOCK_TRIES):
        if _try_lock(lock):
            return
        time.sleep(_LOCK_WAIT_S)
    raise NightBusyError(_told(ledger.lease(LEASE)))


def _try_lock(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("r") as lock:
        return not _try_lock(lock)


def _take_lease(ledger: Ledger, holder: str, ttl_s: float, now: Now) -> None:
    found = ledger.lease(LEASE)
    if found and _is_of_this_machine(found):
        ledger.release_lease(LEASE, found.holder)  # we have the lock, so that process is dead
    if not ledger.acquire_lease(LEASE, holder, ttl_s, now()):
        raise NightBusyError(_told(ledger.lease(LEASE)))


def _is_of_this_machine(lease: Lease) -> bool:
    return lease.holder.partition(":")[0] == socket.gethostname()


def _told(lease: Lease | None) -> str:
    if lease is None:
        return "another process is doing the night's work"
    until = f"{lease.expires:%H:%M:%S} UTC"
    return f"{lease.holder} is doing the night's work; its lease lasts until {until}"
