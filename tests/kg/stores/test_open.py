"""What a server can do is found out, and changes nothing; a repository is made where it is none."""

from collections.abc import Iterator

import pytest
from pyoxigraph import QueryResultsFormat

from kg.stores.address import Credentials, Kind, Scheme, parse_address
from kg.stores.answers import AccessError, StoreError
from kg.stores.open import ServerStore, create_repository, open_server, open_store
from kg.stores.querying import TSV, XML
from kg.stores.remote import RemoteStore
from kg.stores.sparql import SparqlStore
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving
from tests.sparql_server import SparqlServer
from tests.store_contract import quad
from tests.virtuoso import Virtuoso


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


def open_at_once(url: str) -> ServerStore:
    """Open a server without waiting between tries."""
    return open_server(parse_address(url), sleep=lambda _: None)


@pytest.fixture
def store(sparql_url: str) -> Iterator[ServerStore]:
    store = open_at_once(sparql_url)
    yield store
    store.close()


def test_looking_changes_nothing(sparql: SparqlServer, store: ServerStore) -> None:
    assert (len(sparql.triples), store.size()) == (0, 0)


def test_a_format_that_spoils_terms_is_not_used(sparql: SparqlServer, sparql_url: str) -> None:
    sparql.formats = {QueryResultsFormat.XML, QueryResultsFormat.JSON}
    store = open_store(sparql_url)
    assert store.capabilities.rows == XML  # type: ignore[union-attr]
    store.close()


def test_credentials_are_used_where_they_are_asked_for(
    sparql: SparqlServer, sparql_url: str
) -> None:
    sparql.password = "s3cret"
    anybody, ann = open_store(sparql_url), open_store(sparql_url, Credentials("ann", "s3cret"))
    assert anybody.capabilities.can_write is False  # type: ignore[union-attr]
    assert ann.capabilities.scheme is Scheme.BASIC  # type: ignore[union-attr]
    with pytest.raises(AccessError, match="does not accept updates from us"):
        anybody.change(remove=(), add=[quad(1)])
    ann.change(remove=(), add=[quad(1)])
    assert anybody.size() == 1
    for each in (anybody, ann):
        each.close()


def test_named_graphs_that_queries_do_not_see_are_told(
    sparql: SparqlServer, sparql_url: str
) -> None:
    sparql.is_union = False
    store = open_store(sparql_url)
    with pytest.raises(StoreError, match="queries see no named graphs"):
        store.change(remove=(), add=[quad(1)])
    store.close()
    with pytest.raises(StoreError, match="queries see no named graphs"):
        open_store(sparql_url)


def test_what_is_no_endpoint_is_told_in_a_line(sparql_url: str) -> None:
    with pytest.raises(StoreError, match="neither an RDF4J repository nor a SPARQL endpoint"):
        open_store(sparql_url.replace("/sparql", "/nothing"))


def test_virtuoso_is_seen_as_it_is(virtuoso: Virtuoso) -> None:
    reader, writer = open_store(virtuoso.readable), open_store(virtuoso.writable)
    found = writer.capabilities  # type: ignore[union-attr]
    assert (found.kind, found.rows, found.scheme) == (Kind.SPARQL, XML, Scheme.DIGEST)
    assert (found.can_write, found.unites_graphs) == (True, True)
    assert (found.update or "").endswith("/sparql-auth")
    assert (found.graph_store or "").endswith("/sparql-graph-crud-auth")
    assert reader.capabilities.can_write is False  # type: ignore[union-attr]
    for each in (reader, writer):
        each.close()


def test_what_a_sparql_server_can_do_is_seen(store: ServerStore, sparql_url: str) -> None:
    found = store.capabilities
    assert isinstance(store, SparqlStore)
    assert (found.kind, found.rows, found.can_write) == (Kind.SPARQL, TSV, True)
    assert found.update == sparql_url.replace("/sparql", "/update")
    assert found.graph_store == sparql_url.replace("/sparql", "/data")
    assert found.scheme is Scheme.NONE


def test_a_repository_that_is_not_there_is_told(rdf4j_url: str) -> None:
    with pytest.raises(StoreError, match="has no such repository"):
        open_store(rdf4j_url.replace("/test", "/other"))


def test_what_an_rdf4j_server_can_do_is_seen(rdf4j_url: str) -> None:
    store = open_store(rdf4j_url)
    assert isinstance(store, RemoteStore)
    found = store.capabilities
    assert (found.kind, found.query, found.can_write) == (Kind.RDF4J, rdf4j_url, True)
    assert found.has_transactions
    assert found.scheme is Scheme.NONE
    assert found.unites_graphs is None
    store.close()
