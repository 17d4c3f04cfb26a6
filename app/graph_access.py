"""What the views ask of the graph: which one is current, its rows, the sandbox for strangers."""

import time
from collections.abc import Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock

from pyoxigraph import Literal

from app.sandbox.answer import Limits, Sandbox, UnavailableError
from app.sandbox.remote import RemoteSandbox
from app.sandbox.workers import WorkerSandbox
from app.settings import Settings, load_settings
from kg.graph.catalogue import bind, question
from kg.snapshots.snapshot import Snapshot, SnapshotError, current_snapshot
from kg.stores import Term, TripleStore
from kg.stores.address import StoreAddress, is_server
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_server

Value = str | int | float | bool | None
Row = Mapping[str, Value]
XSD = "http://www.w3.org/2001/XMLSchema#"
FRESH_S = 300
"""How long answers of a server are kept; those of a snapshot never change."""
KEPT_ROWS = 500
_OPENING = Lock()


def graph_version(settings: Settings) -> str:
    """Name the graph that is current: a server's address, a snapshot's folder, or empty.

    Raises SnapshotError where the snapshot is named but not there.
    """
    if settings.store:
        return settings.store
    snapshot = current_snapshot(settings.data / "graph")
    return str(snapshot.path) if snapshot else ""


def open_graph(version: str, address: StoreAddress | None) -> TripleStore:
    """Open the server of an address, else a snapshot; what was opened last stays open."""
    if address is not None:
        return open_graph_server(address)
    with _OPENING:
        return _opened(version)


@lru_cache(maxsize=2)
def _opened(version: str) -> TripleStore:
    return EmbeddedStore.open_read_only(Snapshot(Path(version)).graph)


@lru_cache(maxsize=2)
def open_graph_server(address: StoreAddress) -> ServerStore:
    """Connect to the server that is the graph, once. Raises StoreError as long as that fails.

    Without a lock: while a server is away, those who ask wait side by side.
    """
    return open_server(address)


def label_index() -> Path | None:
    """Where the label index of the current snapshot is; a server has none."""
    settings = load_settings()
    snapshot = None if settings.store else current_snapshot(settings.data / "graph")
    return snapshot.labels if snapshot else None


def has_graph() -> bool:
    """Whether there is anything to look at."""
    return graph_version(load_settings()) != ""


def ask(name: str, **arguments: str) -> tuple[Row, ...]:
    """Answer the question ``view_<name>``; raises QuestionError on an unfit argument."""
    given = tuple(sorted(arguments.items()))
    is_large = int(arguments.get("limit", "0")) > KEPT_ROWS
    answered = _answered.__wrapped__ if is_large else _answered
    version = graph_version(load_settings())
    return answered(version, _moment(version), name, given)


def ask_one(name: str, **arguments: str) -> Row | None:
    """The only row of an answer, None where there is none."""
    return next(iter(ask(name, **arguments)), None)


def _moment(version: str) -> int:
    return int(time.monotonic() / FRESH_S) if is_server(version) else 0


@lru_cache(maxsize=500)
def _answered(
    version: str, _moment: int, name: str, arguments: tuple[tuple[str, str], ...]
) -> tuple[Row, ...]:
    return _rows(version, bind(question(f"view_{name}"), dict(arguments)))


def _rows(version: str, query: str) -> tuple[Row, ...]:
    rows = open_graph(version, load_settings().store_address).select(query)
    return tuple({key: plain(term) for key, term in row.items()} for row in rows)


def plain(term: Term) -> Value:
    """Read a term as a Python value; IRIs and all other literals become text."""
    if not isinstance(term, Literal):
        return None if term is None else getattr(term, "value", str(term))
    match term.datatype.value.removeprefix(XSD):
        case "integer":
            return int(term.value)
        case "double" | "decimal":
            return float(term.value)
        case "boolean":
            return term.value in {"true", "1"}
        case _:
            return term.value


@cache
def shared_sandbox() -> Sandbox:
    """The one sandbox of this process, for the endpoint and the query page alike."""
    return sandbox_of(load_settings())


def sandbox_of(settings: Settings) -> Sandbox:
    """Start a sandbox over the graph that is current when a query comes."""
    limits, address = limits_of(settings), settings.store_address
    if address is not None:
        return RemoteSandbox(partial(open_graph_server, address), limits)
    return WorkerSandbox(lambda: _graph_folder(settings), limits)


def limits_of(settings: Settings) -> Limits:
    """Say what a query may use."""
    return Limits(
        settings.query_timeout_s,
        settings.max_rows,
        settings.max_bytes,
        settings.query_memory_mb << 20,
        settings.query_workers,
    )


def _graph_folder(settings: Settings) -> str:
    """Where query processes find the current graph, empty where there is none yet."""
    try:
        snapshot = current_snapshot(settings.data / "graph")
    except SnapshotError as error:
        raise UnavailableError("The graph is not there: try again soon") from error
    return str(snapshot.graph) if snapshot else ""
