"""Servers without transactions: what is seen of them, and changes that break off."""

from collections.abc import Callable, Iterator

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, QueryResultsFormat, Store

from extract.annotation import AnnotatedDocument
from kg.loading import load
from kg.stores.address import Credentials, Kind, Scheme, parse_address
from kg.stores.answers import AccessError, StoreError, TruncatedError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_server, open_store
from kg.stores.querying import TSV, XML
from kg.stores.sparql import SparqlStore
from ontology.schema import Predicate
from tests.serving import serving
from tests.sparql_server import SparqlServer
from tests.store_contract import P, everything, quad
from tests.virtuoso import MOST_ROWS, Virtuoso

Paper = Callable[..., AnnotatedDocument]


def open_at_once(url: str) -> ServerStore:
    """Open a server without waiting between tries."""
    return open_server(parse_address(url), sleep=lambda _: None)


@pytest.fixture
def store(sparql_url: str) -> Iterator[ServerStore]:
    store = open_at_once(sparql_url)
    yield store
    store.close()


def test_what_the_server_can_do_is_seen(store: ServerStore, sparql_url: str) -> None:
    found = store.capabilities
    assert isinstance(store, SparqlStore)
    assert (found.kind, found.rows, found.can_write) == (Kind.SPARQL, TSV, True)
    assert found.update == sparql_url.replace("/sparql", "/update")
    assert found.graph_store == sparql_url.replace("/sparql", "/data")
    assert found.scheme is Scheme.NONE


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


@pytest.mark.parametrize(
    "unfit",
    [
        Quad(BlankNode("b"), P, P, NamedNode("http://x.org/g")),
        Quad(P, P, BlankNode("b"), NamedNode("http://x.org/g")),
        Quad(P, P, P),
    ],
)
def test_what_cannot_be_written_twice_is_refused(
    sparql: SparqlServer, store: ServerStore, unfit: Quad
) -> None:
    with pytest.raises(StoreError, match=r"can(not)? be written"):
        store.change(remove=(), add=[quad(1), unfit])
    assert len(sparql.triples) == 0


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


def papers(paper: Paper, *, is_new: bool) -> list[AnnotatedDocument]:
    """Two papers; once new, the first says something else and the second is surer."""
    old = ("F. prausnitzii", Predicate.INFLUENCE, "depression")
    new = ("butyrate", Predicate.INFLUENCE, "depression")
    return [paper("1", new if is_new else old), paper("2", old, score=0.9 if is_new else 0.6)]


@pytest.fixture
def expected(paper: Paper) -> set[Quad]:
    """The graph of the new papers alone."""
    memory = EmbeddedStore.in_memory()
    for is_new in (False, True):
        load(memory, papers(paper, is_new=is_new), min_belief=0.5)
    return set(memory.quads())


@pytest.mark.parametrize("is_done_first", [False, True])
@pytest.mark.parametrize("has_graph_store", [True, False])
def test_a_load_that_breaks_off_anywhere_is_repaired_by_the_next(
    sparql: SparqlServer,
    paper: Paper,
    expected: set[Quad],
    *,
    is_done_first: bool,
    has_graph_store: bool,
) -> None:
    sparql.has_graph_store, sparql.is_done_before_break = has_graph_store, is_done_first
    broken = 0
    with serving(sparql.app()) as base:
        while _has_broken(sparql, f"{base}/sparql", paper, broken + 1):
            broken += 1
            assert set(sparql.triples) == expected, f"broken off at write {broken}"
    assert broken >= 5


def _has_broken(server: SparqlServer, url: str, paper: Paper, breaks_at: int) -> bool:
    """Break the connection at a write, then load again; tells whether anything broke."""
    server.triples, server.writes, server.breaks_at = Store(), 0, None
    store = open_at_once(url)
    load(store, papers(paper, is_new=False), min_belief=0.5)
    server.writes, server.breaks_at = 0, breaks_at
    try:
        load(store, papers(paper, is_new=True), min_belief=0.5)
    except StoreError:
        server.breaks_at = None
        load(store, papers(paper, is_new=True), min_belief=0.5)
    store.close()
    return server.breaks_at is None


def test_a_write_whose_answer_is_lost_is_made_again(
    sparql: SparqlServer, store: ServerStore
) -> None:
    store.change(remove=(), add=[quad(1)])
    sparql.failures = [(0, {}), (503, {"Retry-After": "0"}), (502, {})]
    store.change(remove=[quad(1)], add=[quad(2)])
    assert everything(store) == [quad(2)]


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


def test_virtuoso_does_not_cut_answers_in_silence(virtuoso: Virtuoso) -> None:
    store = open_store(virtuoso.writable)
    store.change(remove=(), add=[quad(n) for n in range(MOST_ROWS // 100)])
    crossed = f"SELECT ?s ?t {{ ?s {P} ?o . ?t {P} ?o }}"
    with pytest.raises(TruncatedError, match=f"{MOST_ROWS} rows of a longer answer"):
        list(store.select(crossed))
    store.close()
