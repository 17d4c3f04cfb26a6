"""SPARQL queries over HTTP on loopback, at the SPARQL endpoint and at the repository."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from app.endpoint.queries import read_query
from app.endpoint.requests import MAX_QUERY_BYTES
from app.settings import Settings
from tests.endpoint_server import endpoint

REPOSITORY = "/repositories/gutbrain"
COUNT = "SELECT (COUNT(*) AS ?n) { ?a a <https://w3id.org/biolink/vocab/Association> }"
TRIPLES = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"
ANYTHING = "SELECT * { ?s ?p ?o }"
LARGE = f'SELECT ?s ("{"y" * 900}" AS ?text) {{ ?s ?p ?o }} LIMIT 60'
BOMB = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def address(data_folder: Path) -> Iterator[str]:
    settings = Settings(data=data_folder, query_timeout_s=2.0, max_rows=100, max_bytes=40_000)
    with endpoint(settings) as base:
        yield base


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/sparql", REPOSITORY])
def test_the_three_kinds_of_request_are_answered_alike(client: httpx.Client, path: str) -> None:
    answers = [
        client.get(path, params={"query": COUNT, "infer": "false", "timeout": "5"}),
        client.post(path, data={"query": COUNT}),
        client.post(path, content=COUNT, headers={"Content-Type": "application/sparql-query"}),
    ]

    counts = [a.json()["results"]["bindings"][0]["n"]["value"] for a in answers]
    assert counts == ["64", "64", "64"]


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (COUNT, "*/*", "application/sparql-results+json"),
        (
            COUNT,
            "text/csv;q=0.4, application/xml;q=0.8",
            "application/sparql-results+xml",
        ),
        (COUNT, "text/tab-separated-values", "text/tab-separated-values"),
        (COUNT, "text/csv", "text/csv"),
        (COUNT, "application/json", "application/sparql-results+json"),
        (TRIPLES, "*/*", "text/turtle"),
        (TRIPLES, "text/turtle;q=0.1, application/n-triples", "application/n-triples"),
        (TRIPLES, "application/rdf+xml", "application/rdf+xml"),
        (TRIPLES, "application/trig", "application/trig"),
        (TRIPLES, "application/ld+json", "application/ld+json"),
        ("ASK {}", "text/csv", "application/sparql-results+json"),
    ],
)
def test_a_client_gets_the_format_it_likes_best(
    client: httpx.Client, query: str, accept: str, media_type: str
) -> None:
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        f"{media_type}; charset=utf-8",
    )


@pytest.mark.parametrize(
    ("parameters", "accept", "status", "reason"),
    [
        ({"query": "SELECT * {"}, "*/*", 400, "1:11"),
        ({"query": COUNT}, "image/png", 406, "text/csv"),
        ({"query": "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"}, "*/*", 403, "SERVICE"),
        ({"query": "LOAD <http://127.0.0.1:9/>"}, "*/*", 403, "LOAD"),
        ({"update": "DROP ALL"}, "*/*", 403, "only reads"),
        ({"query": ["ASK {}", "ASK {}"]}, "*/*", 400, "more than once"),
        ({"query": BOMB}, "*/*", 503, "2 s"),
        ({"query": LARGE}, "*/*", 413, "larger"),
    ],
)
def test_what_cannot_be_answered_says_why(
    client: httpx.Client, parameters: dict[str, str], accept: str, status: int, reason: str
) -> None:
    answer = client.get("/sparql", params=parameters, headers={"Accept": accept})

    assert (answer.status_code, reason in answer.text) == (status, True), answer.text


def test_a_cut_answer_says_so(client: httpx.Client) -> None:
    cut = client.get("/sparql", params={"query": ANYTHING}, headers={"Accept": "text/csv"})
    whole = client.get("/sparql", params={"query": f"{ANYTHING} LIMIT 9"})

    assert cut.headers["x-gutbrain-truncated"] == "true"
    assert len(cut.text.splitlines()) == 101
    assert "x-gutbrain-truncated" not in whole.headers


def test_the_dataset_of_the_protocol_is_kept_to(client: httpx.Client) -> None:
    graph = "https://w3id.org/gutbrain/graph/"
    named = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"}

    in_concepts = client.get(
        "/sparql", params={"query": COUNT, "default-graph-uri": f"{graph}concepts"}
    )
    graphs = client.get("/sparql", params={**named, "named-graph-uri": f"{graph}articles"})

    assert in_concepts.json()["results"]["bindings"][0]["n"]["value"] == "0"
    assert [row["g"]["value"] for row in graphs.json()["results"]["bindings"]] == [
        f"{graph}articles"
    ]


def test_a_post_of_something_else_is_no_query(client: httpx.Client) -> None:
    assert client.post("/sparql", json={"query": COUNT}).status_code == 415
    assert client.post("/sparql", data={"nothing": "1"}).status_code == 400


def test_a_query_has_a_largest_size(client: httpx.Client) -> None:
    direct = {"Content-Type": "application/sparql-query"}
    comment = "ASK {} #".ljust(MAX_QUERY_BYTES, "x")

    statuses = [
        client.post("/sparql", content=text, headers=direct).status_code
        for text in (comment, comment + "x")
    ]
    assert statuses == [200, 413]


def test_a_client_is_known_by_its_address() -> None:
    """So that nobody gets all the query processes."""
    scope = {"type": "http", "headers": []}
    requests = [Request(scope | {"client": client}) for client in (("10.0.0.7", 4000), None)]

    asked = [read_query(request, {"query": ["ASK {}"]}) for request in requests]
    assert [query.client for query in asked] == ["10.0.0.7", ""]


def test_without_a_query_a_person_is_sent_on(client: httpx.Client) -> None:
    person = client.get("/sparql", headers={"Accept": "text/html,*/*;q=0.8"})

    assert (person.status_code, person.headers["location"]) == (303, "/query")


def test_an_empty_graph_answers_with_no_rows(tmp_path: Path) -> None:
    with endpoint(Settings(data=tmp_path)) as base:
        answer = httpx.get(f"{base}/sparql", params={"query": ANYTHING}, timeout=60)

    assert answer.json()["results"]["bindings"] == []


@pytest.mark.parametrize(
    ("parameters", "status", "reason"),
    [
        ({"query": "SELECT * {"}, 400, "1:11"),
        ({"query": "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"}, 403, "SERVICE"),
        ({"query": "DROP ALL"}, 403, "only reads"),
        ({"query": "SELECT * { ?s ?p ?o }", "$s": "<http://e/a>"}, 400, "$s"),
        ({"query": "SELECT * { ?s ?p ?o }", "limit": "3"}, 400, "limit"),
        ({}, 400, "query"),
    ],
)
def test_a_query_that_cannot_be_answered_is_said_why(
    client: httpx.Client, parameters: dict[str, str], status: int, reason: str
) -> None:
    answer = client.get(REPOSITORY, params=parameters)

    assert (answer.status_code, reason in answer.text) == (status, True), answer.text
