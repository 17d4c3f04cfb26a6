"""Servers without transactions: a change that broke off is done by the next."""

from collections.abc import Callable, Iterator

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, Store

from extract.annotation import AnnotatedDocument
from kg.loading import load
from kg.stores.address import parse_address
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import ServerStore, open_server
from ontology.schema import Predicate
from tests.serving import serving
from tests.sparql_server import SparqlServer
from tests.store_contract import P, everything, quad

Paper = Callable[..., AnnotatedDocument]


def open_at_once(url: str) -> ServerStore:
    """Open a server without waiting between tries."""
    return open_server(parse_address(url), sleep=lambda _: None)


@pytest.fixture
def store(sparql_url: str) -> Iterator[ServerStore]:
    store = open_at_once(sparql_url)
    yield store
    store.close()


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


@pytest.mark.parametrize(
    ("is_done_first", "has_graph_store"),
    [
        (False, True),
        pytest.param(False, False, marks=pytest.mark.slow),
        pytest.param(True, True, marks=pytest.mark.slow),
        pytest.param(True, False, marks=pytest.mark.slow),
    ],
)
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


def test_only_our_graphs_are_counted(store: ServerStore) -> None:
    store.change(remove=(), add=[quad(1), quad(2, graph=NamedNode("http://x.org/other"))])
    assert store.size() == 1
