"""Saved questions, asked of two snapshots in the sandbox: which answers are new?"""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from app.graph_access import limits_of, snapshot_of
from app.sandbox.answer import Limits, NoAnswerError, Query
from app.sandbox.workers import WorkerSandbox
from app.settings import Settings
from kg.snapshots.diff import AlertResult, Ask, run_alerts
from kg.snapshots.snapshot import SnapshotError
from kg.stores import Row
from kg.stores.answers import QueryError, read_rows

_TSV = "text/tab-separated-values"


def alerts_folder(data: Path) -> Path:
    """Where the saved alerts of a data directory are."""
    return data / "alerts"


def check_alerts(settings: Settings, since: str = "previous") -> list[AlertResult]:
    """Ask the saved alerts of the current snapshot and of an earlier one.

    Each question runs in a process of its own, under the limits of the settings.
    """
    if settings.store is not None:
        raise SnapshotError(f"{settings.store}: a graph on a server has no snapshots to compare")
    before, after = (snapshot_of(settings.data, which).graph for which in (since, "current"))
    limits = limits_of(settings)
    with _sandboxed(before, limits) as ask_before, _sandboxed(after, limits) as ask:
        return run_alerts(alerts_folder(settings.data), ask_before, ask)


@contextmanager
def _sandboxed(graph: Path, limits: Limits) -> Generator[Ask]:
    with closing(WorkerSandbox(lambda: str(graph), limits)) as sandbox:
        yield lambda query: _answer(sandbox, query)


def _answer(sandbox: WorkerSandbox, query: str) -> Iterator[Row]:
    try:
        answer = sandbox.answer(Query(query, bindings=_TSV))
    except NoAnswerError as error:
        raise QueryError(str(error)) from error
    if answer.is_truncated:
        raise QueryError(f"More than {sandbox.limits.max_rows} rows")
    is_table = answer.media_type.partition(";")[0] == _TSV
    found = parse_query_results(answer.body, QueryResultsFormat.TSV) if is_table else None
    if not isinstance(found, QuerySolutions):
        raise QueryError("An alert is a SELECT")
    return read_rows(found)
