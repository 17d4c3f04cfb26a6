"""Which graphs the commands of exchange read: a snapshot, or a server; alerts in the sandbox."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from app.graph_access import limits_of
from app.sandbox.answer import Limits, NoAnswerError, Query
from app.sandbox.workers import WorkerSandbox
from app.settings import Settings, graph_root
from kg.snapshots.diff import AlertResult, Ask, run_alerts
from kg.snapshots.snapshot import Snapshot, SnapshotError, find_snapshot
from kg.stores import Row, TripleStore
from kg.stores.answers import QueryError, read_rows
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store

_TSV = "text/tab-separated-values"


def readable_graph(settings: Settings, which: str = "current") -> TripleStore:
    """Open a snapshot for reading, or the server of the settings.

    Raises SnapshotError where there is no such snapshot; a server has the current state only.
    """
    address = settings.store_address
    if address is None:
        return EmbeddedStore.open_read_only(snapshot_of(settings, which).graph)
    if which != "current":
        raise SnapshotError(f"{address}: a server keeps no snapshots")
    return open_store(address)


def snapshot_of(settings: Settings, which: str) -> Snapshot:
    """Find a snapshot of the data directory."""
    return find_snapshot(graph_root(settings.data), which)


def alerts_folder(data: Path) -> Path:
    """Where the saved alerts of a data directory are."""
    return data / "alerts"


def check_alerts(settings: Settings, since: str = "previous") -> list[AlertResult]:
    """Ask the saved alerts of the current snapshot and of an earlier one.

    Each question runs in a process of its own, under the limits of the settings.
    """
    if settings.store is not None:
        raise SnapshotError(f"{settings.store}: a server keeps no snapshots to compare")
    before, after = (snapshot_of(settings, which) for which in (since, "current"))
    limits = limits_of(settings)
    with _sandboxed(before.graph, limits) as ask_before, _sandboxed(after.graph, limits) as ask:
        return run_alerts(alerts_folder(settings.data), ask_before, ask)


@contextmanager
def _sandboxed(graph: Path, limits: Limits) -> Generator[Ask]:
    with closing(WorkerSandbox(lambda: str(graph), limits)) as sandbox:

        def ask(query: str) -> Iterator[Row]:
            return _answer(sandbox, query)

        yield ask


def _answer(sandbox: WorkerSandbox, query: str) -> Iterator[Row]:
    try:
        answer = sandbox.answer(Query(query, bindings=_TSV))
    except NoAnswerError as error:
        raise QueryError(str(error)) from error
    if answer.is_truncated:
        raise QueryError(f"More than {sandbox.limits.max_rows} rows")
    if answer.media_type.partition(";")[0] != _TSV:
        raise QueryError("An alert is a SELECT")
    solutions = parse_query_results(answer.body, format=QueryResultsFormat.TSV)
    if not isinstance(solutions, QuerySolutions):
        raise QueryError("An alert is a SELECT")
    return read_rows(solutions)
