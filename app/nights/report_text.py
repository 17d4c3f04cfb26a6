"""Nights and how things stand as names and values, for people; programs get all as JSON."""

import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from app.nights.night import NightPlan
from app.nights.report import (
    ChangedAssertion,
    GraphChange,
    Harvested,
    NightReport,
    Updated,
    to_json,
)
from app.nights.status import Night, NightStatus, problems_of

NIGHT_COLUMNS = ("night", "state", "ended", "added", "revised", "deleted", "graph", "problems")
ASSERTION_COLUMNS = ("change", "subject", "predicate", "object", "belief before", "after")
_STATUS = TypeAdapter(NightStatus)
_PLAN = TypeAdapter(NightPlan)


def report_json(report: NightReport) -> object:
    """Everything a report says."""
    return json.loads(to_json(report))


def status_json(status: NightStatus) -> object:
    """Everything that is known of how things stand."""
    return _STATUS.dump_python(status, mode="json")


def plan_json(plan: NightPlan) -> object:
    """Everything a night would do."""
    return _PLAN.dump_python(plan, mode="json")


def report_values(report: NightReport) -> Mapping[str, object]:
    """Tell a night in a few lines."""
    values: dict[str, object] = {
        "night of": report.slot,
        "state": f"{report.state.value} already" if report.is_repeat else report.state.value,
        "seconds": report.seconds,
    }
    if report.catches_up:
        values["makes up for"] = f"{report.catches_up} nights that did not run"
    values |= _harvest_values(report.harvest) if report.harvest else {}
    values |= _graph_values(report.graph) if report.graph else {}
    for alert in report.alerts:
        values[f"alert {alert.name}"] = alert.problem or f"{alert.new} new, {alert.gone} gone"
    return values


def status_values(status: NightStatus) -> Mapping[str, object]:
    """Tell how things stand in a few lines."""
    good = status.last_good
    return {
        "last good night": f"{good.slot} (ended {good.finished:%Y-%m-%d %H:%M} UTC)"
        if good and good.finished
        else "none",
        "at work now": "yes" if status.is_working else "no",
        "data as of": status.graph_as_of or "unknown",
        "archive as of": status.archive_as_of or "unknown",
        "graph": status.graph or "none",
        "changes pending": f"{status.pending:,}",
        "open gaps": f"{len(status.gaps):,}",
        "dead letters": f"{status.dead_letters:,}",
        "changed by the last night": change_told(status.change),
    }


def night_row(night: Night) -> tuple[str, ...]:
    """Tell a night in one line, under ``NIGHT_COLUMNS``."""
    report = night.report
    harvest = report.harvest if report else None
    counts = (harvest.added, harvest.updated, harvest.deleted) if harvest else ("", "", "")
    ended = f"{night.finished:%Y-%m-%d %H:%M}" if night.finished else ""
    graph = change_told(report.graph.change) if report and report.graph else ""
    told = "; ".join(problems_of(report))
    return (str(night.slot), night.state, ended, *map(str, counts), graph, told)


def change_told(change: GraphChange | None) -> str:
    """Say how many assertions differ.

    >>> change_told(GraphChange(4, 2, 0, 1, ()))
    '2 new, 0 gone, 1 changed'
    """
    if change is None:
        return "nothing known"
    return f"{change.new:,} new, {change.gone:,} gone, {change.changed:,} changed"


def assertion_row(changed: ChangedAssertion) -> tuple[str, ...]:
    """Tell a changed assertion in one line, under ``ASSERTION_COLUMNS``.

    >>> assertion_row(ChangedAssertion("gone", "", "inulin", "influence", "anxiety", 0.5, None))
    ('gone', 'inulin', 'influence', 'anxiety', '0.50', '')
    """
    beliefs = ("" if b is None else f"{b:.2f}" for b in (changed.before, changed.after))
    return (changed.change, changed.subject, changed.predicate, changed.object, *beliefs)


def _harvest_values(harvest: Harvested) -> dict[str, object]:
    return {
        "records asked, got": f"{harvest.asked:,}, {harvest.got:,}",
        "added, revised, deleted": f"{harvest.added:,}, {harvest.updated:,}, {harvest.deleted:,}",
        "unreadable, missing": f"{harvest.rejected:,}, {harvest.missing:,}",
        "requests": harvest.requests,
        "data as of": harvest.as_of or "unknown",
    }


def _graph_values(graph: Updated) -> dict[str, object]:
    before, after = graph.before, graph.after
    return {
        "papers loaded, extracted": f"{graph.loaded:,}, {graph.extracted:,}",
        "withdrawn, retracted": f"{graph.withdrawn:,}, {graph.retracted:,}",
        "papers": f"{before.articles:,} to {after.articles:,}",
        "assertions": f"{before.assertions:,} to {after.assertions:,}",
        "evidence": f"{before.evidence:,} to {after.evidence:,}",
        "assertions changed": change_told(graph.change),
    }
