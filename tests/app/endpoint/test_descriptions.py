"""The endpoint about itself and about single things: service description, VoID, entities."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from app.settings import Settings
from kg.loading import load_ontology
from kg.snapshots.snapshot import current_snapshot, next_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.endpoint_server import SECRET, endpoint

SMALL_GRAPH = Path(__file__).parents[2] / "data" / "explorer.trig"
GUTBRAIN = "https://w3id.org/gutbrain/"
AKKERMANSIA = "http://purl.obolibrary.org/obo/NCBITaxon_239935"
PREFIXES = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX graph: <https://w3id.org/gutbrain/graph/>
"""
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
        endpoint(Settings(data=folder, write_token=SECRET, max_rows=2_000)) as base,
        httpx.Client(base_url=base, timeout=60) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def stated(folder: Path) -> set[Quad]:
    snapshot = current_snapshot(folder / "graph")
    assert snapshot is not None
    return set(EmbeddedStore.open_read_only(snapshot.graph).quads())


def holds(answer: httpx.Response, pattern: str) -> bool:
    """Ask the Turtle of an answer; ``base:`` is where it came from."""
    store = Store()
    store.load(answer.content, RdfFormat.TURTLE)
    base = f"PREFIX base: <{answer.url.copy_with(path='/', query=None)}>"
    return bool(store.query(f"{PREFIXES}{base} ASK {{ {pattern} }}"))


def test_the_service_says_what_it_can_and_which_graphs_it_has(client: httpx.Client) -> None:
    described = client.get("/sparql")

    assert holds(described, "base:sparql a sd:Service ; sd:endpoint base:sparql")
    assert holds(described, "?s sd:supportedLanguage sd:SPARQL11Query, sd:SPARQL11Update")
    assert holds(described, "?s sd:feature sd:UnionDefaultGraph")
    for name in ("SPARQL_Results_JSON", "SPARQL_Results_TSV", "Turtle", "N-Triples"):
        assert holds(described, f"?s sd:resultFormat <http://www.w3.org/ns/formats/{name}>")
    assert holds(described, "?s sd:inputFormat <http://www.w3.org/ns/formats/N-Quads>")
    for name in ("concepts", "assertions", "articles", "ontology"):
        assert holds(described, f"?s sd:defaultDataset/sd:namedGraph/sd:name graph:{name}")


def test_a_service_that_is_closed_to_writers_offers_no_update(folder: Path) -> None:
    with endpoint(Settings(data=folder)) as base:
        described = httpx.get(f"{base}/sparql", timeout=60)

    assert holds(described, "?s sd:supportedLanguage sd:SPARQL11Query")
    assert not holds(described, "?s sd:supportedLanguage sd:SPARQL11Update")
    assert not holds(described, "?s sd:inputFormat ?format")


@pytest.mark.parametrize("path", ["/sparql", "/.well-known/void"])
@pytest.mark.parametrize("form", [RdfFormat.TURTLE, RdfFormat.RDF_XML, RdfFormat.JSON_LD])
def test_descriptions_come_in_the_format_asked_for(
    client: httpx.Client, path: str, form: RdfFormat
) -> None:
    answer = client.get(path, headers={"Accept": form.media_type})

    assert answer.headers["content-type"] == f"{form.media_type}; charset=utf-8"
    assert len(list(parse(answer.content, form))) > 10


def test_void_counts_what_stands_in_each_graph(client: httpx.Client, stated: set[Quad]) -> None:
    described = client.get("/.well-known/void")
    graph = NamedNode(f"{GUTBRAIN}graph/concepts")
    concepts = [quad for quad in stated if quad.graph_name == graph]
    labels = [quad for quad in concepts if quad.predicate.value.endswith("prefLabel")]
    bacteria = [
        quad for quad in concepts if quad.object == NamedNode(f"{GUTBRAIN}ontology#Bacteria")
    ]
    properties = {quad.predicate for quad in concepts}

    assert holds(described, f"?d a void:Dataset ; void:triples {len(stated)}")
    of_graph = "?named sd:name graph:concepts ; sd:graph ?data ."
    assert holds(described, f"{of_graph} ?data void:triples {len(concepts)}")
    assert holds(described, f"{of_graph} ?data void:properties {len(properties)}")
    assert holds(described, f"{of_graph} ?data void:propertyPartition ?part . "
                 f"?part void:property <http://www.w3.org/2004/02/skos/core#prefLabel> ; "
                 f"void:triples {len(labels)}")  # fmt: skip
    assert holds(described, f"{of_graph} ?data void:classPartition ?part . "
                 f"?part void:class gb:Bacteria ; void:entities {len(bacteria)}")  # fmt: skip
    assert holds(described, "?d void:sparqlEndpoint base:sparql ; void:dataDump ?dump")


def test_void_follows_the_graph(tmp_path: Path) -> None:
    with endpoint(Settings(data=tmp_path)) as base:
        empty = httpx.get(f"{base}/.well-known/void", timeout=60)
        with next_snapshot(tmp_path / "graph") as store:
            store.bulk_load(parse(SMALL_GRAPH.read_bytes(), RdfFormat.TRIG))
        full = httpx.get(f"{base}/.well-known/void", timeout=60)

    assert holds(empty, "?d a void:Dataset ; void:triples 0")
    assert holds(full, "?d sd:namedGraph/sd:name graph:concepts")


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
def test_what_the_graph_does_not_know_is_told(client: httpx.Client, path: str, status: int) -> None:
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
