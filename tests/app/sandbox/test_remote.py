"""Queries of strangers to a server of the graph; stand-ins play the servers."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from urllib.parse import parse_qs

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.sandbox.answer import (
    AnswerTooLargeError,
    Limits,
    NoAnswerError,
    Query,
    RefusedError,
    UnavailableError,
)
from app.sandbox.remote import OUR_GRAPHS, RemoteSandbox
from kg.stores.address import Capabilities, Kind, Scheme, parse_address
from kg.stores.answers import StoreUnreachableError
from kg.stores.connection import Connection
from kg.stores.open import ServerStore, open_server
from kg.stores.querying import TSV
from kg.stores.sparql import SparqlStore
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving
from tests.sparql_server import SparqlServer

P = NamedNode("http://e/p")
NUMBERS = [
    Quad(NamedNode(f"http://e/{n}"), P, Literal(n), NamedNode("http://e/g")) for n in range(5)
]
EVERY = f"SELECT ?n {{ ?s {P} ?n }} ORDER BY ?n"


@pytest.fixture
def server() -> SparqlServer:
    server = SparqlServer()
    server.triples.extend(NUMBERS)
    return server


@pytest.fixture
def store(server: SparqlServer) -> Iterator[ServerStore]:
    with serving(server.app()) as base:
        store = open_server(parse_address(f"{base}/sparql"), sleep=lambda _: None)
        yield store
        store.close()


def sandbox_before(store: ServerStore, max_rows: int = 4, max_bytes: int = 10_000) -> RemoteSandbox:
    return RemoteSandbox(lambda: store, Limits(3.0, max_rows=max_rows, max_bytes=max_bytes))


def test_rows_of_a_server_are_cut_and_written_as_asked(store: ServerStore) -> None:
    answer = sandbox_before(store).answer(Query(EVERY, bindings="text/csv"))
    assert (answer.is_truncated, answer.body.split()) == (True, [b"n", b"0", b"1", b"2", b"3"])


def test_a_yes_and_a_no_are_told_apart(store: ServerStore) -> None:
    sandbox = sandbox_before(store)
    for query, expected in ((f"ASK {{ ?s {P} 3 }}", True), (f"ASK {{ ?s {P} 9 }}", False)):
        assert json.loads(sandbox.answer(Query(query)).body)["boolean"] is expected


def test_a_table_is_a_yes_where_it_has_a_row() -> None:
    """So Virtuoso answers ASK."""
    rows = [{"yes": {"type": "literal", "value": "1"}}]

    def answer(_: Request) -> Response:
        table = {"head": {"vars": ["yes"]}, "results": {"bindings": rows}}
        return Response(json.dumps(table), media_type="application/sparql-results+json")

    with answering(answer) as store:
        sandbox = sandbox_before(store)
        assert json.loads(sandbox.answer(Query("ASK {}")).body)["boolean"] is True
        rows.clear()
        assert json.loads(sandbox.answer(Query("ASK {}")).body)["boolean"] is False


def test_rows_that_the_server_left_off_are_told(server: SparqlServer, store: ServerStore) -> None:
    more = (Quad(NamedNode(f"http://e/{n}"), P, Literal(n), P) for n in range(5, 200))
    server.triples.extend(more)
    server.most_rows = 150
    sandbox = sandbox_before(store, max_rows=1_000, max_bytes=1_000_000)
    assert sandbox.answer(Query(EVERY)).is_truncated
    server.most_rows = None
    assert not sandbox.answer(Query(EVERY)).is_truncated


def test_an_rdf4j_server_is_told_the_graphs_and_the_time_limit() -> None:
    seen: list[str] = []

    class Noting(Rdf4jServer):
        def query(self, request: Request) -> Response:
            seen.append(request.state.content.decode())
            return super().query(request)

    with serving(Noting().app()) as base:
        store = open_server(parse_address(f"{base}/repositories/test"))
        sandbox_before(store).answer(Query("SELECT * {}", named_graphs=(f"{OUR_GRAPHS}concepts",)))
        store.close()
    assert "named-graph-uri=https%3A%2F%2Fw3id.org%2Fgutbrain%2Fgraph%2Fconcepts" in seen[-1]
    assert "timeout=3" in seen[-1]


def test_the_gate_stands_before_a_server_too(server: SparqlServer, store: ServerStore) -> None:
    before = len(server.seen)
    with pytest.raises(RefusedError):
        sandbox_before(store).answer(Query("SELECT * { SERVICE <http://e/> {} }"))
    assert len(server.seen) == before


def test_a_server_is_sent_what_the_gate_read() -> None:
    seen: list[str] = []

    class Noting(Rdf4jServer):
        def query(self, request: Request) -> Response:
            seen.append(request.state.content.decode())
            return super().query(request)

    with serving(Noting().app()) as base:
        store = open_server(parse_address(f"{base}/repositories/test"))
        sandbox_before(store).answer(Query("ASK{?s?p '\\u00e9\"'}# \\u0022"))
        store.close()
    assert parse_qs(seen[-1])["query"] == ['ASK { ?s ?p "\u00e9\\"" } ']


@pytest.mark.parametrize(
    "query",
    [
        Query("ASK FROM <http://127.0.0.1/> {}"),
        Query("ASK FROM NAMED <http://127.0.0.1/> {}"),
        Query("PREFIX g: <http://127.0.0.1/> ASK FROM g:raph {}"),
        Query("BASE <http://127.0.0.1/> ASK FROM <graph> {}"),
        Query(f"ASK FROM <{OUR_GRAPHS}concepts> FROM <file:///etc/passwd> {{}}"),
        Query("ASK {}", default_graphs=(f"{OUR_GRAPHS}concepts", "http://127.0.0.1/")),
        Query("ASK {}", named_graphs=("http://127.0.0.1/",)),
    ],
)
def test_a_server_is_asked_for_no_graph_of_others(
    server: SparqlServer, store: ServerStore, query: Query
) -> None:
    before = len(server.seen)
    with pytest.raises(RefusedError, match=f"none of the graphs below {OUR_GRAPHS}"):
        sandbox_before(store).answer(query)
    assert len(server.seen) == before


def test_a_server_is_asked_for_our_graphs(store: ServerStore) -> None:
    prologue = f"PREFIX g: <{OUR_GRAPHS}>"
    query = Query(f"{prologue} ASK FROM g:concepts FROM NAMED <{OUR_GRAPHS}run/1> {{}}")
    assert json.loads(sandbox_before(store).answer(query).body)["boolean"] is True


def test_triples_of_a_server_are_written_as_asked() -> None:
    def answer(request: Request) -> Response:
        assert request.headers["accept"] == "application/n-triples"
        return Response(
            "<http://e/a> <http://e/b> <http://e/c> .", media_type="application/n-triples"
        )

    with answering(answer) as store:
        sandbox = sandbox_before(store)
        found = sandbox.answer(Query("DESCRIBE <http://e/a>", triples="text/turtle"))
    assert (found.media_type, b"<http://e/a>" in found.body) == ("text/turtle", True)


def test_an_answer_that_goes_on_is_stopped() -> None:
    def rows() -> Iterator[bytes]:
        yield b"?n\n"
        for _ in range(10_000_000):
            yield b'"' + b"x" * 1000 + b'"\n'

    def answer(_: Request) -> Response:
        return StreamingResponse(rows(), media_type=TSV)

    with answering(answer) as store:
        with pytest.raises(AnswerTooLargeError, match="larger than 10,000 bytes"):
            sandbox_before(store).answer(Query("SELECT ?n {}"))
        slow = RemoteSandbox(lambda: store, Limits(0.2, max_rows=4, max_bytes=10**12))
        with pytest.raises(UnavailableError, match=r"within 0\.2 s"):
            slow.answer(Query("SELECT ?n {}"))


@contextmanager
def answering(answer: Callable[[Request], Response]) -> Generator[SparqlStore]:
    """A store whose server is a function, and was not asked what it can do."""
    with serving(Starlette(routes=[Route("/sparql", answer, methods=["POST"])])) as base:
        url = f"{base}/sparql"
        found = Capabilities(Kind.SPARQL, url, TSV, Scheme.NONE, unites_graphs=True)
        with closing(SparqlStore(Connection(url, sleep=lambda _: None), found)) as store:
            yield store


def test_what_goes_wrong_is_told_apart(server: SparqlServer, store: ServerStore) -> None:
    sandbox = sandbox_before(store)
    with pytest.raises(NoAnswerError, match=r"^HTTP 400: MALFORMED"):
        sandbox.answer(Query("SELECT * {"))
    server.failures = [(401, {})]
    with pytest.raises(UnavailableError, match="cannot be reached"):
        sandbox.answer(Query("ASK {}"))
    server.failures = [(503, {})] * 4
    with pytest.raises(UnavailableError, match="cannot be reached"):
        sandbox.answer(Query("ASK {}"))


def test_a_server_that_is_away_is_looked_for_anew(store: ServerStore) -> None:
    servers = [StoreUnreachableError("http://graph: away"), store]

    def connect() -> ServerStore:
        found = servers.pop(0)
        if isinstance(found, StoreUnreachableError):
            raise found
        return found

    sandbox = RemoteSandbox(connect, Limits(3.0))
    with pytest.raises(UnavailableError, match="cannot be reached"):
        sandbox.answer(Query("ASK {}"))
    assert sandbox.answer(Query("ASK {}")).body
