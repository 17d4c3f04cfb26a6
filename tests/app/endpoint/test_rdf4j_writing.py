"""Writes over HTTP: who may, what becomes of the graph, and what is told where nothing does."""

import base64
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pyoxigraph import RdfFormat, parse

from app.endpoint.errors import ProtocolError
from app.endpoint.writer import Writer
from app.endpoint.writer_worker import WriteOrder
from app.settings import Settings
from kg.snapshots.labels import search
from kg.snapshots.snapshot import current_snapshot, next_snapshot
from tests.endpoint_server import SECRET, TOKEN, endpoint

REPOSITORY = "/repositories/gutbrain"
STATEMENTS = f"{REPOSITORY}/statements"
SERVICE = f"{REPOSITORY}/rdf-graphs/service"
TRANSACTIONS = f"{REPOSITORY}/transactions"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
N_TRIPLES = "application/n-triples"
UPDATE = "application/sparql-update"
TRIPLE = "<http://e/a> <http://e/b> <http://e/c> .\n"
QUADS = """
<http://e/a> <http://e/b> <http://e/c> <http://e/g> .
<http://e/a> <http://e/b> "d" <http://e/h> .
<http://e/a> <http://e/b> <http://e/c> .
"""
BOMB_IN_GZIP = gzip.compress(TRIPLE.encode() * 10_000)
BOMB = (
    "INSERT { GRAPH <http://e/g> { ?a ?b ?c } } WHERE { "
    + " ".join(f"GRAPH <http://e/m> {{ ?a{n} ?b{n} ?c{n} }}" for n in range(9))
    + " FILTER(?c1 = ?c8 && ?a1 != ?a8) BIND(?a1 AS ?a) BIND(?b1 AS ?b) BIND(?c1 AS ?c) }"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to come."""

    method: str
    path: str
    content: str | bytes | None = None
    kind: str = ""
    form: Mapping[str, str | list[str]] | None = None
    packing: str = ""

    def send(self, client: httpx.Client, given: Mapping[str, str]) -> httpx.Response:
        kind = {"Content-Type": self.kind} if self.kind else {}
        packing = {"Content-Encoding": self.packing} if self.packing else {}
        headers = {**kind, **packing, **given}
        form = None if self.form is None else dict(self.form)
        return client.request(
            self.method, self.path, content=self.content, data=form, headers=headers
        )


WRITES = (
    Asked("POST", "/sparql", form={"update": "DROP ALL"}),
    Asked("POST", "/sparql", "DROP ALL", UPDATE),
    Asked("POST", STATEMENTS, form={"update": "DROP ALL"}),
    Asked("POST", STATEMENTS, "DROP ALL", UPDATE),
    Asked("POST", STATEMENTS, TRIPLE, N_TRIPLES),
    Asked("PUT", STATEMENTS, TRIPLE, N_TRIPLES),
    Asked("DELETE", STATEMENTS),
    Asked("POST", f"{SERVICE}?default", TRIPLE, N_TRIPLES),
    Asked("PUT", f"{SERVICE}?graph=http://e/g", TRIPLE, N_TRIPLES),
    Asked("DELETE", f"{SERVICE}?graph=http://e/g"),
    Asked("POST", TRANSACTIONS),
    Asked("PUT", f"{TRANSACTIONS}/x?action=COMMIT"),
    Asked("POST", f"{TRANSACTIONS}/x?action=UPDATE&update=DROP+ALL"),
    Asked("DELETE", f"{TRANSACTIONS}/x"),
    Asked("PUT", REPOSITORY),
)
"""Every way to write; each would do something if it were let in."""
NO_WRITES = (
    (Asked("POST", STATEMENTS, "x", "image/png"), 415, "image/png"),
    (Asked("POST", STATEMENTS, "x" * 100_001, N_TRIPLES), 413, "100,000"),
    (Asked("POST", STATEMENTS, form={"nothing": "x"}), 400, "update"),
    (Asked("POST", f"{STATEMENTS}?context=nothing", "", N_TRIPLES), 400, "context"),
    (Asked("DELETE", f"{STATEMENTS}?subj=nothing"), 400, "subj"),
    (Asked("PUT", SERVICE, TRIPLE, N_TRIPLES), 400, "graph"),
    (Asked("POST", "/sparql", form={"update": "DROP ALL", "query": "ASK {}"}), 400, "both"),
    (Asked("POST", "/sparql", form={"update": ["DROP ALL", "DROP ALL"]}), 400, "One update"),
    (Asked("POST", "/sparql?using-graph-uri=http://e/g", "DROP ALL", UPDATE), 400, "USING"),
    (Asked("POST", STATEMENTS, b"no gzip", N_TRIPLES, packing="gzip"), 400, "gzip"),
    (Asked("POST", STATEMENTS, b"x", N_TRIPLES, packing="br"), 415, "gzip"),
    (Asked("POST", STATEMENTS, BOMB_IN_GZIP, N_TRIPLES, packing="gzip"), 413, "unpacked"),
    (Asked("PUT", REPOSITORY), 409, "there"),
    (Asked("PUT", f"{TRANSACTIONS}/x?action=PING"), 404, "transaction"),
    (Asked("PUT", f"{TRANSACTIONS}/x?action=DANCE"), 400, "action"),
    (Asked("DELETE", f"{TRANSACTIONS}/x"), 404, "transaction"),
    (Asked("GET", "/sparql?update=DROP+ALL"), 405, "POST"),
)
LATE = TRIPLE * 40_000 + "<http://e/a> nonsense"
UNREADABLE = (
    ("INSERT DATA { <http://e/a> }", UPDATE, 400, "1:28"),
    ("CREATE GRAPH <http://e/g>; CREATE GRAPH <http://e/g>", UPDATE, 400, "exists"),
    (f"INSERT DATA {{ {TRIPLE} }}; LOAD <http://127.0.0.1:9/>", UPDATE, 403, "LOAD"),
    (TRIPLE + "<http://e/a> nonsense", N_TRIPLES, 400, "line 2"),
    (LATE, N_TRIPLES, 400, "line 40001"),
    ('{"@context": "http://127.0.0.1:9/", "a": 1}', "application/ld+json", 400, ""),
)


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and where its snapshots are."""

    base: str
    root: Path
    client: httpx.Client

    def size(self, context: str = "") -> int:
        given = {"context": context} if context else {}
        return int(self.client.get(f"{REPOSITORY}/size", params=given).text)

    def state(self) -> tuple[str, int]:
        return (self.root / "CURRENT").read_text(), self.size()


def fill(folder: Path) -> Path:
    root = folder / "graph"
    with next_snapshot(root) as store:
        store.bulk_load(parse(QUADS, RdfFormat.N_QUADS))
    return root


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose graph no test of this file changes."""
    folder = tmp_path_factory.mktemp("shared")
    root = fill(folder)
    settings = Settings(data=folder, write_token=SECRET, max_upload_bytes=100_000)
    with endpoint(settings) as base, httpx.Client(base_url=base, timeout=120) as client:
        yield Served(base, root, client)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server to write to."""
    root = fill(tmp_path)
    settings = Settings(data=tmp_path, write_token=SECRET)
    with (
        endpoint(settings) as base,
        httpx.Client(base_url=base, timeout=120, headers=BEARER) as client,
    ):
        yield Served(base, root, client)


@pytest.mark.parametrize("asked", WRITES, ids=lambda asked: f"{asked.method} {asked.path}")
def test_without_the_token_nothing_is_written(shared: Served, asked: Asked) -> None:
    before = shared.state()
    wrong = (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Digest {TOKEN}"},
        {"Authorization": "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()},
        {"Authorization": "Basic ???"},
    )

    for attempt in wrong:
        answer = asked.send(shared.client, attempt)
        assert answer.status_code == 401, attempt
        assert "Basic" in answer.headers["www-authenticate"]
        assert "access-control-allow-origin" not in answer.headers
        assert TOKEN not in answer.text
    assert shared.state() == before


def test_where_no_token_is_set_writing_is_closed_for_all(tmp_path: Path) -> None:
    root = fill(tmp_path)
    with endpoint(Settings(data=tmp_path)) as base, httpx.Client(base_url=base) as client:
        for asked in WRITES:
            answer = asked.send(client, BEARER)
            assert (answer.status_code, "GUTBRAIN_WRITE_TOKEN" in answer.text) == (403, True)
        assert client.get(f"{REPOSITORY}/size").text == "3"
    assert (root / "CURRENT").read_text() == "000001"


def test_a_page_of_another_site_may_not_write_even_with_the_password(shared: Served) -> None:
    before = shared.state()
    given = BEARER | {"Origin": "http://elsewhere.example"}

    answer = shared.client.post("/sparql", data={"update": "DROP ALL"}, headers=given)
    preflight = shared.client.options(STATEMENTS, headers={"Origin": "http://elsewhere.example"})

    assert answer.status_code == 403
    assert preflight.headers["access-control-allow-methods"] == "HEAD, GET"
    assert "authorization" not in preflight.headers["access-control-allow-headers"].lower()
    assert shared.state() == before


@pytest.mark.parametrize(("asked", "status", "told"), NO_WRITES)
def test_what_is_no_write_is_told_and_changes_nothing(
    shared: Served, asked: Asked, status: int, told: str
) -> None:
    before = shared.state()

    answer = asked.send(shared.client, BEARER)

    assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert shared.state() == before


@pytest.mark.parametrize(("content", "kind", "status", "told"), UNREADABLE)
def test_what_cannot_be_read_to_its_end_changes_nothing(
    served: Served, content: str, kind: str, status: int, told: str
) -> None:
    before = served.state()

    answer = Asked("POST", STATEMENTS, content, kind).send(served.client, {})

    assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert served.state() == before
    assert not list((served.root / "snapshots").glob("*.new"))


def test_an_update_makes_the_next_snapshot_with_its_labels(served: Served) -> None:
    label = "http://www.w3.org/2004/02/skos/core#"
    concept = "http://purl.obolibrary.org/obo/CHEBI_17968"
    text = (
        f"INSERT DATA {{ GRAPH <https://w3id.org/gutbrain/graph/concepts> {{ <{concept}> "
        f"a <{label}Concept>, <https://w3id.org/gutbrain/ontology#Chemical> ; "
        f'<{label}prefLabel> "butyrate" }} }}'
    )

    answer = served.client.post(STATEMENTS, content=text, headers={"Content-Type": UPDATE})

    snapshot = current_snapshot(served.root)
    assert snapshot is not None
    assert (answer.status_code, snapshot.number, served.size()) == (204, 2, 6)
    assert [hit.curie for hit in search(snapshot.labels, "butyr")] == ["CHEBI:17968"]
    asked = served.client.get("/sparql", params={"query": f"ASK {{ <{concept}> ?p ?o }}"})
    assert asked.json()["boolean"] is True
    assert served.client.get("/api/health").json()["graph"] == "000002"


def test_an_upload_may_be_chunked_packed_and_put_into_a_context(served: Served) -> None:
    packed = gzip.compress(b"<c> <p> _:x .\n<c> <p> _:y .\n")
    halves = iter((packed[:11], packed[11:]))
    headers = {"Content-Type": "text/turtle", "Content-Encoding": "gzip"}
    place = {"baseURI": "<http://e/>", "context": ["<http://e/new>", "null"]}

    answer = served.client.post(STATEMENTS, content=halves, headers=headers, params=place)

    assert (answer.status_code, served.size("<http://e/new>"), served.size("null")) == (204, 2, 3)
    found = served.client.get(STATEMENTS, params={"subj": "<http://e/c>"})
    assert len(found.text.splitlines()) == 4


def test_put_replaces_what_it_names_and_no_more(served: Served) -> None:
    turtle = {"Content-Type": "text/turtle"}
    replaced = served.client.put(
        STATEMENTS, content=TRIPLE + QUADS, params={"context": "<http://e/h>"},
        headers={"Content-Type": "application/n-quads"},
    )  # fmt: skip
    assert (replaced.status_code, served.size("<http://e/h>"), served.size()) == (204, 2, 4)

    served.client.put(SERVICE, content="", params={"graph": "http://e/h"}, headers=turtle)
    served.client.delete(f"{SERVICE}?default")
    assert (served.size("<http://e/h>"), served.size("null"), served.size()) == (0, 0, 1)

    served.client.put(STATEMENTS, content=TRIPLE, headers=turtle)
    assert (served.size("null"), served.size()) == (1, 1)


def test_delete_takes_what_fits_the_pattern(served: Served) -> None:
    by_object = {"obj": "<http://e/c>", "context": "<http://e/g>"}
    assert served.client.delete(STATEMENTS, params=by_object).status_code == 204
    assert (served.size("<http://e/g>"), served.size()) == (0, 2)

    served.client.delete(STATEMENTS, params={"subj": "<http://e/a>"})
    assert served.size() == 0


def test_while_another_process_writes_one_is_told_to_come_again(served: Served) -> None:
    with next_snapshot(served.root):
        answer = served.client.post(STATEMENTS, data={"update": "CLEAR ALL"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "try again" in answer.text
    assert served.size() == 3


def test_a_write_that_takes_too_long_is_stopped_and_changes_nothing(tmp_path: Path) -> None:
    root = fill(tmp_path)
    with Writer(root, timeout_s=120) as writer:
        many = "".join(f"<http://e/{n}> <http://e/p> {n} . " for n in range(300))
        writer.ask(WriteOrder("update", text=f"INSERT DATA {{ GRAPH <http://e/m> {{ {many} }} }}"))
        writer.timeout_s = 0.5
        with pytest.raises(ProtocolError, match="stopped") as stopped:
            writer.ask(WriteOrder("update", text=BOMB))

    assert stopped.value.status == 503
    assert (root / "CURRENT").read_text() == "000001"
    with next_snapshot(root) as store:
        assert store.size() == 3


def test_the_token_comes_as_bearer_as_password_or_by_signing_in(shared: Served) -> None:
    client = shared.client
    begin = f"{REPOSITORY}/transactions"
    by_name = client.post("/rest/login", json={"username": "me", "password": TOKEN})

    assert by_name.json()["username"] == "me"
    for given in (BEARER, {"Authorization": by_name.headers["authorization"]}):
        assert client.post(begin, headers=given).status_code == 201
    assert client.post(begin, auth=("anybody", TOKEN)).status_code == 201
    wrong = client.post("/rest/login", json={"username": "me", "password": "no"})
    assert wrong.status_code == 401
    assert client.post("/rest/login", content="[").status_code == 400


def test_a_server_of_its_own_is_not_written_to_through_us(tmp_path: Path) -> None:
    store = "http://127.0.0.1:9/repositories/x"
    settings = Settings(data=tmp_path, write_token=SECRET, store=store)
    with endpoint(settings) as base:
        answer = httpx.delete(base + STATEMENTS, headers=BEARER)

    assert answer.status_code == 501
