"""The clock of the nightly job. The job itself is idempotent; the clock is dumb."""

from collections.abc import Callable

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

JOB_ID = "night"


class TimeError(ValueError):
    """A time of day that is none."""


def keep_time(at: str, job: Callable[[], None], *, report: Callable[[str], None]) -> None:
    """Call ``job`` every day at ``at`` (HH:MM, local time), until interrupted."""
    scheduler = make_scheduler(at, job)
    report(f"the next run is due at {at}; stop with Ctrl+C")
    try:
        scheduler.start()
    except KeyboardInterrupt:
        report("stopped")


def make_scheduler(at: str, job: Callable[[], None]) -> BlockingScheduler:
    """Set up the clock without starting it; raises TimeError."""
    scheduler = BlockingScheduler()
    # The default grace of one second drops a job that the machine slept through.
    scheduler.add_job(job, _daily(at), id=JOB_ID, misfire_grace_time=None, coalesce=True)
    return scheduler


def _daily(at: str) -> CronTrigger:
    hour, _, minute = at.partition(":")
    try:
        return CronTrigger(hour=int(hour), minute=int(minute))
    except ValueError as error:
        raise TimeError(f"{at!r} is no time of day: HH:MM is expected") from error
