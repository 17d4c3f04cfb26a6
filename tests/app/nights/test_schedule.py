"""The clock: once a day, at the time given, catching up after a sleep."""

from datetime import date, datetime
from threading import current_thread, main_thread

import pytest

from app.nights.schedule import JOB_ID, TimeError, keep_time, last_due, make_scheduler


def test_a_night_missed_while_the_machine_slept_is_made_up_once() -> None:
    scheduler = make_scheduler("02:00", lambda: None)
    (job,) = scheduler.get_jobs()
    assert (job.id, job.misfire_grace_time, job.coalesce) == (JOB_ID, None, True)


def test_the_job_is_daily_at_the_time_given() -> None:
    (job,) = make_scheduler("23:45", lambda: None).get_jobs()
    fields = {field.name: str(field) for field in job.trigger.fields}
    assert (fields["day"], fields["hour"], fields["minute"]) == ("*", "23", "45")


@pytest.mark.parametrize("wrong", ["2 am", "25:00", "02:61", ""])
def test_a_time_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(TimeError, match="HH:MM"):
        make_scheduler(wrong, lambda: None)


def test_what_was_missed_is_done_at_once_where_an_interrupt_reaches_it() -> None:
    told: list[str] = []

    def job() -> None:
        told.append("in the main thread" if current_thread() is main_thread() else "elsewhere")
        raise KeyboardInterrupt

    keep_time("02:00", job, is_due=True, report=told.append)
    assert told == ["catching up on what was missed", "in the main thread", "stopped"]


def test_the_night_that_was_last_due_is_todays_once_its_time_has_come() -> None:
    assert last_due("23:00", datetime(2026, 3, 1, 22, 59)) == date(2026, 2, 28)  # noqa: DTZ001
    assert last_due("23:00", datetime(2026, 3, 1, 23, 0)) == date(2026, 3, 1)  # noqa: DTZ001
