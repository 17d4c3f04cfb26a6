"""Queries to a server, which a function plays here."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from app.remote_sandbox import RemoteSandbox
from app.sandbox import Limits, QueryError, RefusedError, Request, TooLargeError, UnavailableError

REPOSITORY = "http://graphdb.test:7200/repositories/gutbrain"
JSON = {"Content-Type": "application/sparql-results+json;charset=UTF-8"}
NUMBERS = [{"n": {"type": "literal", "value": str(number)}} for number in range(5)]
ROWS = json.dumps({"head": {"vars": ["n"]}, "results": {"bindings": NUMBERS}})
Server = Callable[[httpx.Request], httpx.Response]


def sandbox_before(server: Server, max_bytes: int = 10_000) -> RemoteSandbox:
    client = httpx.Client(transport=httpx.MockTransport(server))
    return RemoteSandbox(REPOSITORY, Limits(3.0, max_rows=4, max_bytes=max_bytes), client)


def test_a_query_is_posted_to_the_repository_with_its_time_limit() -> None:
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers=JSON, text='{"head": {}, "boolean": true}')

    answer = sandbox_before(server).answer(Request("ASK {}", named_graphs=("http://e/g",)))

    form = parse_qs(seen[0].content.decode())
    assert (seen[0].method, str(seen[0].url)) == ("POST", REPOSITORY)
    assert (form["query"], form["timeout"], form["named-graph-uri"]) == (
        ["ASK {}"],
        ["3"],
        ["http://e/g"],
    )
    assert json.loads(answer.body)["boolean"] is True


def test_rows_of_a_server_are_cut_and_written_as_asked() -> None:
    sandbox = sandbox_before(lambda _: httpx.Response(200, headers=JSON, text=ROWS))

    answer = sandbox.answer(Request("SELECT ?n {}", bindings="text/csv"))

    assert (answer.is_truncated, answer.body.split()) == (True, [b"n", b"0", b"1", b"2", b"3"])


def test_triples_of_a_server_are_written_as_asked() -> None:
    triples = "<http://e/a> <http://e/b> <http://e/c> ."
    headers = {"Content-Type": "application/n-triples"}
    sandbox = sandbox_before(lambda _: httpx.Response(200, headers=headers, text=triples))

    answer = sandbox.answer(Request("DESCRIBE <http://e/a>", triples="text/turtle"))

    assert (answer.media_type, b"<http://e/a>" in answer.body) == ("text/turtle", True)


def test_the_gate_stands_before_a_server_too() -> None:
    sandbox = sandbox_before(lambda _: pytest.fail("the server was asked"))

    with pytest.raises(RefusedError):
        sandbox.answer(Request("SELECT * { SERVICE <http://e/> {} }"))


def test_what_goes_wrong_is_told_apart() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    with pytest.raises(UnavailableError, match="within 3 s"):
        sandbox_before(slow).answer(Request("ASK {}"))
    with pytest.raises(UnavailableError, match="cannot be reached"):
        sandbox_before(away).answer(Request("ASK {}"))
    with pytest.raises(QueryError, match="MALFORMED"):
        sandbox_before(lambda _: httpx.Response(400, text="MALFORMED")).answer(Request("ASK"))
    with pytest.raises(TooLargeError):
        sandbox_before(lambda _: httpx.Response(200, headers=JSON, text=ROWS), 50).answer(
            Request("SELECT ?n {}")
        )
