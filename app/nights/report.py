"""What a night did: kept in the ledger as JSON, shown by ``status`` and in the explorer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter, ValidationError

from ingest.archive.ledger import RunState
from ingest.harvest.harvest_report import HarvestReport
from kg.graph.state import GraphCounts
from kg.snapshots.alerts import AlertResult
from kg.snapshots.diff import Change, Difference

LISTED = 20
"""Assertions of each kind of change, papers and problems that a report names of each."""


LIVE_STATES = frozenset({RunState.DONE, RunState.PARTIAL})
"""How a night ends whose graph went live."""


@dataclass(frozen=True, slots=True)
class Harvested:
    """What came from PubMed. ``as_of`` is the day up to which the archive is complete."""

    as_of: date | None
    is_complete: bool
    asked: int
    got: int
    rejected: int
    missing: int
    added: int
    updated: int
    deleted: int
    requests: int
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedAssertion:
    """One assertion that is new, gone, or believed otherwise; beliefs are None where it is not."""

    change: Change
    iri: str
    subject: str
    predicate: str
    object: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class GraphChange:
    """How many assertions differ from the graph of ``base``, and the foremost of each kind."""

    base: int
    new: int
    gone: int
    changed: int
    listed: tuple[ChangedAssertion, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of the graph.

    ``loaded`` papers were new, revised, or of another pipeline; ``extracted`` of them had a text
    that the pipeline did not know. ``withdrawn`` papers were deleted by PubMed; ``retracted``
    lost their evidence and kept their article. Papers are named up to a limit.
    """

    loaded: int
    extracted: int
    withdrawn: int
    retracted: int
    withdrawn_pmids: tuple[str, ...]
    retracted_pmids: tuple[str, ...]
    before: GraphCounts
    after: GraphCounts
    change: GraphChange | None = None


@dataclass(frozen=True, slots=True)
class Alerted:
    """How an alert of the data directory stands: rows new and gone, or why it has no answer."""

    name: str
    summary: str
    new: int
    gone: int
    problem: str


@dataclass(frozen=True, slots=True)
class NightReport:
    """A night. ``catches_up`` counts the nights before it that did not run.

    ``held_because`` says why the graph was kept back; ``snapshot`` is the one that is current
    after the night, None on a server; ``as_of`` the day up to which the graph that went live holds
    everything.
    """

    slot: date
    state: RunState
    started: datetime
    seconds: float
    catches_up: int = 0
    harvest: Harvested | None = None
    graph: Updated | None = None
    snapshot: int | None = None
    as_of: date | None = None
    alerts: tuple[Alerted, ...] = ()
    held_because: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_repeat: bool = False


_JSON = TypeAdapter(NightReport)


def to_json(report: NightReport) -> str:
    """Write a report as JSON."""
    return _JSON.dump_json(report).decode()


def from_json(text: str) -> NightReport | None:
    """Read a report; None where there is none, or one of another version's form."""
    try:
        return _JSON.validate_json(text) if text else None
    except ValidationError:
        return None


def harvested(report: HarvestReport) -> Harvested:
    """Sum up a harvest."""
    return Harvested(
        report.as_of,
        report.is_complete,
        report.asked,
        report.got,
        report.rejected,
        report.missing,
        report.stored.added,
        report.stored.updated,
        report.stored.deleted,
        report.requests,
        report.problems[:LISTED],
        report.warnings[:LISTED],
    )


def graph_change(base: int, differences: Sequence[Difference]) -> GraphChange:
    """Count differences, and list the foremost of each kind."""
    kinds: dict[Change, list[Difference]] = {"new": [], "gone": [], "changed": []}
    for difference in differences:
        kinds[difference.change].append(difference)
    listed = tuple(_changed(each) for found in kinds.values() for each in found[:LISTED])
    return GraphChange(base, len(kinds["new"]), len(kinds["gone"]), len(kinds["changed"]), listed)


def alerted(results: Iterable[AlertResult]) -> tuple[Alerted, ...]:
    """Sum up alerts."""
    return tuple(
        Alerted(each.name, each.summary, len(each.new), len(each.gone), each.problem)
        for each in results
    )


def _changed(difference: Difference) -> ChangedAssertion:
    edge, before, after = difference.edge, difference.before, difference.after
    return ChangedAssertion(
        difference.change,
        edge.iri,
        edge.subject.name,
        edge.predicate,
        edge.object.name,
        before.assertion.belief if before else None,
        after.assertion.belief if after else None,
    )
