"""Queries of strangers over the embedded graph, in processes that are killed at a limit."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http import HTTPStatus

from app.sandbox.answer import (
    Answer,
    AnswerTooLargeError,
    CrowdedError,
    Limits,
    NoAnswerError,
    Query,
    RefusedError,
    UnavailableError,
)
from app.sandbox.request_queue import FIRST_REST_S, SLICE_S, FullError, RequestQueue
from app.sandbox.worker_process import OUT_OF_MEMORY, READY, QueryOrder, Reply

ALLOCATION = {"MALLOC_ARENA_MAX": "2"}
"""Of the address space, glibc would reserve 64 MiB for each of the engine's threads."""
KEPT_VARIABLES = frozenset(
    ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR", "TZ")
)
ENDINGS: dict[int, str] = {
    signal.SIGSEGV: "The query is nested too deeply: the engine's stack overflowed",
    signal.SIGXCPU: "The query was stopped at its limit of processor time",
    signal.SIGKILL: "The query was stopped by the system, which may have run out of memory",
}
START_S = 60.0
"""How long a query process may take to start, on a machine that has much else to do."""


def bare_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep what Python needs to start; tokens and passwords stay out of a stranger's reach."""
    return {
        name: value
        for name, value in environment.items()
        if name in KEPT_VARIABLES or name.startswith("LC_")
    }


class Worker:
    """One query process, and a spare one that takes its place after it was killed.

    Both are started when the worker is first asked.
    """

    program = ("-m", "app.sandbox.worker_process")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.process: subprocess.Popen[bytes] | None = None
        self._spare: subprocess.Popen[bytes] | None = None
        self._is_ready = self._is_overdue = False

    def ask(self, order: QueryOrder) -> Answer | None:
        """Send an order; None where the process died over it, killed at the limit or not.

        Raises NoAnswerError where the process says why there is no answer.
        """
        process = self._running()
        with _killed_after(process, START_S):
            self._is_ready = self._is_ready or _is_ready(process)
        with _killed_after(process, self.limits.timeout_s) as is_overdue:
            answer = _exchange(process, order)
        self._is_overdue = is_overdue.is_set()
        return answer

    def ending(self) -> str:
        """Say why the process died over an order."""
        code = self.process.wait() if self.process else 0
        if self._is_overdue:
            return f"The query was stopped at its limit of {self.limits.timeout_s:g} s"
        if code == -signal.SIGABRT:
            return OUT_OF_MEMORY.format(self.limits.memory_bytes >> 20)
        return ENDINGS.get(-code, f"The engine failed over the query (exit {code})")

    def restart(self) -> None:
        """Put the spare process in place of one that was killed."""
        _end(self.process)
        self._running()

    def kill(self) -> None:
        """End what the process does, and the process."""
        if self.process is not None:
            self.process.kill()

    def stop(self) -> None:
        """Kill the process and its spare, and wait until they are gone."""
        _end(self.process)
        _end(self._spare)

    def _running(self) -> subprocess.Popen[bytes]:
        """Give the process; where it has ended the spare one, which had time to start."""
        if self.process is not None and self.process.poll() is None:
            return self.process
        _end(self.process)
        self._is_ready = False
        spare = self._spare
        if spare is None or spare.poll() is not None:
            _end(spare)
            spare = self._started()
        self.process, self._spare = spare, self._started()
        return spare

    def _started(self) -> subprocess.Popen[bytes]:
        limits = json.dumps(asdict(self.limits))
        return subprocess.Popen(  # noqa: S603
            # -P: a folder app/ where the server was started must not be run in place of ours
            [sys.executable, "-P", *self.program, limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bare_environment(os.environ) | ALLOCATION,
            start_new_session=True,  # Ctrl+C is for the server, which then stops its workers
        )


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.kill()
        process.communicate()


@contextmanager
def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> Generator[threading.Event]:
    """Kill after a time; the event says whether that time came."""
    is_overdue = threading.Event()

    def kill() -> None:
        is_overdue.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield is_overdue
    finally:
        timer.cancel()


def _is_ready(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the line that says so: the time to start is not the query's."""
    assert process.stdout is not None  # noqa: S101
    return process.stdout.readline() == READY


def _exchange(process: subprocess.Popen[bytes], order: QueryOrder) -> Answer | None:
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        process.stdin.flush()
        if line := process.stdout.readline():
            reply = Reply(**json.loads(line))
            body = process.stdout.read(reply.size)
            if reply.is_last:
                process.wait()
            if len(body) == reply.size:
                return _answer(reply, body)
    return None


def _answer(reply: Reply, body: bytes) -> Answer:
    match reply.status:
        case HTTPStatus.OK:
            return Answer(body, reply.media_type, reply.is_truncated, reply.rows)
        case AnswerTooLargeError.status:
            raise AnswerTooLargeError(body.decode())
        case UnavailableError.status:
            raise UnavailableError(body.decode())
        case RefusedError.status:
            raise RefusedError(body.decode())
        case _:
            raise NoAnswerError(body.decode())


class WorkerSandbox:
    """A few query processes over the current snapshot of the embedded graph.

    ``folder`` is asked before each query, so that a new graph is seen at once; an empty string
    is an empty graph.
    """

    def __init__(self, folder: Callable[[], str], limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self.workers = tuple(Worker(limits) for _ in range(limits.workers))
        self.queue = RequestQueue(self.workers, limits.waiting, Worker.kill)
        self._is_closed = False

    def answer(self, query: Query) -> Answer:
        """Answer within the limits; raises NoAnswerError."""
        try:
            with self.queue.served(query.client, self.limits.timeout_s) as turn:
                answer = turn.server.ask(QueryOrder(query, self.folder()))
                turn.is_killed = answer is None and not turn.is_cut_short
                ending = turn.server.ending() if turn.is_killed else ""
                if (turn.is_killed or turn.is_cut_short) and not self._is_closed:
                    turn.server.restart()
        except FullError as error:
            raise CrowdedError(str(error), error.retry_after_s) from None
        if answer is None:
            raise _cut_short() if turn.is_cut_short else UnavailableError(ending)
        return answer

    def close(self) -> None:
        """Kill the query processes."""
        self._is_closed = True
        for worker in self.workers:
            worker.stop()


def _cut_short() -> CrowdedError:
    return CrowdedError(
        f"The query was stopped after {SLICE_S:g} s because others were waiting: "
        "ask for less, or try again later",
        round(FIRST_REST_S),
    )
