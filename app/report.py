"""What a run or a night did: kept in the ledger as JSON, shown by the commands and the explorer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter, ValidationError

from ingest.archive.ledger import RunState
from kg.belief import probability
from kg.graph.reading_back import GraphCounts
from kg.snapshots.diff import AlertResult, Change, Difference

LISTED = 20
"""Assertions of each kind of change, papers and problems that a report names of each."""

LIVE_STATES = frozenset({RunState.DONE, RunState.PARTIAL})
"""How a run ends whose graph went live."""

ASSERTION_COLUMNS = ("change", "subject", "predicate", "object", "belief before", "after")


@dataclass(frozen=True, slots=True)
class Harvested:
    """What came into the archive, from PubMed or from files.

    ``as_of`` is the day up to which the archive is complete, None where files were read.
    """

    as_of: date | None = None
    is_complete: bool = True
    asked: int = 0
    got: int = 0
    rejected: int = 0
    missing: int = 0
    added: int = 0
    updated: int = 0
    deleted: int = 0
    requests: int = 0
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
    """How many assertions differ from the graph of ``base``, and the foremost of each kind.

    ``base`` is the number of a snapshot, None where there was no graph before.
    """

    base: int | None
    new: int
    gone: int
    changed: int
    listed: tuple[ChangedAssertion, ...]

    def __str__(self) -> str:
        """Say how many assertions differ.

        >>> str(GraphChange(4, 2, 0, 1, ()))
        '2 new, 0 gone, 1 changed'
        """
        return f"{self.new:,} new, {self.gone:,} gone, {self.changed:,} changed"


@dataclass(frozen=True, slots=True)
class GraphUpdate:
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
    """What an alert of the data directory found: rows new and gone, or why it has no answer."""

    name: str
    summary: str
    new: int
    gone: int
    problem: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run, or a night where it has a ``slot``. ``catches_up`` counts the nights missed before it.

    ``held_because`` says why the graph was kept back; ``snapshot`` is the one that is current
    after the run, None on a server; ``as_of`` the day up to which the graph that went live holds
    everything, None after a run of files.
    """

    slot: date | None
    state: RunState
    started: datetime
    seconds: float
    catches_up: int = 0
    harvest: Harvested | None = None
    graph: GraphUpdate | None = None
    snapshot: int | None = None
    as_of: date | None = None
    alerts: tuple[Alerted, ...] = ()
    held_because: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_repeat: bool = False


_JSON = TypeAdapter(RunReport)


def to_json(report: RunReport) -> str:
    """Write a report as JSON."""
    return _JSON.dump_json(report).decode()


def from_json(text: str) -> RunReport | None:
    """Read a report; None where there is none, or one of another version's form."""
    try:
        return _JSON.validate_json(text) if text else None
    except ValidationError:
        return None


def graph_change(base: int | None, differences: Sequence[Difference]) -> GraphChange:
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


def problems_of(report: RunReport | None) -> tuple[str, ...]:
    """All that a report says went wrong, and what could not be read."""
    if report is None:
        return ()
    harvest = report.harvest
    unread = harvest.rejected if harvest and report.slot is None else 0
    return (
        *report.held_because,
        *report.problems,
        *(harvest.problems if harvest else ()),
        *([f"unreadable records: {unread:,}"] if unread else ()),
    )


def report_values(report: RunReport) -> Mapping[str, object]:
    """Put a report in a few lines: names and values."""
    values: dict[str, object] = {
        "night of" if report.slot else "run of": report.slot
        or f"{report.started:%Y-%m-%d %H:%M:%S}",
        "state": f"already {report.state.value}" if report.is_repeat else report.state.value,
        "seconds": report.seconds,
    }
    if report.catches_up:
        values["catches up on"] = f"{report.catches_up} nights that did not run"
    values |= _harvest_values(report.harvest) if report.harvest else {}
    values |= _graph_values(report.graph) if report.graph else {}
    for alert in report.alerts:
        values[f"alert {alert.name}"] = alert.problem or f"{alert.new} new, {alert.gone} gone"
    return values


def assertion_row(changed: ChangedAssertion) -> tuple[str, ...]:
    """Put a changed assertion in one line, under ``ASSERTION_COLUMNS``.

    >>> assertion_row(ChangedAssertion("gone", "", "inulin", "influence", "anxiety", 0.5, None))
    ('gone', 'inulin', 'influence', 'anxiety', '0.50', '')
    """
    beliefs = ("" if b is None else probability(b) for b in (changed.before, changed.after))
    return (changed.change, changed.subject, changed.predicate, changed.object, *beliefs)


def _harvest_values(harvest: Harvested) -> dict[str, object]:
    return {
        "records requested, received": f"{harvest.asked:,}, {harvest.got:,}",
        "added, revised, deleted": f"{harvest.added:,}, {harvest.updated:,}, {harvest.deleted:,}",
        "unreadable, missing": f"{harvest.rejected:,}, {harvest.missing:,}",
        "requests": harvest.requests,
        "data as of": harvest.as_of or "unknown",
    }


def _graph_values(graph: GraphUpdate) -> dict[str, object]:
    before, after = graph.before, graph.after
    return {
        "papers loaded, extracted": f"{graph.loaded:,}, {graph.extracted:,}",
        "withdrawn, retracted": f"{graph.withdrawn:,}, {graph.retracted:,}",
        "papers": f"{before.articles:,} to {after.articles:,}",
        "assertions": f"{before.assertions:,} to {after.assertions:,}",
        "evidence": f"{before.evidence:,} to {after.evidence:,}",
        "assertions changed": graph.change or "unknown",
    }


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
