"""When to send the next request: at one rate for all processes, and later after a failure."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ingest.lock import lock

_LONGEST_QUEUE_S = 120.0
_ATTEMPTS = 8  # with these waits, enough for an outage of one to two minutes
_FIRST_WAIT_S, _LONGEST_WAIT_S, _LONGEST_RETRY_AFTER_S = 1.0, 60.0, 900.0
_SLACK = 1.05  # requests that leave evenly may still arrive bunched
_TOO_MANY, _SERVER_ERRORS = 429, 500

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as arguments: a test's clock sleeps in no time.

    ``now_s`` must give the same time in every process of the machine; ``chance`` is in [0, 1).
    ``utc_now`` is the calendar's time.
    """

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    utc_now: Callable[[], datetime] = lambda: datetime.now(UTC)


class TransientError(OSError):
    """A request failed in a way that may be over when it is repeated."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnreachableError(OSError):
    """A request failed as often as we are willing to repeat it."""


def raise_if_busy(status: int, retry_after: str | None, place: str = "") -> None:
    """Raise TransientError where a server says that it is overloaded, or fails."""
    if status == _TOO_MANY or status >= _SERVER_ERRORS:
        raise TransientError(f"{place}status {status}", _seconds(retry_after))


def _seconds(retry_after: str | None) -> float | None:
    """Read Retry-After; as a date it is left out, since our clock may be wrong.

    >>> _seconds("3"), _seconds("Wed, 21 Oct 2026 07:28:00 GMT"), _seconds(None)
    (3.0, None, None)
    """
    return float(retry_after) if retry_after and retry_after.strip().isdecimal() else None


def wait_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures: doubled each time; half of it is chance.

    >>> [wait_s(failures, 0.0) for failures in (1, 2, 3, 9)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(_FIRST_WAIT_S * 2 ** (failures - 1), _LONGEST_WAIT_S) * (0.5 + chance / 2)


def retry(attempt: Callable[[], Result], clock: Clock) -> Result:
    """Repeat ``attempt`` while it raises TransientError, then raise UnreachableError.

    A server that says when to come back is obeyed, up to a limit.
    """
    failures = 0
    while True:
        try:
            return attempt()
        except TransientError as error:
            failures += 1
            if failures >= _ATTEMPTS:
                raise UnreachableError(f"{error}; tried {failures} times") from None
            asked_s = min(error.retry_after_s or 0.0, _LONGEST_RETRY_AFTER_S)
        clock.sleep(max(asked_s, wait_s(failures, clock.chance())))


class RateLimiter:
    """Spaces the starts of requests; every process that names the same file takes its turn.

    The file holds the moment at which the next request may start. The server counts requests by
    key or address, so the file must be one for all that share those on this machine.
    """

    def __init__(self, file: Path, rate_hz: float, clock: Clock) -> None:
        self._file, self._interval_s, self.clock = file, _SLACK / rate_hz, clock

    def wait(self) -> None:
        """Take the next free moment and sleep until it comes."""
        now_s = self.clock.now_s()
        start_s = self._reserve(now_s)
        if start_s > now_s:
            self.clock.sleep(start_s - now_s)

    def _reserve(self, now_s: float) -> float:
        with lock(self._file) as stream:
            start_s = max(now_s, _free_from(stream.read(), now_s))
            stream.seek(0)
            stream.write(f"{start_s + self._interval_s:020.6f}\n")
        return start_s


def _free_from(text: str, now_s: float) -> float:
    """Read when the next request may start; what a reboot or a torn write left is no moment."""
    try:
        free_s = float(text)
    except ValueError:
        return now_s
    return free_s if free_s < now_s + _LONGEST_QUEUE_S else now_s
