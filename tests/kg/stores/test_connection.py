"""How servers are talked to: retries, deadlines, and secrets that stay secret."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kg.stores.address import Credentials, Kind, Scheme, parse_address
from kg.stores.answers import AccessError, DeadlineError, StoreError, StoreUnreachableError
from kg.stores.connection import Call, Connection, Deadlines
from kg.stores.open import open_server, open_store
from kg.stores.querying import TSV
from kg.stores.remote import RemoteStore
from tests.rdf4j_server import PASSWORD, USER, Rdf4jServer
from tests.serving import serving
from tests.store_contract import quad

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


def test_nobody_waits_longer_than_the_call_may_take(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    waits: list[float] = []
    connection = Connection(rdf4j_url, deadlines=Deadlines(total_s=5.0), sleep=waits.append)
    rdf4j.failures, rdf4j.headers = [503], {"Retry-After": "7"}
    with pytest.raises(StoreError, match="503"):
        connection.fetch(Call("GET", f"{rdf4j_url}/size", is_repeatable=True))
    assert waits == []
    connection.close()


ANN = Credentials(USER, PASSWORD)


@pytest.fixture
def graphdb() -> Rdf4jServer:
    server = Rdf4jServer(is_graphdb=True)
    server.is_closed = True
    return server


@pytest.fixture
def graphdb_url(graphdb: Rdf4jServer) -> Iterator[str]:
    with serving(graphdb.app()) as base:
        yield f"{base}/repositories/test"


def test_graphdb_gives_a_token_for_a_password(graphdb: Rdf4jServer, graphdb_url: str) -> None:
    store = open_store(graphdb_url, ANN)
    assert isinstance(store, RemoteStore)
    assert (store.capabilities.kind, store.capabilities.scheme) == (Kind.GRAPHDB, Scheme.GRAPHDB)
    store.change(remove=(), add=[quad(1)])
    assert (store.size(), len(graphdb.tokens)) == (1, 2)
    assert graphdb.seen[-1][2] == graphdb.tokens[-1]
    store.check()
    assert graphdb.seen[-1][1].endswith("/health")
    store.close()


def test_a_token_that_ran_out_is_renewed_once(graphdb: Rdf4jServer, graphdb_url: str) -> None:
    store = open_store(graphdb_url, ANN)
    given = len(graphdb.tokens)
    graphdb.tokens = [f"GDB void-{n}" for n in range(given)]
    assert store.size() == 0
    assert len(graphdb.tokens) == given + 1
    graphdb.failures = [401, 0, 401]
    with pytest.raises(AccessError, match="HTTP 401"):
        store.size()
    store.close()


def test_a_wrong_password_is_told_without_it(graphdb_url: str) -> None:
    with pytest.raises(AccessError, match="wrong user or password") as caught:
        open_store(graphdb_url, Credentials(USER, "another-secret"))
    assert "another-secret" not in str(caught.value) + repr(caught.value)


def test_nobody_is_told_to_sign_in(graphdb_url: str) -> None:
    with pytest.raises(AccessError, match="HTTP 401"):
        open_store(graphdb_url)


def test_a_token_is_sent_as_it_is_or_as_a_bearers(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    for token, header in (("GDB abc", "GDB abc"), ("abc", "Bearer abc")):
        open_store(rdf4j_url, Credentials(token=token)).close()
        assert {seen[2] for seen in rdf4j.seen} == {header}
        rdf4j.seen.clear()


def test_a_connection_that_nobody_holds_is_closed() -> None:
    connection = Connection("http://127.0.0.1:1")
    client = connection._client  # pyright: ignore[reportPrivateUsage]
    del connection
    assert client.is_closed
