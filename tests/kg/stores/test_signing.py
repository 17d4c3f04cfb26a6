"""Who asks: a token, a password, GraphDB's sign-in."""

from collections.abc import Iterator

import pytest

from kg.stores.address import Credentials, Kind, Scheme, parse_address
from kg.stores.answers import AccessError
from kg.stores.open import open_server, open_store
from kg.stores.remote import RemoteStore
from tests.rdf4j_server import PASSWORD, USER, Rdf4jServer
from tests.serving import serving
from tests.store_contract import quad

ANN = Credentials(USER, PASSWORD)


@pytest.fixture
def store(rdf4j_url: str) -> Iterator[RemoteStore]:
    store = open_server(parse_address(rdf4j_url), sleep=_at_once)
    assert isinstance(store, RemoteStore)
    yield store
    store.close()


@pytest.fixture
def graphdb() -> Rdf4jServer:
    server = Rdf4jServer(is_graphdb=True)
    server.is_closed = True
    return server


@pytest.fixture
def graphdb_url(graphdb: Rdf4jServer) -> Iterator[str]:
    with serving(graphdb.app()) as base:
        yield f"{base}/repositories/test"


def _at_once(_: float) -> None:
    """Wait for nothing."""


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
