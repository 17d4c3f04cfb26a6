"""Reports: what is kept of them, and what people read."""

from datetime import UTC, date, datetime

from app.report import (
    Alerted,
    ChangedAssertion,
    GraphChange,
    GraphUpdate,
    Harvested,
    RunReport,
    assertion_row,
    from_json,
    problems_of,
    report_values,
    to_json,
)
from ingest.archive.ledger import RunState
from kg.graph.reading_back import GraphCounts

AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
COUNTS = GraphCounts(1000, 2, 3, 4, 5, 6, 7, 8)
GRAPH = GraphUpdate(9, 8, 7, 6, (), (), COUNTS, COUNTS, GraphChange(1, 2000, 1, 0, ()))
HARVEST = Harvested(date(2026, 11, 21), True, 9, 8, 1, 0, problems=("no answer",))  # noqa: FBT003
NIGHT = RunReport(date(2026, 11, 22), RunState.HELD, AT, 2.5, 3, HARVEST, GRAPH)
OF_BEFORE = """{"slot":"2026-11-22","state":"done","started":"2026-11-23T03:00:00Z","seconds":1.0,
    "harvest":null,"graph":null,"snapshot":4,"as_of":"2026-11-21","alerts":[],"held_because":[],
    "problems":[],"is_repeat":false}"""


def test_a_report_is_read_as_it_was_written() -> None:
    assert from_json(to_json(NIGHT)) == NIGHT


def test_a_report_of_before_is_read_and_another_form_is_none() -> None:
    report = from_json(OF_BEFORE)
    assert report is not None
    assert (report.slot, report.snapshot, report.state) == (NIGHT.slot, 4, RunState.DONE)
    assert from_json("") is None
    assert from_json('{"slot": 3}') is None


def test_all_that_went_wrong_is_listed() -> None:
    held = RunReport(
        None, RunState.HELD, AT, 1.0, harvest=HARVEST, held_because=("less",), problems=("alerts",)
    )
    assert problems_of(held) == ("less", "alerts", "no answer", "unreadable records: 1")
    assert problems_of(NIGHT) == ("no answer",)
    assert problems_of(None) == ()


def test_a_night_in_a_few_lines() -> None:
    values = report_values(NIGHT)
    assert (values["night of"], values["state"]) == (date(2026, 11, 22), "held")
    assert values["catches up on"] == "3 nights that did not run"
    assert (values["records requested, received"], values["unreadable, missing"]) == (
        "9, 8",
        "1, 0",
    )
    assert values["papers loaded, extracted"] == "9, 8"
    assert values["papers"] == "1,000 to 1,000"
    assert str(values["assertions changed"]) == "2,000 new, 1 gone, 0 changed"


def test_a_belief_is_no_certainty_in_a_report() -> None:
    changed = ChangedAssertion("changed", "", "inulin", "influence", "anxiety", 0.001, 0.9999)
    assert assertion_row(changed)[-2:] == ("< 0.01", "> 0.99")


def test_a_run_is_named_by_its_moment_and_alerts_by_their_names() -> None:
    alerts = (Alerted("new", "", 2, 1, ""), Alerted("bad", "", 0, 0, "no SELECT"))
    values = report_values(RunReport(None, RunState.DONE, AT, 1.0, alerts=alerts, is_repeat=True))
    assert values == {
        "run of": "2026-11-23 03:00:00",
        "state": "already done",
        "seconds": 1.0,
        "alert new": "2 new, 1 gone",
        "alert bad": "no SELECT",
    }
