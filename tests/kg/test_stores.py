"""Every store keeps the same contract: embedded in memory, on disk, and over HTTP."""

import os
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QueryTriples,
    RdfFormat,
    Store,
)
from pyoxigraph import parse as parse_rdf
from rdflib.contrib.graphdb import GraphDBClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from extract.annotation import AnnotatedDocument
from kg.loading import load, withdraw
from kg.standing import graph_counts
from kg.stores import TripleStore
from kg.stores.answers import QueryError, StoreError, StoreUnreachableError
from kg.stores.embedded import BULK, EmbeddedStore
from kg.stores.open import open_store
from kg.stores.remote import RemoteStore
from ontology.schema import Predicate

G, H = NamedNode("http://x.org/g"), NamedNode("http://x.org/h")
P = NamedNode("http://x.org/p")
TEXT = 'tab\t, line\nbreak, "quote", \\ and é 😀'


class Rdf4jServer:
    """One repository ``test`` that speaks the RDF4J protocol, as far as clients here use it."""

    def __init__(self) -> None:
        self.triples = Store()
        self.transactions: dict[str, list[tuple[str, list[Quad]]]] = {}
        self.failures: list[int] = []
        self.seen: list[tuple[str, str, str]] = []

    def app(self) -> Starlette:
        """The routes, each behind the planned failures."""
        root, one = "/repositories/test", "/repositories/test/transactions/{id}"
        routes = [
            ("/protocol", ["GET"], self.protocol),
            ("/repositories", ["GET"], self.repositories),
            (root, ["POST", "GET"], self.query),
            (root + "/size", ["GET"], self.size),
            (root + "/statements", ["POST"], self.statements),
            (root + "/transactions", ["POST"], self.begin),
            (one, ["PUT"], self.act),
            (one, ["DELETE"], self.roll_back),
        ]
        return Starlette(routes=[Route(p, self.guarded(f), methods=m) for p, m, f in routes])

    def guarded(
        self, answer: Callable[[Request], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guard(request: Request) -> Response:
            header = request.headers.get("authorization", "")
            self.seen.append((request.method, request.url.path, header))
            if self.failures and (status := self.failures.pop(0)):
                return PlainTextResponse(f"planned\nfailure {status}", status)
            request.state.content = await request.body()
            return answer(request)

        return guard

    def protocol(self, _: Request) -> Response:
        return PlainTextResponse("12")

    def size(self, _: Request) -> Response:
        return PlainTextResponse(str(len(self.triples)))

    def repositories(self, request: Request) -> Response:
        names = ("id", "uri", "title", "readable", "writable")
        values = ("test", f"{request.url}/test", "test", "true", "true")
        row = {n: {"type": "literal", "value": v} for n, v in zip(names, values, strict=True)}
        return JSONResponse({"head": {"vars": list(names)}, "results": {"bindings": [row]}})

    def query(self, request: Request) -> Response:
        text = request.query_params.get("query") or request.state.content.decode()
        try:
            found = self.triples.query(text, use_default_graph_as_union=True)
        except SyntaxError as error:
            return PlainTextResponse(f"MALFORMED QUERY: {error}", 400)
        accept = request.headers["accept"].partition(",")[0].partition(";")[0]
        kind = QueryResultsFormat.from_media_type(accept) or QueryResultsFormat.JSON
        if isinstance(found, QueryTriples) or (
            isinstance(found, QueryBoolean) and kind == QueryResultsFormat.TSV
        ):
            return PlainTextResponse("not acceptable", 406)
        return Response(found.serialize(format=kind), media_type=kind.media_type)

    def statements(self, request: Request) -> Response:
        if request.headers["content-type"].startswith("application/sparql-update"):
            self.triples.update(request.state.content.decode())
        else:
            self.triples.extend(self.uploaded(request))
        return Response(status_code=204)

    def begin(self, request: Request) -> Response:
        name = str(len(self.transactions) + 1)
        self.transactions[name] = []
        return Response(status_code=201, headers={"Location": f"{request.url}/{name}"})

    def act(self, request: Request) -> Response:
        name, action = request.path_params["id"], request.query_params["action"]
        if action != "COMMIT":
            self.transactions[name].append((action, self.uploaded(request)))
            return Response()
        for done, quads in self.transactions.pop(name):
            for quad in quads:
                (self.triples.add if done == "ADD" else self.triples.remove)(quad)
        return Response()

    def roll_back(self, request: Request) -> Response:
        del self.transactions[request.path_params["id"]]
        return Response(status_code=204)

    def uploaded(self, request: Request) -> list[Quad]:
        kind = RdfFormat.from_media_type(request.headers["content-type"])
        return list(parse_rdf(request.state.content, format=kind))


@contextmanager
def _serving(server: Rdf4jServer) -> Generator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        running = uvicorn.Server(uvicorn.Config(server.app(), log_level="error", lifespan="off"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join()


@pytest.fixture
def server() -> Rdf4jServer:
    return Rdf4jServer()


@pytest.fixture
def address(server: Rdf4jServer) -> Iterator[str]:
    with _serving(server) as base:
        yield base


@pytest.fixture
def remote(address: str) -> Iterator[RemoteStore]:
    with RemoteStore(f"{address}/repositories/test") as store:
        yield store


@pytest.fixture(params=["memory", "disk", "remote", "graphdb"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TripleStore]:
    """One after another each implementation, empty."""
    match request.param:
        case "memory":
            yield EmbeddedStore.in_memory()
        case "disk":
            yield EmbeddedStore.open(tmp_path / "store")
        case "remote":
            yield request.getfixturevalue("remote")
        case _:
            url = os.environ.get("GUTBRAIN_TEST_GRAPHDB")
            if not url:
                pytest.skip("GUTBRAIN_TEST_GRAPHDB names no empty repository")
            with RemoteStore(url) as store:
                assert store.size() == 0, "the test repository must be empty"
                yield store
                store.change(remove=_everything(store), add=())


def _everything(store: TripleStore) -> list[Quad]:
    rows = store.select("SELECT * { GRAPH ?g { ?s ?p ?o } }")
    return [Quad(row["s"], row["p"], row["o"], row["g"]) for row in rows]  # type: ignore[arg-type]


def _quad(n: int, value: object = 1, graph: NamedNode = G) -> Quad:
    return Quad(NamedNode(f"http://x.org/{n}"), P, Literal(value), graph)  # type: ignore[arg-type]


def test_what_is_added_is_found_with_its_graph(any_store: TripleStore) -> None:
    quads = {_quad(1, TEXT), _quad(2, 0.71), _quad(3, -7, H), _quad(4, 2020, H)}
    any_store.change(remove=(), add=quads)
    assert set(_everything(any_store)) == quads
    assert any_store.size() == 4


def test_a_change_removes_then_adds(any_store: TripleStore) -> None:
    any_store.change(remove=(), add=[_quad(1), _quad(2, TEXT)])
    any_store.change(remove=[_quad(2, TEXT), _quad(9), _quad(1)], add=[_quad(3), _quad(1)])
    assert set(_everything(any_store)) == {_quad(1), _quad(3)}


def test_removing_touches_one_graph_only(any_store: TripleStore) -> None:
    any_store.change(remove=(), add=[_quad(1), _quad(1, graph=H)])
    any_store.change(remove=[_quad(1)], add=())
    assert _everything(any_store) == [_quad(1, graph=H)]


def test_queries_see_the_union_of_all_graphs(any_store: TripleStore) -> None:
    any_store.change(remove=(), add=[_quad(1), _quad(2, graph=H)])
    assert len(list(any_store.select("SELECT * { ?s ?p ?o }"))) == 2


def test_an_unbound_variable_is_none(any_store: TripleStore) -> None:
    any_store.change(remove=(), add=[_quad(1)])
    (row,) = any_store.select("SELECT ?s ?none { ?s ?p ?o }")
    assert row == {"s": _quad(1).subject, "none": None}


def test_changing_nothing_is_allowed(any_store: TripleStore) -> None:
    any_store.change(remove=(), add=())
    assert any_store.size() == 0


@pytest.mark.parametrize("query", ["SELECT * {", "ASK {}", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"])
def test_what_is_no_select_is_refused_in_one_line(any_store: TripleStore, query: str) -> None:
    with pytest.raises(StoreError) as caught:
        list(any_store.select(query))
    assert "\n" not in str(caught.value)


def test_a_graph_is_loaded_and_taken_back(
    any_store: TripleStore,
    paper: Callable[..., AnnotatedDocument],
) -> None:
    said = ("F. prausnitzii", Predicate.INFLUENCE, "depression")
    papers = [paper("1", said), paper("2", said, score=0.123456789)]
    load(any_store, papers)
    assert not load(any_store, papers).has_changed
    withdraw(any_store, ["2"])
    assert graph_counts(any_store).evidence == 1


def test_a_large_change_replaces_as_a_small_one_does(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=[_quad(0), _quad(-1)])
    new = [_quad(n) for n in range(BULK + 1)]
    store.change(remove=[_quad(0), _quad(-1)], add=new)
    assert store.size() == len(new)


def test_a_store_on_disk_keeps_what_it_holds(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=[_quad(1)])
    store.backup(tmp_path / "copy")
    store.close()
    for name in ("store", "copy"):
        assert EmbeddedStore.open_read_only(tmp_path / name).size() == 1


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = EmbeddedStore.open(tmp_path / "store")
    with pytest.raises(StoreError, match="store: "):
        EmbeddedStore.open(tmp_path / "store")
    first.close()
    assert EmbeddedStore.open(tmp_path / "store").size() == 0


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing"):
        EmbeddedStore.open_read_only(tmp_path / "nothing")


def test_a_store_tells_whether_it_was_written_to(tmp_path: Path) -> None:
    store = EmbeddedStore.open(tmp_path / "store")
    store.change(remove=(), add=())
    assert not store.has_changed
    store.change(remove=(), add=[_quad(1)])
    assert store.has_changed


def test_the_address_chooses_the_store(address: str, tmp_path: Path) -> None:
    assert isinstance(open_store(f"{address}/repositories/test"), RemoteStore)
    assert isinstance(open_store(tmp_path / "store"), EmbeddedStore)


def test_a_failed_change_is_rolled_back(server: Rdf4jServer, remote: RemoteStore) -> None:
    server.failures = [0, 0, 500]
    with pytest.raises(StoreError, match="HTTP 500: planned failure 500"):
        remote.change(remove=[_quad(1)], add=[_quad(2)])
    assert (len(server.triples), server.transactions) == (0, {})
    assert server.seen[-1][0] == "DELETE"


def test_a_query_is_tried_again_and_a_change_is_not(server: Rdf4jServer, address: str) -> None:
    waits: list[float] = []
    with RemoteStore(f"{address}/repositories/test", sleep=waits.append) as store:
        server.failures = [503, 502]
        assert list(store.select("SELECT * { ?s ?p ?o }")) == []
        server.failures = [503, 503]
        with pytest.raises(StoreError, match="503"):
            store.change(remove=(), add=[_quad(1)])
    assert waits == [0.5, 1.0]
    assert server.failures == [503]


def test_a_server_that_stays_busy_is_given_up(server: Rdf4jServer, address: str) -> None:
    waits: list[float] = []
    with RemoteStore(f"{address}/repositories/test", sleep=waits.append) as store:
        server.failures = [503] * 9
        with pytest.raises(StoreError, match="503"):
            store.select("SELECT * { ?s ?p ?o }")
    assert waits == [0.5, 1.0, 2.0]


def test_an_error_never_tells_the_password(server: Rdf4jServer, address: str) -> None:
    url = address.replace("//", "//ann:secret@") + "/repositories/test"
    server.failures = [401]
    with RemoteStore(url) as store, pytest.raises(StoreError, match="HTTP 401") as caught:
        store.size()
    assert "secret" not in str(caught.value) + repr(caught.value)
    assert server.seen[-1][2] == "Basic YW5uOnNlY3JldA=="


def test_a_server_that_is_not_there_is_unreachable() -> None:
    waits: list[float] = []
    with (
        RemoteStore("http://127.0.0.1:1/repositories/test", sleep=waits.append) as store,
        pytest.raises(StoreUnreachableError, match=r"127\.0\.0\.1:1/repositories/test: "),
    ):
        store.select("SELECT * { ?s ?p ?o }")
    assert len(waits) == 3


def test_a_bad_query_is_a_query_error(remote: RemoteStore) -> None:
    with pytest.raises(QueryError, match="HTTP 400: MALFORMED QUERY"):
        remote.select("SELECT * {")


def test_another_client_agrees_with_the_test_server(server: Rdf4jServer, address: str) -> None:
    with GraphDBClient(f"{address}/") as client:
        repository = client.repositories.get("test")
        repository.upload(str(_quad(1)).encode() + b" .\n", content_type="application/n-quads")
        assert repository.size() == 1
        bindings = repository.query("SELECT ?s WHERE { ?s ?p ?o }").bindings
    assert [str(term) for row in bindings for term in row.values()] == ["http://x.org/1"]
    assert len(server.triples) == 1
