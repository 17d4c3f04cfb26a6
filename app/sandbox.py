"""Queries of strangers: gated, run where they can be killed, limited in time, rows and bytes."""

import json
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from queue import Empty, Queue
from typing import Protocol

from app.gate import names_dataset, refusal
from app.query_worker import Order
from app.serialising import Reply

MEMORY_BYTES = 4 * 1024**3
WORKERS = 2


class QueryError(ValueError):
    """A query that cannot be answered; ``status`` is what HTTP calls it."""

    status = 400


class RefusedError(QueryError):
    """The gate does not let the query pass."""

    status = 403


class TooLargeError(QueryError):
    """The answer has more bytes than allowed."""

    status = 413


class UnavailableError(QueryError):
    """The query used up its time or memory, no worker was free, or the graph is not there."""

    status = 503


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use."""

    timeout_s: float = 10.0
    max_rows: int = 10_000
    max_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """A query, the formats wanted for either kind of answer, and the dataset if one is named."""

    query: str
    bindings: str = "application/sparql-results+json"
    triples: str = "text/turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised result; ``is_truncated`` where the row cap cut it."""

    body: bytes = field(repr=False)
    media_type: str
    is_truncated: bool = False


class Sandbox(Protocol):
    """Answers queries of strangers, from the embedded graph or from a server."""

    def answer(self, request: Request) -> Answer:
        """Answer within the limits; raises QueryError."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


def admit(request: Request) -> None:
    """Raise RefusedError where the gate refuses the query."""
    if reason := refusal(request.query):
        raise RefusedError(reason)


class Worker:
    """One query process, started when first asked and again after it was killed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, order: Order, timeout_s: float) -> Reply | None:
        """Send an order; None where the process died over it, killed at the limit or not."""
        process = self._running()
        timer = threading.Timer(timeout_s, process.kill)
        timer.start()
        try:
            return _exchange(process, order)
        finally:
            timer.cancel()

    def stop(self) -> None:
        """Kill the process and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(  # noqa: S603
                # -P: a folder app/ where the server was started must not be run in place of ours
                [sys.executable, "-P", "-m", "app.query_worker", str(MEMORY_BYTES)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for the server, which then stops its workers
            )
        return self.process


def _exchange(process: subprocess.Popen[bytes], order: Order) -> Reply | None:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        process.stdin.flush()
        if line := process.stdout.readline():
            head = json.loads(line)
            body = process.stdout.read(head["body"])
            if len(body) == head["body"]:
                return Reply(**head | {"body": body})
    return None


class WorkerSandbox:
    """Two query processes over the current snapshot of the embedded graph.

    ``snapshot`` is asked before each query, so that a new graph is seen at once; an empty string
    is an empty graph.
    """

    def __init__(self, snapshot: Callable[[], str], limits: Limits) -> None:
        self.snapshot, self.limits = snapshot, limits
        self.workers = tuple(Worker() for _ in range(WORKERS))
        self.idle: Queue[Worker] = Queue()
        for worker in self.workers:
            self.idle.put(worker)

    def answer(self, request: Request) -> Answer:
        """Answer within the limits; raises QueryError."""
        admit(request)
        worker = self._free_worker()
        try:
            reply = worker.ask(self._order(request), self.limits.timeout_s)
            if reply is None:
                worker.stop()
        finally:
            self.idle.put(worker)
        return _answer(reply, self.limits)

    def close(self) -> None:
        """Kill the query processes."""
        for worker in self.workers:
            worker.stop()

    def _free_worker(self) -> Worker:
        try:
            return self.idle.get(timeout=self.limits.timeout_s)
        except Empty:
            raise UnavailableError("Too many queries are running: try again soon") from None

    def _order(self, request: Request) -> Order:
        return Order(
            **asdict(request),
            snapshot=self.snapshot(),
            max_rows=self.limits.max_rows,
            max_bytes=self.limits.max_bytes,
            cpu_s=math.ceil(self.limits.timeout_s) * 2,
            names_dataset=names_dataset(request.query),
        )


def _answer(reply: Reply | None, limits: Limits) -> Answer:
    if reply is None:
        raise UnavailableError(
            f"The query was stopped: it may use {limits.timeout_s:g} s and {MEMORY_BYTES >> 30} GiB"
        )
    match reply.outcome:
        case "ok":
            return Answer(reply.body, reply.media_type, reply.is_truncated)
        case "too_large":
            raise TooLargeError(reply.body.decode())
        case _:
            raise QueryError(reply.body.decode())
