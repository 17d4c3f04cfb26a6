"""The clock: once a day, at the time given, catching up after a sleep."""

import pytest

from app.scheduling import JOB_ID, TimeError, make_scheduler


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
