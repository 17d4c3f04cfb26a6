"""A line a request: who asked what, how it went, and why it was refused."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.access_log import LONGEST_TEXT, NO_ANSWER, AccessLog, LogFile, LoggedRequest


async def answer(request: Request) -> Response:
    request.state.route, request.state.query = "/{name}", "ASK {}" * LONGEST_TEXT
    request.state.rows = 0
    return PlainTextResponse("four", 201)


async def leave(_: Request) -> Response:
    raise RuntimeError("gone")


def client(record: Any) -> TestClient:
    routes = [Route("/fail", leave), Route("/{name}", answer)]
    middleware = [Middleware(AccessLog, record=record)]
    application = Starlette(routes=routes, middleware=middleware)
    return TestClient(application, raise_server_exceptions=False, client=("2001:db8::1", 5))


def test_a_request_is_handed_on_when_it_is_answered() -> None:
    seen = list[LoggedRequest]()
    client(seen.append).get("/a?b=c")

    (access,) = seen
    assert (access.client, access.method, access.path) == ("2001:db8::/64", "GET", "/a")
    assert (access.route, access.status, access.bytes, access.rows) == ("/{name}", 201, 4, 0)
    assert len(access.query) == LONGEST_TEXT
    assert access.seconds >= 0
    assert access.time.endswith("Z")


def test_a_request_that_fails_is_handed_on_too() -> None:
    seen = list[LoggedRequest]()
    client(seen.append).get("/fail")
    assert [access.status for access in seen] == [500]


async def nothing(*_: Any) -> Any:
    """Answer nobody: the client is gone."""


def test_who_leaves_before_the_answer_is_counted_so() -> None:
    seen = list[LoggedRequest]()
    scope = {"type": "http", "method": "GET", "path": "/", "client": None}
    anyio.run(AccessLog(nothing, seen.append), scope, nothing, nothing)
    assert [(access.status, access.client, access.route) for access in seen] == [
        (NO_ANSWER, "", "explorer")
    ]


def test_the_log_is_a_line_of_json_a_request_and_may_be_moved_away(tmp_path: Path) -> None:
    log, moved = tmp_path / "access.log", tmp_path / "access.log.1"
    with closing(LogFile(log)) as file:
        asked = client(file.record)
        asked.get("/a%1b%0a")
        log.rename(moved)
        asked.get("/b")

    (first,), (second,) = moved.read_text().splitlines(), log.read_text().splitlines()
    assert "\x1b" not in first
    assert json.loads(first)["path"] == "/a\x1b\n"
    assert json.loads(second).keys() == {
        "time", "client", "method", "path", "route", "status", "seconds", "bytes", "query", "rows"
    }  # fmt: skip


def test_a_full_disk_costs_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(LogFile(Path("/dev/full"))) as file:
        assert client(file.record).get("/a").status_code == 201
    assert capsys.readouterr().err == ""
