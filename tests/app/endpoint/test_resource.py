"""IRIs of the graph, looked up: RDF for programs, pages for people."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from app.settings import Settings
from kg.loading import load_ontology
from kg.snapshots.snapshot import current_snapshot, next_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.endpoint_server import endpoint

SMALL_GRAPH = Path(__file__).parents[2] / "data" / "explorer.trig"
AKKERMANSIA = "http://purl.obolibrary.org/obo/NCBITaxon_239935"
GUTBRAIN = "https://w3id.org/gutbrain/"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("described")
    with next_snapshot(path / "graph") as store:
        store.bulk_load(parse(SMALL_GRAPH.read_bytes(), RdfFormat.TRIG))
        load_ontology(store)
    return path


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with (
        endpoint(Settings(data=folder, max_rows=2_000)) as base,
        httpx.Client(base_url=base, timeout=60) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def stated(folder: Path) -> set[Quad]:
    snapshot = current_snapshot(folder / "graph")
    assert snapshot is not None
    return set(EmbeddedStore.open_read_only(snapshot.graph).quads())


@pytest.mark.parametrize(
    ("media_type", "form"),
    [
        ("text/turtle", RdfFormat.TURTLE),
        ("application/n-triples", RdfFormat.N_TRIPLES),
        ("application/ld+json", RdfFormat.JSON_LD),
        ("application/rdf+xml", RdfFormat.RDF_XML),
    ],
)
def test_a_thing_is_what_is_said_of_it_and_what_points_to_it(
    client: httpx.Client, stated: set[Quad], media_type: str, form: RdfFormat
) -> None:
    answer = client.get("/resource", params={"iri": AKKERMANSIA}, headers={"Accept": media_type})

    node = NamedNode(AKKERMANSIA)
    expected = {quad.triple for quad in stated if node in (quad.subject, quad.object)}
    assert {quad.triple for quad in parse(answer.content, form)} == expected
    assert (answer.headers["vary"], answer.headers["access-control-allow-origin"]) == (
        "Accept",
        "*",
    )


def test_our_own_names_are_addresses_too(client: httpx.Client, stated: set[Quad]) -> None:
    own = {
        quad.subject.value.removeprefix(GUTBRAIN)
        for quad in stated
        if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(GUTBRAIN)
    }
    kinds = {name.partition("/")[0]: name for name in sorted(own) if "#" not in name}

    assert {"assertion", "evidence", "concept", "run", "ontology"} <= set(kinds)
    for name in kinds.values():
        answer = client.get(f"/resource/{name}", headers={"Accept": "application/n-triples"})
        assert (answer.status_code, f"<{GUTBRAIN}{name}>" in answer.text) == (200, True)


def test_the_ontology_is_one_document(client: httpx.Client, stated: set[Quad]) -> None:
    answer = client.get("/resource/ontology", headers={"Accept": "application/n-triples"})

    graph = NamedNode(f"{GUTBRAIN}graph/ontology")
    found = {quad.triple for quad in parse(answer.content, RdfFormat.N_TRIPLES)}
    assert found == {quad.triple for quad in stated if quad.graph_name == graph}


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (f"/resource?iri={AKKERMANSIA}", "/entity?id=NCBITaxon%3A239935"),
        ("/resource?iri=https://pubmed.ncbi.nlm.nih.gov/1", "/paper?pmid=1"),
        ("/resource/assertion/aaaaaaaaaaaaaaaa", "/evidence?id=aaaaaaaaaaaaaaaa"),
        ("/resource/evidence/2aaaaaaaaaaaaaaa", "/evidence?id=aaaaaaaaaaaaaaaa"),
    ],
)
def test_a_browser_is_sent_to_the_explorer(client: httpx.Client, path: str, page: str) -> None:
    answer = client.get(path, headers=BROWSER)

    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert client.get(path).status_code == 200


def test_what_has_no_page_comes_as_turtle_to_a_browser(client: httpx.Client) -> None:
    answer = client.get("/resource/ontology", headers=BROWSER)

    assert answer.headers["content-type"].startswith("text/turtle")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/resource/assertion/nobody", 404),
        ("/resource?iri=http://e/nobody", 404),
        ("/resource?iri=no-iri", 400),
        ("/resource?iri=http://e/%3E", 400),
        ("/resource", 400),
    ],
)
def test_what_the_graph_does_not_know_is_not_found(
    client: httpx.Client, path: str, status: int
) -> None:
    assert client.get(path).status_code == status


def test_a_thing_in_too_many_statements_is_cut_and_says_so(folder: Path) -> None:
    with endpoint(Settings(data=folder, max_rows=3)) as base:
        answer = httpx.get(
            f"{base}/resource",
            params={"iri": AKKERMANSIA},
            headers={"Accept": "application/n-triples"},
            timeout=60,
        )

    assert (len(answer.text.splitlines()), answer.headers["x-gutbrain-truncated"]) == (3, "true")
