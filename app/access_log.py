"""What was asked of the server, by whom, and how it went: a JSON line a request, and counts.

The file may be moved away at any time, as logrotate does: the next line begins a new one.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from logging import INFO, Formatter, Logger, LogRecord
from logging.handlers import WatchedFileHandler
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clients import client_of

LONGEST_TEXT = 500
"""Characters of a query, a path or a reason that are written."""
NO_ANSWER, FAILED = 499, 500
"""nginx's status for a client that went before there was an answer; and for a fault of ours."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request. ``route`` is the pattern of its path; ``rows`` are those of a query's answer.

    ``refused`` names the kind of the refusal, ``reason`` says it in words.
    """

    time: str
    client: str
    method: str
    path: str
    route: str
    status: int
    seconds: float
    bytes: int
    query: str = ""
    rows: int | None = None
    refused: str = ""
    reason: str = ""


class AccessLog:
    """Middleware that hands each HTTP request on to ``record`` once it is answered."""

    def __init__(self, app: ASGIApp, record: Callable[[LoggedRequest], None]) -> None:
        self.app, self.record = app, record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count what is sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, size = time.perf_counter(), NO_ANSWER, 0
        scope.setdefault("state", {})

        async def counted(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        has_failed = True
        try:
            await self.app(scope, receive, counted)
            has_failed = False
        finally:
            status = FAILED if has_failed else status
            self.record(_access(scope, status, time.perf_counter() - began, size))


def _access(scope: Scope, status: int, seconds: float, size: int) -> LoggedRequest:
    state, client = scope["state"], scope.get("client")
    return LoggedRequest(
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        client_of(client[0]) if client else "",
        scope["method"],
        scope["path"][:LONGEST_TEXT],
        state.get("route", "explorer"),
        status,
        round(seconds, 4),
        size,
        str(state.get("query", ""))[:LONGEST_TEXT],
        state.get("rows"),
        state.get("refused", ""),
        str(state.get("reason", ""))[:LONGEST_TEXT],
    )


class _Handler(WatchedFileHandler):
    def handleError(self, record: LogRecord) -> None:  # noqa: N802
        """Lose a line where the disk is full: answers matter more, and stderr is no better."""


class LogFile:
    """A file that gets a line for each request; raises OSError where it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._handler = _Handler(path, encoding="utf-8")
        self._handler.setFormatter(Formatter("%(message)s"))
        self._logger = Logger("gutbrain.access", INFO)
        self._logger.addHandler(self._handler)

    def record(self, access: LoggedRequest) -> None:
        """Append a line."""
        self._logger.info(_line(access))

    def close(self) -> None:
        """Close the file; on a full disk what it still held is lost."""
        with suppress(OSError):
            self._handler.close()


def _line(access: LoggedRequest) -> str:
    """Write what is known; JSON keeps control characters out of the terminal."""
    return json.dumps(
        {name: value for name, value in asdict(access).items() if value not in {"", None}}
    )
