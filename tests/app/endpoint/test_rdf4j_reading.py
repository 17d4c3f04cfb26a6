"""What RDF4J clients read over HTTP on loopback: no token is needed for any of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Quad, RdfFormat, parse

from app.endpoint.threaded import AT_ONCE
from app.settings import Settings
from kg.snapshots.snapshot import current_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.endpoint_server import endpoint

REPOSITORY = "/repositories/gutbrain"
GRAPH = "https://w3id.org/gutbrain/graph/"
AKKERMANSIA = "<http://purl.obolibrary.org/obo/NCBITaxon_239935>"
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
N_QUADS = "application/n-quads"


@pytest.fixture(scope="module")
def address(data_folder: Path) -> Iterator[str]:
    with endpoint(Settings(data=data_folder, max_bytes=2_000_000)) as base:
        yield base


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def stated(data_folder: Path) -> set[Quad]:
    snapshot = current_snapshot(data_folder / "graph")
    assert snapshot is not None
    return set(EmbeddedStore.open_read_only(snapshot.graph).quads())


def cells(answer: httpx.Response, name: str) -> list[str]:
    return [row[name]["value"] for row in answer.json()["results"]["bindings"]]


def test_the_protocol_and_the_repository_are_told_at_the_address_in_use(
    client: httpx.Client,
) -> None:
    assert client.get("/protocol", headers={"Accept": "text/plain"}).text == "12"
    listed = client.get("/repositories", headers={"Host": "graph.example:8080"})
    assert cells(listed, "id") == ["gutbrain"]
    assert cells(listed, "uri") == ["http://graph.example:8080/repositories/gutbrain"]
    assert (cells(listed, "readable"), cells(listed, "writable")) == (["true"], ["false"])


def test_a_query_may_come_in_three_ways(client: httpx.Client) -> None:
    query = "ASK { GRAPH ?g { ?s ?p ?o } }"
    direct = {"Content-Type": "application/sparql-query"}
    answers = [
        client.get(REPOSITORY, params={"query": query, "infer": "false", "timeout": "5"}),
        client.post(REPOSITORY, data={"query": query}),
        client.post(REPOSITORY, content=query, headers=direct),
    ]

    assert [answer.json()["boolean"] for answer in answers] == [True, True, True]


@pytest.mark.parametrize(
    ("parameters", "status", "told"),
    [
        ({"query": "SELECT * {"}, 400, "1:11"),
        ({"query": "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"}, 403, "SERVICE"),
        ({"query": "DROP ALL"}, 403, "only reads"),
        ({"query": "SELECT * { ?s ?p ?o }", "$s": "<http://e/a>"}, 400, "$s"),
        ({"query": "SELECT * { ?s ?p ?o }", "limit": "3"}, 400, "limit"),
        ({}, 400, "query"),
    ],
)
def test_a_query_that_cannot_be_answered_is_told_why(
    client: httpx.Client, parameters: dict[str, str], status: int, told: str
) -> None:
    answer = client.get(REPOSITORY, params=parameters)

    assert (answer.status_code, told in answer.text) == (status, True), answer.text


def test_the_size_is_that_of_all_or_of_some_graphs(client: httpx.Client, stated: set[Quad]) -> None:
    def size(*contexts: str) -> int:
        return int(client.get(f"{REPOSITORY}/size", params={"context": list(contexts)}).text)

    articles, concepts = f"<{GRAPH}articles>", f"<{GRAPH}concepts>"
    assert size() == len(stated)
    assert size(articles) == sum(1 for quad in stated if str(quad.graph_name) == articles)
    assert size(f"{articles},{concepts}") == size(articles, concepts)
    assert size(articles, concepts) == size(articles) + size(concepts)
    assert size("null") == size("<http://rdf4j.org/schema/rdf4j#nil>") == 0


def test_the_named_graphs_are_listed_in_the_format_asked_for(
    client: httpx.Client, stated: set[Quad]
) -> None:
    graphs = sorted({str(quad.graph_name).strip("<>") for quad in stated})
    as_csv = client.get(f"{REPOSITORY}/contexts", headers={"Accept": "text/csv"})

    assert cells(client.get(f"{REPOSITORY}/contexts"), "contextID") == graphs
    assert as_csv.text.splitlines() == ["contextID", *graphs]


def test_prefixes_are_told_and_an_unknown_one_is_not_found(client: httpx.Client) -> None:
    listed = client.get(f"{REPOSITORY}/namespaces")
    told = dict(zip(cells(listed, "prefix"), cells(listed, "namespace"), strict=True))

    assert client.get(f"{REPOSITORY}/namespaces/gb").text == told["gb"]
    assert told["gb"] == "https://w3id.org/gutbrain/ontology#"
    assert client.get(f"{REPOSITORY}/namespaces/nobody").status_code == 404


@pytest.mark.parametrize("media_type", [N_QUADS, "application/trig", "application/ld+json"])
def test_all_statements_come_with_their_graphs(
    client: httpx.Client, stated: set[Quad], media_type: str
) -> None:
    answer = client.get(f"{REPOSITORY}/statements", headers={"Accept": media_type})

    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    found = parse(answer.content, RdfFormat.from_media_type(media_type))
    assert set(found) == stated


@pytest.mark.parametrize("media_type", ["text/turtle", "application/n-triples"])
def test_a_format_without_graphs_has_the_triples_of_all(
    client: httpx.Client, stated: set[Quad], media_type: str
) -> None:
    answer = client.get(f"{REPOSITORY}/statements", headers={"Accept": media_type})

    found = parse(answer.content, RdfFormat.from_media_type(media_type))
    assert {quad.triple for quad in found} == {quad.triple for quad in stated}


def test_statements_are_chosen_by_pattern(client: httpx.Client, stated: set[Quad]) -> None:
    def chosen(**parameters: str) -> set[Quad]:
        answer = client.get(f"{REPOSITORY}/statements", params=parameters)
        return set(parse(answer.content, RdfFormat.N_QUADS))

    assert chosen(subj=AKKERMANSIA) == {q for q in stated if str(q.subject) == AKKERMANSIA}
    assert chosen(subj=AKKERMANSIA, pred=LABEL, infer="false") == {
        q for q in stated if (str(q.subject), str(q.predicate)) == (AKKERMANSIA, LABEL)
    }
    assert len(chosen(obj='"Akkermansia muciniphila"')) == 1
    assert len(chosen(obj='"""Akkermansia muciniphila"""', context=f"<{GRAPH}concepts>")) == 1
    assert chosen(obj='"Akkermansia muciniphila"', context=f"<{GRAPH}articles>") == set()


@pytest.mark.parametrize(
    "parameters",
    [
        {"subj": "Akkermansia"},
        {"subj": '"a literal"'},
        {"pred": "_:b"},
        {"obj": '"a", "b"'},
        {"obj": '"a" . <http://e/s> <http://e/p> "b"'},
        {"context": "http://e/no-brackets"},
        {"context": "<relative>"},
        {"subj": ["<http://e/a>", "<http://e/b>"]},
    ],
)
def test_what_is_no_pattern_is_told(
    client: httpx.Client, parameters: dict[str, str | list[str]]
) -> None:
    assert client.get(f"{REPOSITORY}/statements", params=parameters).status_code == 400


def test_a_graph_is_read_by_its_name_and_the_unnamed_one_by_a_bare_key(
    client: httpx.Client, stated: set[Quad]
) -> None:
    path = f"{REPOSITORY}/rdf-graphs/service"
    articles = client.get(f"{path}?graph={GRAPH}articles", headers={"Accept": "text/turtle"})

    triples = {quad.triple for quad in parse(articles.content, RdfFormat.TURTLE)}
    assert triples == {q.triple for q in stated if str(q.graph_name) == f"<{GRAPH}articles>"}
    assert client.get(f"{path}?default").text == ""
    assert client.get(f"{path}?graph=http://e/nobody").text == ""
    assert client.get(path).status_code == 400
    assert client.get(f"{path}?default&graph=http://e/g").status_code == 400
    assert client.get(f"{path}?graph=no iri").status_code == 400


def test_what_cannot_be_streamed_is_bounded(data_folder: Path) -> None:
    settings = Settings(data=data_folder, max_bytes=20_000)
    with endpoint(settings) as base, httpx.Client(base_url=base, timeout=60) as client:
        as_json = client.get(f"{REPOSITORY}/statements", headers={"Accept": "application/ld+json"})
        as_quads = client.get(f"{REPOSITORY}/statements")

    assert (as_json.status_code, as_quads.status_code) == (413, 200)
    assert len(as_quads.content) > 20_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/repositories/other", 404),
        ("/repositories/other/size", 404),
        (f"{REPOSITORY}/nothing", 404),
        (f"{REPOSITORY}/transactions", 405),
        ("/rest/login", 405),
    ],
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize(
    "path",
    ["/protocol", "/repositories", f"{REPOSITORY}/size", f"{REPOSITORY}/statements",
     f"{REPOSITORY}/contexts", f"{REPOSITORY}?query=ASK+{{}}", "/sparql", "/.well-known/void"],
)  # fmt: skip
def test_head_tells_what_get_would_without_a_body(client: httpx.Client, path: str) -> None:
    head = client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == client.get(path).headers["content-type"]


def test_an_unwanted_format_is_not_acceptable(client: httpx.Client) -> None:
    image = {"Accept": "image/png"}
    paths = (f"{REPOSITORY}/statements", f"{REPOSITORY}/contexts", "/.well-known/void", "/sparql")

    assert [client.get(path, headers=image).status_code for path in paths] == [406] * 4


def test_before_the_first_run_all_is_empty(tmp_path: Path) -> None:
    with endpoint(Settings(data=tmp_path)) as base, httpx.Client(base_url=base) as client:
        assert client.get(f"{REPOSITORY}/size").text == "0"
        assert client.get(f"{REPOSITORY}/statements").text == ""
        assert cells(client.get(f"{REPOSITORY}/contexts"), "contextID") == []
        assert client.get("/.well-known/void").status_code == 200


def test_the_graph_of_a_server_is_not_ours_to_hand_out(data_folder: Path) -> None:
    settings = Settings(data=data_folder, store="http://127.0.0.1:9/repositories/x")
    with endpoint(settings) as base, httpx.Client(base_url=base, timeout=60) as client:
        statuses = [
            client.get(f"{REPOSITORY}/{path}").status_code
            for path in ("size", "statements", "contexts")
        ]
        described = client.get("/sparql")

    assert statuses == [501, 501, 501]
    assert described.status_code == 200


def test_clients_that_leave_early_take_no_thread_with_them(address: str, stated: set[Quad]) -> None:
    for _ in range(AT_ONCE + 5):
        with (
            httpx.Client(base_url=address, timeout=60) as leaving,
            leaving.stream("GET", f"{REPOSITORY}/statements") as answer,
        ):
            next(answer.iter_raw())

    with httpx.Client(base_url=address, timeout=60) as staying:
        whole = staying.get(f"{REPOSITORY}/statements")
    assert len(whole.text.splitlines()) == len(stated)
