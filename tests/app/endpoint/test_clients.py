"""Outside judges: clients that others wrote talk to our server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import httpx
import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Graph, Literal, URIRef
from rdflib.contrib.graphdb import GraphDBClient
from rdflib.contrib.graphdb.client import Repository
from rdflib.contrib.rdf4j.exceptions import RepositoryNotFoundError
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, GET, JSON, POST, POSTDIRECTLY, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from app.settings import Settings
from kg.snapshots.snapshot import next_snapshot
from tests.endpoint_server import endpoint

pytestmark = pytest.mark.filterwarnings(
    # rdflib's own client calls what rdflib itself has deprecated
    "ignore:Dataset.default_context is deprecated:DeprecationWarning"
)
TRIG = b"""
@prefix e: <http://e/> .
e:g { e:a e:b e:c ; e:name "A" . }
e:h { e:a e:b 1 . }
"""
A, B, C, NAME = (URIRef(f"http://e/{name}") for name in ("a", "b", "c", "name"))
G, H, NEW = (URIRef(f"http://e/{name}") for name in ("g", "h", "new"))
ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"


def converted(wrapper: SPARQLWrapper) -> Any:
    """What comes depends on the format: dict, bytes or an XML document."""
    return wrapper.queryAndConvert()


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with next_snapshot(tmp_path / "graph") as store:
        store.bulk_load(parse(TRIG, RdfFormat.TRIG))
    with endpoint(Settings(data=tmp_path)) as address:
        yield address


@pytest.fixture
def repository(base: str) -> Iterator[Repository]:
    with GraphDBClient(base) as client:
        yield client.repositories.get("gutbrain")


def test_graphdb_client_finds_the_repository(base: str) -> None:
    with GraphDBClient(base) as client:
        (listed,) = client.repositories.list()
        assert client.protocol == 12
        assert (listed.identifier, listed.uri) == ("gutbrain", f"{base}/repositories/gutbrain")
        assert client.repositories.get("gutbrain").health()
        with pytest.raises(RepositoryNotFoundError):
            client.repositories.get("other")


def test_graphdb_client_reads(repository: Repository) -> None:
    assert (repository.size(), repository.size(G), repository.size([G, H])) == (3, 2, 3)
    assert repository.size(DATASET_DEFAULT_GRAPH_ID) == 0
    assert sorted(repository.graph_names()) == [G, H]
    assert len(list(repository.query(ALL))) == 3
    assert len(list(repository.query(ALL, **{"default-graph-uri": str(H)}))) == 1
    assert repository.query("ASK { ?s ?p 1 }").askAnswer
    built = repository.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }").graph
    assert built is not None
    assert (A, NAME, Literal("A")) in built
    assert repository.namespaces.get("skos") == "http://www.w3.org/2004/02/skos/core#"
    assert repository.namespaces.get("nobody") is None
    assert len(repository.namespaces.list()) > 20
    assert len(repository.get(subj=A, pred=NAME, obj=Literal("A"))) == 1
    assert len(repository.get(graph_name=G, content_type="text/turtle", infer=False)) == 2
    assert len(repository.graphs.get(G)) == 2
    assert len(repository.graphs.get(NEW)) == 0


def test_graphdb_client_reads_only(repository: Repository) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="405"):
        repository.update("INSERT DATA { <http://e/a> <http://e/b> 2 }")
    with pytest.raises(httpx.HTTPStatusError, match="405"):
        repository.upload(b"<http://e/a> <http://e/b> <http://e/c> .\n")
    with pytest.raises(httpx.HTTPStatusError, match="405"):
        repository.graphs.clear(G)
    with pytest.raises(httpx.HTTPStatusError, match="405"), repository.transaction():
        pass
    assert repository.size() == 3


def test_sparqlwrapper_queries_in_all_ways(base: str) -> None:
    wrapper = SPARQLWrapper(f"{base}/sparql", returnFormat=JSON)
    for method, direct in ((GET, False), (POST, False), (POST, True)):
        wrapper.setMethod(method)
        wrapper.setRequestMethod(POSTDIRECTLY if direct else "urlencoded")
        wrapper.setQuery(ALL)
        assert len(converted(wrapper)["results"]["bindings"]) == 3
        wrapper.setQuery("ASK { ?s ?p 1 }")
        assert converted(wrapper)["boolean"] is True


def test_sparqlwrapper_reads_every_kind_of_answer(base: str) -> None:
    wrapper = SPARQLWrapper(f"{base}/sparql")
    wrapper.setQuery(ALL)
    wrapper.setReturnFormat(XML)
    assert len(converted(wrapper).getElementsByTagName("result")) == 3
    wrapper.setReturnFormat(CSV)
    assert converted(wrapper).splitlines()[0] == b"s,p,o"
    wrapper.setReturnFormat(TURTLE)
    wrapper.setQuery("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert len(Graph().parse(data=converted(wrapper), format="turtle")) == 3
    wrapper.setQuery("DESCRIBE <http://e/a>")
    assert len(Graph().parse(data=converted(wrapper), format="turtle")) == 3
    wrapper.setReturnFormat(JSON)
    wrapper.setQuery("SELECT * {")
    with pytest.raises(QueryBadFormed):
        wrapper.query()


def test_sparqlwrapper_reads_only(base: str) -> None:
    wrapper = SPARQLWrapper(f"{base}/sparql", returnFormat=JSON)
    wrapper.setMethod(POST)
    wrapper.setQuery("INSERT DATA { <http://e/a> <http://e/b> 3 }")
    with pytest.raises(HTTPError, match="403"):
        wrapper.query()


def test_rdflib_s_store_queries(base: str) -> None:
    reading = SPARQLStore(f"{base}/sparql")
    assert len(list(reading.query(ALL))) == 3
    assert len(Graph(reading)) == 3
