"""How servers are talked to: retries, deadlines, streams, and secrets that stay secret."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kg.stores.address import AddressError, Credentials, Scheme, parse_address
from kg.stores.answers import (
    BrokenOffError,
    DeadlineError,
    QueryError,
    StoreError,
    StoreUnreachableError,
)
from kg.stores.connection import Call, Connection, Deadlines
from kg.stores.open import open_server, open_store
from kg.stores.querying import TSV, Querying
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving

ALL = "SELECT * { ?s ?p ?o }"


def test_a_query_is_tried_again(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    waits: list[float] = []
    store = open_server(parse_address(rdf4j_url), sleep=waits.append)
    rdf4j.failures = [503, 502, 429]
    assert list(store.select(ALL)) == []
    assert waits == [0.5, 1.0, 2.0]
    store.close()


def test_a_server_that_stays_busy_is_given_up(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    waits: list[float] = []
    store = open_server(parse_address(rdf4j_url), sleep=waits.append)
    rdf4j.failures = [503] * 9
    with pytest.raises(StoreError, match="503"):
        store.select(ALL)
    assert (len(waits), len(rdf4j.failures)) == (3, 5)
    store.close()


@pytest.mark.parametrize("is_date", [False, True])
def test_a_server_is_asked_again_when_it_says(
    rdf4j: Rdf4jServer, rdf4j_url: str, *, is_date: bool
) -> None:
    waits: list[float] = []
    store = open_server(parse_address(rdf4j_url), sleep=waits.append)
    in_a_while = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)
    rdf4j.failures, rdf4j.headers = [503], {"Retry-After": in_a_while if is_date else "7"}
    assert store.size() == 0
    assert waits == [60.0 if is_date else 7.0]
    store.close()


def test_a_server_that_is_not_there_is_unreachable() -> None:
    waits: list[float] = []
    with pytest.raises(StoreUnreachableError, match=r"127\.0\.0\.1:1/repositories/test: "):
        open_server(parse_address("http://127.0.0.1:1/repositories/test"), sleep=waits.append)
    assert len(waits) == 3


def test_no_error_and_no_log_tells_a_secret(
    rdf4j: Rdf4jServer, rdf4j_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = parse_address(rdf4j_url.replace("//", "//ann:secret@"))
    rdf4j.failures = [0, 0, 0, 401]
    with pytest.raises(StoreError, match="HTTP 401") as caught:
        open_store(address)
    assert rdf4j.seen[-1][2] == "Basic YW5uOnNlY3JldA=="
    told = (str(caught.value), repr(caught.value), repr(address), str(address), caplog.text)
    assert not any("secret" in each for each in told)
    assert "secret" not in repr(Credentials("ann", "secret", "secret"))


class Slow:
    """Answers row by row, and notes how many it was asked for."""

    def __init__(self) -> None:
        self.sent = 0
        self.breaks_after: int | None = None

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/sparql", self.answer, methods=["POST"])])

    async def answer(self, _: Request) -> Response:
        return StreamingResponse(self.rows(), media_type=TSV)

    def rows(self) -> Iterator[bytes]:
        yield b"?n\n"
        for self.sent in range(1, 100_001):
            if self.sent == self.breaks_after:
                raise ConnectionResetError
            yield b'"' + b"x" * 1000 + b'"\n'


def test_rows_are_given_before_the_answer_is_whole() -> None:
    server = Slow()
    with serving(server.app()) as base:
        connection = Connection(base)
        rows = Querying(connection, f"{base}/sparql", TSV).select(ALL)
        assert next(rows)["n"] is not None
        assert server.sent < 100_000
        del rows  # hands the connection back
        connection.close()


def test_an_answer_that_breaks_off_is_an_error_after_its_rows() -> None:
    server = Slow()
    server.breaks_after = 50
    with serving(server.app()) as base:
        connection = Connection(base)
        rows = Querying(connection, f"{base}/sparql", TSV).select(ALL)
        with pytest.raises(BrokenOffError, match="RemoteProtocolError"):
            list(rows)
        connection.close()


def test_an_answer_has_to_end_in_time() -> None:
    with serving(Slow().app()) as base:
        connection = Connection(base, deadlines=Deadlines(10.0, 10.0, total_s=0.0))
        with pytest.raises(DeadlineError, match="not done in time"):
            connection.fetch(Call("POST", f"{base}/sparql"))
        connection.close()


def test_an_upload_has_to_end_in_time() -> None:
    with serving(Slow().app()) as base:
        connection = Connection(base, deadlines=Deadlines(10.0, 10.0, total_s=0.0))
        with pytest.raises(DeadlineError):
            connection.fetch(Call("POST", f"{base}/sparql", iter([b"a", b"b"])))
        connection.close()


def test_an_answer_that_is_no_table_is_told_in_a_line() -> None:
    def page(_: Request) -> Response:
        return PlainTextResponse("<html>\nhello", media_type=TSV)

    app = Starlette(routes=[Route("/sparql", page, methods=["POST"])])
    with serving(app) as base:
        connection = Connection(base)
        with pytest.raises(StoreError, match="unreadable answer: ") as caught:
            Querying(connection, f"{base}/sparql", TSV).select(ALL)
        assert "\n" not in str(caught.value)
        connection.close()


def test_options_of_an_address_are_read_and_left_out_of_it() -> None:
    text = "sparql+https://ann:x@example.org/q/?key=1&update=/u&gsp=data&auth=digest"
    address = parse_address(text)
    assert address.url == "https://example.org/q/?key=1"
    assert (address.update, address.graph_store) == (
        "https://example.org/u",
        "https://example.org/q/data",
    )
    assert (address.scheme, address.is_plain) == (Scheme.DIGEST, True)
    assert address.credentials == Credentials("ann", "x")


def test_credentials_beside_an_address_count_more_than_those_in_it() -> None:
    given = Credentials("bob", "y")
    assert parse_address("http://ann:x@example.org/sparql", given).credentials == given


@pytest.mark.parametrize(
    "text",
    [
        "http://ann:secret@example.org:port/sparql",
        "http://ann:secret@example.org/sparql?update=http://elsewhere.org/u",
        "http://ann:secret@example.org/sparql?auth=magic",
    ],
)
def test_an_unfit_address_is_told_without_its_password(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert "secret" not in str(caught.value)


def test_only_a_select_is_sent() -> None:
    querying = Querying(Connection("http://127.0.0.1:1"), "http://127.0.0.1:1", TSV)
    for query in (
        "ASK {}",
        "# SELECT\nCONSTRUCT WHERE { ?s ?p ?o }",
        "",
        "PREFIX select: <x:> ASK {}",
    ):
        with pytest.raises(QueryError, match="not a SELECT"):
            querying.select(query)


def test_nobody_waits_longer_than_the_call_may_take(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    waits: list[float] = []
    connection = Connection(rdf4j_url, deadlines=Deadlines(total_s=5.0), sleep=waits.append)
    rdf4j.failures, rdf4j.headers = [503], {"Retry-After": "7"}
    with pytest.raises(StoreError, match="503"):
        connection.fetch(Call("GET", f"{rdf4j_url}/size", is_repeatable=True))
    assert waits == []
    connection.close()
