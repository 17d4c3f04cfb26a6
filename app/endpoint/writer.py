"""A process that writes the next snapshot, as seen from the server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from app.endpoint.errors import ProtocolError
from app.endpoint.writer_worker import WriteOrder
from app.sandbox.results import Reply
from app.sandbox.workers import MEMORY_BYTES

COMMIT = WriteOrder("commit")
RETRY_S = 5
TIDY_S = 15
_STATUS = {"invalid": 400, "refused": 403, "too_large": 413, "busy": 503, "failed": 500}


class Writer:
    """Holds the snapshots' lock from its start until it commits or is closed.

    Raises ProtocolError where another process holds the lock.
    """

    def __init__(self, root: Path, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", _MODULE, str(root), str(MEMORY_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._answer(None)
        except ProtocolError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Write in a block; what it does not commit is not done."""
        return self

    def __exit__(self, _kind: object, _error: object, _trace: TracebackType | None) -> None:
        """End the process."""
        self.close()

    def ask(self, order: WriteOrder) -> Reply:
        """Have an order followed; raises ProtocolError, and ends the process at the time limit."""
        return self._answer(replace(order, cpu_s=int(self.timeout_s * 4) + 1))

    def close(self) -> None:
        """End the process; without a commit nothing has changed."""
        with suppress(subprocess.TimeoutExpired):
            # its orders end here, and it removes what it has not finished
            self.process.communicate(timeout=TIDY_S)
        self.process.kill()
        self.process.communicate()

    def _answer(self, order: WriteOrder | None) -> Reply:
        timer = threading.Timer(self.timeout_s, self.process.kill)
        timer.start()
        try:
            reply = self._exchange(order)
        finally:
            timer.cancel()
        if reply is None:
            self.close()
            raise ProtocolError(503, f"The write was stopped: it may take {self.timeout_s:g} s")
        return _checked(reply)

    def _exchange(self, order: WriteOrder | None) -> Reply | None:
        """Send an order, or none to hear of the start; None where the process died over it."""
        assert self.process.stdin is not None  # noqa: S101
        assert self.process.stdout is not None  # noqa: S101
        with suppress(BrokenPipeError):
            if order is not None:
                self.process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
                self.process.stdin.flush()
            if line := self.process.stdout.readline():
                head = json.loads(line)
                body = self.process.stdout.read(head["body"])
                if len(body) == head["body"]:
                    return Reply(**head | {"body": body})
        return None


_MODULE = "app.endpoint.writer_worker"


def write(root: Path, orders: Iterable[WriteOrder], timeout_s: float) -> None:
    """Write the next snapshot by some orders: all of them, or nothing."""
    with Writer(root, timeout_s) as writer:
        for order in orders:
            writer.ask(order)
        writer.ask(COMMIT)


def _checked(reply: Reply) -> Reply:
    if reply.outcome == "ok":
        return reply
    status = _STATUS[reply.outcome]
    headers = {"Retry-After": str(RETRY_S)} if reply.outcome == "busy" else {}
    raise ProtocolError(status, reply.body.decode(), headers)
