"""When to send the next request: at one rate for all processes, and later after a failure."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ingest.lock import lock

_LONGEST_QUEUE_S = 120.0
_SLACK = 1.05  # requests that leave evenly may still arrive bunched

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as arguments: a test's clock sleeps in no time.

    ``now_s`` must give the same time in every process of the machine; ``chance`` is in [0, 1).
    """

    now_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class TransientError(OSError):
    """A request failed in a way that may be over when it is repeated."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnreachableError(OSError):
    """A request failed as often as we are willing to repeat it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to try, and how long to wait between: doubled each time, up to the longest.

    The defaults ride out an outage of one to two minutes.
    """

    attempts: int = 8
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_retry_after_s: float = 900.0

    def wait_s(self, failures: int, chance: float) -> float:
        """How long to wait after so many failures; half of it is chance.

        >>> [RetryPolicy().wait_s(failures, 0.0) for failures in (1, 2, 3, 9)]
        [0.5, 1.0, 2.0, 30.0]
        """
        longest = min(self.longest_wait_s, self.first_wait_s * 2 ** (failures - 1))
        return longest * (0.5 + chance / 2)


def retry(attempt: Callable[[], Result], policy: RetryPolicy, clock: Clock) -> Result:
    """Repeat ``attempt`` while it raises TransientError, then raise UnreachableError.

    A server that says when to come back is obeyed, up to a limit.
    """
    failures = 0
    while True:
        try:
            return attempt()
        except TransientError as error:
            failures += 1
            if failures >= policy.attempts:
                raise UnreachableError(f"{error}; tried {failures} times") from None
            asked_s = min(error.retry_after_s or 0.0, policy.longest_retry_after_s)
        clock.sleep(max(asked_s, policy.wait_s(failures, clock.chance())))


class RateLimiter:
    """Spaces the starts of requests; every process that names the same file takes its turn.

    The file holds the moment at which the next request may start. The server counts requests by
    key or address, so the file must be one for all that share those on this machine.
    """

    def __init__(self, file: Path, rate_hz: float, clock: Clock) -> None:
        self._file, self._interval_s, self._clock = file, _SLACK / rate_hz, clock

    def wait(self) -> None:
        """Take the next free moment and sleep until it comes."""
        now_s = self._clock.now_s()
        start_s = self._reserve(now_s)
        if start_s > now_s:
            self._clock.sleep(start_s - now_s)

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
