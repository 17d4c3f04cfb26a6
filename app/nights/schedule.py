"""The clock of the nightly job. The job itself is idempotent; the clock is dumb."""

import queue
from collections.abc import Callable
from datetime import date, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

JOB_ID = "night"


class TimeError(ValueError):
    """A time of day that is none."""


def keep_time(
    at: str, job: Callable[[], None], *, is_due: bool, report: Callable[[str], None]
) -> None:
    """Call ``job`` every day at ``at`` (HH:MM, local time), until interrupted.

    ``is_due`` says that a time went by unused before the clock was started: the job is called at
    once. It runs in this thread, so that an interrupt reaches it; times that pass meanwhile are
    one call.
    """
    due: queue.SimpleQueue[None] = queue.SimpleQueue()
    scheduler = make_scheduler(at, lambda: due.put(None))
    scheduler.start()
    try:
        if is_due:
            report("catching up on what was missed")
            job()
        while True:
            report(f"the next run is due at {at}; stop with Ctrl+C")
            due.get()
            _empty(due)
            job()
    except KeyboardInterrupt:
        report("stopped")
    finally:
        scheduler.shutdown(wait=False)


def make_scheduler(at: str, job: Callable[[], None]) -> BackgroundScheduler:
    """Set up the clock without starting it; raises TimeError."""
    scheduler = BackgroundScheduler()
    # The default grace of one second drops a job that the machine slept through.
    scheduler.add_job(job, _daily(at), id=JOB_ID, misfire_grace_time=None, coalesce=True)
    return scheduler


def last_due(at: str, now: datetime) -> date:
    """Say of which day the last time to run was; raises TimeError.

    >>> [str(last_due("02:00", datetime(2026, 11, 23, *at))) for at in ((1, 59), (2, 0))]
    ['2026-11-22', '2026-11-23']
    """
    hour, minute = _clock_time(at)
    is_past = (now.hour, now.minute) >= (hour, minute)
    return now.date() if is_past else now.date() - timedelta(days=1)


def _daily(at: str) -> CronTrigger:
    hour, minute = _clock_time(at)
    try:
        return CronTrigger(hour=hour, minute=minute)
    except ValueError as error:
        raise TimeError(f"{at!r} is not a time of day; write HH:MM") from error


def _clock_time(at: str) -> tuple[int, int]:
    hour, _, minute = at.partition(":")
    try:
        return int(hour), int(minute)
    except ValueError as error:
        raise TimeError(f"{at!r} is not a time of day; write HH:MM") from error


def _empty(due: queue.SimpleQueue[None]) -> None:
    """Drop what fell due twice before we got to it."""
    while not due.empty():
        due.get()
