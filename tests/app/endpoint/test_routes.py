"""Paths and methods: what is served where, to whom, and that nothing is written over HTTP."""

from pathlib import Path

import httpx
import pytest

from app.endpoint.routes import failure
from app.health import health_of
from app.sandbox.answer import AnswerTooLargeError, CrowdedError, NoAnswerError, RefusedError
from app.settings import Settings
from kg.snapshots.snapshot import SnapshotError
from kg.stores.address import parse_address
from kg.stores.open import open_server
from tests.endpoint_server import endpoint

REPOSITORY = "/repositories/gutbrain"
UPDATE = {"Content-Type": "application/sparql-update"}
TURTLE = {"Content-Type": "text/turtle"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", f"{REPOSITORY}/statements", "HEAD, GET"),
        ("PUT", f"{REPOSITORY}/statements", "HEAD, GET"),
        ("DELETE", f"{REPOSITORY}/statements", "HEAD, GET"),
        ("PUT", f"{REPOSITORY}/rdf-graphs/service?default", "HEAD, GET"),
        ("PUT", f"{REPOSITORY}/namespaces/x", "HEAD, GET"),
        ("PUT", REPOSITORY, "HEAD, GET, POST"),
        ("DELETE", REPOSITORY, "HEAD, GET, POST"),
        ("PUT", "/sparql", "HEAD, GET, POST"),
        ("POST", f"{REPOSITORY}/transactions", ""),
        ("PUT", f"{REPOSITORY}/transactions/1?action=COMMIT", ""),
    ],
)
def test_nothing_is_written_over_http(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    before = client.get(f"{REPOSITORY}/size").text
    answer = client.request(method, path, content=b"<a:a> <a:b> <a:c> .", headers=TURTLE)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.text.startswith("This endpoint only reads. The graph is made by `gutbrain run`")
    assert len(answer.text.splitlines()) == 1
    assert client.get(f"{REPOSITORY}/size").text == before


@pytest.mark.parametrize("path", ["/sparql", REPOSITORY])
def test_an_update_is_refused_where_queries_are_answered(client: httpx.Client, path: str) -> None:
    answers = [
        client.post(path, content="DROP ALL", headers=UPDATE),
        client.post(path, data={"update": "DROP ALL"}),
        client.post(path, data={"query": "ASK {}", "update": ""}),
        client.post(path, data={"query": "ASK {}", "update": "DROP ALL"}),
        client.get(path, params={"update": "DROP ALL"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert all("This endpoint only reads" in answer.text for answer in answers)


def test_a_store_of_ours_sees_that_it_cannot_write(address: str) -> None:
    for path in (REPOSITORY, "/sparql"):
        store = open_server(parse_address(address + path), sleep=lambda _: None)
        assert store.capabilities.can_write is False
        store.close()


def test_any_web_page_may_read(client: httpx.Client) -> None:
    read = client.get("/sparql", params={"query": "ASK {}"})
    refused = client.get("/sparql", params={"query": "SELECT * {"})
    preflight = client.options("/sparql")

    for answer in (read, refused, preflight):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Gutbrain-Truncated" in read.headers["access-control-expose-headers"]
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "HEAD, GET, POST"


@pytest.mark.parametrize(
    "path",
    ["/protocol", "/repositories", f"{REPOSITORY}/size", f"{REPOSITORY}/statements",
     f"{REPOSITORY}/contexts", f"{REPOSITORY}?query=ASK+{{}}", "/sparql", "/.well-known/void"],
)  # fmt: skip
def test_head_says_what_get_would_without_a_body(client: httpx.Client, path: str) -> None:
    head = client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == client.get(path).headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/repositories/other", "/repositories/other/size", f"{REPOSITORY}/nothing"]
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        answer = client.request(method, path)
        assert (answer.status_code, "'gutbrain'" in answer.text) == (404, True)


def test_health_names_the_snapshot_and_counts_its_quads(client: httpx.Client) -> None:
    health = client.get("/api/health").json()

    assert (health["status"], health["graph"]) == ("ok", "000001")
    assert health["quads"] > 1_000


def test_a_missing_graph_is_empty_and_a_broken_one_unreachable(tmp_path: Path) -> None:
    with endpoint(Settings(data=tmp_path)) as base:
        assert httpx.get(f"{base}/api/health").status_code == 200
        assert health_of(Settings(data=tmp_path)).status == "empty"
        (tmp_path / "graph").mkdir()
        (tmp_path / "graph" / "CURRENT").write_text("000004")
        answers = [httpx.get(f"{base}/{path}") for path in ("api/health", "sparql?query=ASK{}")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["status"] == "unreachable"


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (NoAnswerError("no"), 400, None),
        (RefusedError("no"), 403, None),
        (AnswerTooLargeError("no"), 413, None),
        (CrowdedError("no", 5), 503, "5"),
        (SnapshotError("no"), 503, None),
    ],
)
def test_an_error_is_a_line_with_its_status(
    error: Exception, status: int, retry_after: str | None
) -> None:
    answer = failure(error)

    assert (answer.status_code, answer.body) == (status, b"no\n")
    assert answer.headers.get("retry-after") == retry_after
