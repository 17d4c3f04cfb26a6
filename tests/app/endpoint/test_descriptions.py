"""The endpoint about itself: service description and VoID."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from app.settings import Settings
from kg.loading import load_ontology
from kg.snapshots.snapshot import current_snapshot, next_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.endpoint_server import endpoint

SMALL_GRAPH = Path(__file__).parents[2] / "data" / "explorer.trig"
GUTBRAIN = "https://w3id.org/gutbrain/"
PREFIXES = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX void: <http://rdfs.org/ns/void#>
PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX graph: <https://w3id.org/gutbrain/graph/>
"""


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


def holds(answer: httpx.Response, pattern: str) -> bool:
    """Ask the Turtle of an answer; ``base:`` is where it came from."""
    store = Store()
    store.load(answer.content, RdfFormat.TURTLE)
    base = f"PREFIX base: <{answer.url.copy_with(path='/', query=None)}>"
    return bool(store.query(f"{PREFIXES}{base} ASK {{ {pattern} }}"))


def test_the_service_says_what_it_can_and_which_graphs_it_has(client: httpx.Client) -> None:
    described = client.get("/sparql")

    assert holds(described, "base:sparql a sd:Service ; sd:endpoint base:sparql")
    assert holds(described, "?s sd:supportedLanguage sd:SPARQL11Query")
    assert not holds(described, "?s sd:supportedLanguage sd:SPARQL11Update")
    assert not holds(described, "?s sd:inputFormat ?format")
    assert "10 s and gets at most 2,000 rows" in described.text
    assert holds(described, "?s sd:feature sd:UnionDefaultGraph")
    for name in ("SPARQL_Results_JSON", "SPARQL_Results_TSV", "Turtle", "N-Triples"):
        assert holds(described, f"?s sd:resultFormat <http://www.w3.org/ns/formats/{name}>")
    for name in ("concepts", "assertions", "articles", "ontology"):
        assert holds(described, f"?s sd:defaultDataset/sd:namedGraph/sd:name graph:{name}")


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
