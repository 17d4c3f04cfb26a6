"""RDF4J and GraphDB servers: transactions, sign-in, repositories; a stand-in plays the server."""

from collections.abc import Iterator

import pytest
from rdflib.contrib.graphdb import GraphDBClient

from kg.stores.address import Credentials, Kind, Scheme, parse_address
from kg.stores.answers import AccessError, QueryError, StoreError
from kg.stores.open import create_repository, open_server, open_store
from kg.stores.remote import QUADS_A_CHUNK, RemoteStore
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


def test_what_the_server_can_do_is_seen(store: RemoteStore, rdf4j_url: str) -> None:
    found = store.capabilities
    assert (found.kind, found.query, found.can_write) == (Kind.RDF4J, rdf4j_url, True)
    assert found.has_transactions
    assert found.scheme is Scheme.NONE
    assert found.unites_graphs is None


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


def test_a_repository_that_is_not_there_is_told(rdf4j_url: str) -> None:
    with pytest.raises(StoreError, match="has no such repository"):
        open_store(rdf4j_url.replace("/test", "/other"))


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


def test_another_client_agrees_with_the_test_server(rdf4j: Rdf4jServer, rdf4j_url: str) -> None:
    with GraphDBClient(rdf4j_url.removesuffix("repositories/test")) as client:
        repository = client.repositories.get("test")
        repository.upload(str(quad(1)).encode() + b" .\n", content_type="application/n-quads")
        assert repository.size() == 1
        bindings = repository.query("SELECT ?s WHERE { ?s ?p ?o }").bindings
    assert [str(term) for row in bindings for term in row.values()] == ["http://x.org/1"]
    assert len(rdf4j.triples) == 1
