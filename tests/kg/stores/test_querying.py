"""Rows come from the stream of the answer, and never too few in silence."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kg.stores.address import parse_address
from kg.stores.answers import BrokenOffError, QueryError, StoreError, TruncatedError
from kg.stores.connection import Connection
from kg.stores.open import ServerStore, open_server, open_store
from kg.stores.querying import TSV, Querying
from tests.serving import serving
from tests.sparql_server import SparqlServer
from tests.store_contract import P, quad
from tests.virtuoso import MOST_ROWS, Virtuoso

ALL = "SELECT * { ?s ?p ?o }"


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


def open_at_once(url: str) -> ServerStore:
    """Open a server without waiting between tries."""
    return open_server(parse_address(url), sleep=lambda _: None)


@pytest.fixture
def store(sparql_url: str) -> Iterator[ServerStore]:
    store = open_at_once(sparql_url)
    yield store
    store.close()


def test_rows_left_off_are_told(sparql: SparqlServer, sparql_url: str, store: ServerStore) -> None:
    store.change(remove=(), add=[quad(n) for n in range(301)])
    every = f"PREFIX x: <http://x.org/> # ?s\nSELECT ?s {{ ?s {P} ?o }}"
    sparql.most_rows = 300
    rows = store.select(every)
    with pytest.raises(TruncatedError, match="300 rows of a longer answer"):
        list(rows)
    assert len(list(store.select(every + " LIMIT 300"))) == 300
    sparql.most_rows = 301
    assert len(list(store.select(every))) == 301


def test_virtuoso_does_not_cut_answers_in_silence(virtuoso: Virtuoso) -> None:
    store = open_store(virtuoso.writable)
    store.change(remove=(), add=[quad(n) for n in range(MOST_ROWS // 100)])
    crossed = f"SELECT ?s ?t {{ ?s {P} ?o . ?t {P} ?o }}"
    with pytest.raises(TruncatedError, match=f"{MOST_ROWS} rows of a longer answer"):
        list(store.select(crossed))
    store.close()
