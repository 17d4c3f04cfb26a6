"""Queries of strangers: gated, run where they can be killed, limited in time, rows and bytes."""

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Protocol

from app.sandbox.query_gate import names_dataset, refusal
from app.sandbox.request_queue import FullError, Turns
from app.sandbox.results import Reply
from app.sandbox.worker_process import READY, Order

MEMORY_BYTES = 4 * 1024**3
ALLOCATION = {"MALLOC_ARENA_MAX": "2"}
"""Of the address space, glibc would reserve 64 MiB for each of the engine's threads."""
START_S = 60.0
"""How long a query process may take to start, on a machine that has much else to do."""


class QueryError(ValueError):
    """A query that cannot be answered; ``status`` is what HTTP calls it.

    ``retry_after_s`` says when the same query may do better; None where it will not.
    """

    status = 400
    retry_after_s: int | None = None


class RefusedError(QueryError):
    """The gate does not let the query pass."""

    status = 403


class TooLargeError(QueryError):
    """The answer has more bytes than allowed."""

    status = 413


class UnavailableError(QueryError):
    """The query used up its time or memory, or the graph is not there."""

    status = 503


class BusyError(UnavailableError):
    """Too many others ask: the query was not begun."""

    retry_after_s = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use, how many run at once, and how many wait for their turn."""

    timeout_s: float = 10.0
    max_rows: int = 10_000
    max_bytes: int = 50_000_000
    memory_bytes: int = MEMORY_BYTES
    workers: int = 3
    waiting: int = 16


@dataclass(frozen=True, slots=True)
class Request:
    """A query, the formats wanted for either kind of answer, and the dataset if one is named.

    ``client`` names who asks: nobody gets all the query processes at once.
    """

    query: str
    bindings: str = "application/sparql-results+json"
    triples: str = "text/turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    client: str = ""


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

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self.memory_bytes = memory_bytes
        self.process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def ask(self, order: Order, timeout_s: float) -> Reply | None:
        """Send an order; None where the process died over it, killed at the limit or not."""
        process = self._running()
        with _killed_after(process, START_S):
            self._is_ready = self._is_ready or _is_ready(process)
        with _killed_after(process, timeout_s):
            return _exchange(process, order)

    def restart(self) -> None:
        """Put a new process in place of one that was killed; it starts while nobody waits."""
        self.stop()
        self._running()

    def stop(self) -> None:
        """Kill the process and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is not None and self.process.poll() is None:
            return self.process
        self.stop()
        self._is_ready = False
        self.process = subprocess.Popen(  # noqa: S603
            # -P: a folder app/ where the server was started must not be run in place of ours
            [sys.executable, "-P", "-m", "app.sandbox.worker_process", str(self.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ALLOCATION,
            start_new_session=True,  # Ctrl+C is for the server, which then stops its workers
        )
        return self.process


@contextmanager
def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> Generator[None]:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _is_ready(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the line that says so: the time to start is not the query's."""
    assert process.stdout is not None  # noqa: S101
    return process.stdout.readline() == READY


def _exchange(process: subprocess.Popen[bytes], order: Order) -> Reply | None:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        process.stdin.flush()
        if line := process.stdout.readline():
            head = json.loads(line)
            body = process.stdout.read(head["body"])
            if head.pop("is_last"):
                process.wait()
            if len(body) == head["body"]:
                return Reply(**head | {"body": body})
    return None


class WorkerSandbox:
    """A few query processes over the current snapshot of the embedded graph.

    ``snapshot`` is asked before each query, so that a new graph is seen at once; an empty string
    is an empty graph.
    """

    def __init__(self, snapshot: Callable[[], str], limits: Limits) -> None:
        self.snapshot, self.limits = snapshot, limits
        self.workers = tuple(Worker(limits.memory_bytes) for _ in range(limits.workers))
        self.turns = Turns(self.workers, limits.waiting)
        self._is_closed = False

    def answer(self, request: Request) -> Answer:
        """Answer within the limits; raises QueryError."""
        admit(request)
        try:
            with self.turns.taken(request.client, self.limits.timeout_s) as worker:
                reply = worker.ask(self._order(request), self.limits.timeout_s)
                if reply is None and not self._is_closed:
                    worker.restart()
        except FullError as error:
            raise BusyError(f"{error}: try again in {BusyError.retry_after_s} s") from None
        return _answer(reply, self.limits)

    def close(self) -> None:
        """Kill the query processes."""
        self._is_closed = True
        for worker in self.workers:
            worker.stop()

    def _order(self, request: Request) -> Order:
        return Order(
            query=request.query,
            bindings=request.bindings,
            triples=request.triples,
            default_graphs=request.default_graphs,
            named_graphs=request.named_graphs,
            snapshot=self.snapshot(),
            max_rows=self.limits.max_rows,
            max_bytes=self.limits.max_bytes,
            cpu_s=math.ceil(self.limits.timeout_s) * 2,
            names_dataset=names_dataset(request.query),
        )


def _answer(reply: Reply | None, limits: Limits) -> Answer:
    if reply is None:
        raise UnavailableError(
            f"The query was stopped: it may use {limits.timeout_s:g} s "
            f"and {limits.memory_bytes >> 20:,} MiB"
        )
    match reply.outcome:
        case "ok":
            return Answer(reply.body, reply.media_type, reply.is_truncated)
        case "too_large":
            raise TooLargeError(reply.body.decode())
        case _:
            raise QueryError(reply.body.decode())
