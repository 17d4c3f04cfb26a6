"""A repository for the graph is made where there is none."""

from collections.abc import Iterator

import pytest

from kg.stores.address import parse_address
from kg.stores.answers import StoreError
from kg.stores.open import create_repository, open_server, open_store
from kg.stores.remote import RemoteStore
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving
from tests.store_contract import quad


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


def _at_once(_: float) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize("is_graphdb", [False, True])
def test_a_repository_is_made(*, is_graphdb: bool) -> None:
    server = Rdf4jServer(is_graphdb=is_graphdb)
    with serving(server.app()) as base:
        address = parse_address(f"{base}/repositories/new")
        create_repository(address)
        (config,) = server.created
        assert b'"new"' in config
        assert (b"graphdb:Sail" in config) is is_graphdb
        assert server.seen[-1][:2] == (
            ("POST", "/rest/repositories") if is_graphdb else ("PUT", "/repositories/new")
        )
        store = open_store(address)
        store.change(remove=(), add=[quad(1)])
        assert store.size() == 1
        store.close()


def test_a_repository_that_is_there_is_not_made_again(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    with pytest.raises(StoreError, match="HTTP 409"):
        create_repository(parse_address(rdf4j_url))
    assert rdf4j.names == {"test"}
