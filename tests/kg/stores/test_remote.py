"""RDF4J and GraphDB servers: one transaction a change; a stand-in plays the server."""

from collections.abc import Iterator

import pytest
from rdflib.contrib.graphdb import GraphDBClient

from kg.stores.address import parse_address
from kg.stores.answers import QueryError, StoreError
from kg.stores.open import open_server
from kg.stores.remote import QUADS_A_CHUNK, RemoteStore
from tests.rdf4j_server import Rdf4jServer
from tests.store_contract import quad


@pytest.fixture
def store(rdf4j_url: str) -> Iterator[RemoteStore]:
    store = open_server(parse_address(rdf4j_url), sleep=_at_once)
    assert isinstance(store, RemoteStore)
    yield store
    store.close()


def _at_once(_: float) -> None:
    """Wait for nothing."""


def test_a_failed_change_is_rolled_back(rdf4j: Rdf4jServer, store: RemoteStore) -> None:
    rdf4j.failures = [0, 0, 500]
    with pytest.raises(StoreError, match="HTTP 500: planned failure 500"):
        store.change(remove=[quad(1)], add=[quad(2)])
    assert (len(rdf4j.triples), rdf4j.transactions) == (0, {})
    assert rdf4j.seen[-1][0] == "DELETE"


def test_a_failing_source_of_quads_rolls_back_too(rdf4j: Rdf4jServer, store: RemoteStore) -> None:
    def quads() -> Iterator[object]:
        yield quad(1)
        raise ValueError("the file broke off")

    with pytest.raises(ValueError, match="broke off"):
        store.change(remove=(), add=quads())  # type: ignore[arg-type]
    assert (len(rdf4j.triples), rdf4j.transactions) == (0, {})


def test_a_commit_is_never_sent_twice(rdf4j: Rdf4jServer, store: RemoteStore) -> None:
    rdf4j.failures = [0, 0, 503]
    with pytest.raises(StoreError, match="503"):
        store.change(remove=(), add=[quad(1)])
    assert [method for method, _, _ in rdf4j.seen[-4:]] == ["POST", "PUT", "PUT", "DELETE"]


def test_any_number_of_quads_is_streamed_in_one_transaction(
    rdf4j: Rdf4jServer, store: RemoteStore
) -> None:
    taken = 0

    def quads() -> Iterator[object]:
        nonlocal taken
        for taken in range(1, 2 * QUADS_A_CHUNK + 2):
            yield quad(taken)

    store.change(remove=(), add=quads())  # type: ignore[arg-type]
    assert (store.size(), taken) == (2 * QUADS_A_CHUNK + 1, 2 * QUADS_A_CHUNK + 1)
    assert rdf4j.uploads == [True]


def test_an_empty_change_asks_for_nothing(rdf4j: Rdf4jServer, store: RemoteStore) -> None:
    before = len(rdf4j.seen)
    store.change(remove=(), add=iter(()))
    assert len(rdf4j.seen) == before


def test_a_bad_query_is_a_query_error(store: RemoteStore) -> None:
    with pytest.raises(QueryError, match="HTTP 400: MALFORMED QUERY"):
        store.select("SELECT * {")


def test_another_client_agrees_with_the_test_server(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    with GraphDBClient(rdf4j_url.removesuffix("repositories/test")) as client:
        repository = client.repositories.get("test")
        repository.upload(str(quad(1)).encode() + b" .\n", content_type="application/n-quads")
        assert repository.size() == 1
        bindings = repository.query("SELECT ?s WHERE { ?s ?p ?o }").bindings
    assert [str(term) for row in bindings for term in row.values()] == ["http://x.org/1"]
    assert len(rdf4j.triples) == 1
