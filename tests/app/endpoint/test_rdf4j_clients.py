"""Outside judges: clients that others wrote talk to our server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Graph, Literal, URIRef
from rdflib.contrib.graphdb import GraphDBClient
from rdflib.contrib.graphdb.client import Repository
from rdflib.contrib.graphdb.exceptions import UnauthorisedError
from rdflib.contrib.rdf4j.exceptions import RepositoryAlreadyExistsError, RepositoryNotFoundError
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from SPARQLWrapper import BASIC, CSV, GET, JSON, POST, POSTDIRECTLY, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, Unauthorized

from app.settings import Settings
from kg.snapshots.snapshot import next_snapshot
from tests.endpoint_server import SECRET, TOKEN, endpoint

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
    with endpoint(Settings(data=tmp_path, write_token=SECRET)) as address:
        yield address


@pytest.fixture
def repository(base: str) -> Iterator[Repository]:
    with GraphDBClient(base, auth=("anybody", TOKEN), timeout=120) as client:
        yield client.repositories.get("gutbrain")


def test_graphdb_client_finds_the_repository(base: str) -> None:
    with GraphDBClient(base) as client:
        (listed,) = client.repositories.list()
        assert client.protocol == 12
        assert (listed.identifier, listed.uri) == ("gutbrain", f"{base}/repositories/gutbrain")
        assert client.repositories.get("gutbrain").health()
        with pytest.raises(RepositoryNotFoundError):
            client.repositories.get("other")


def test_graphdb_client_signs_in(base: str) -> None:
    with GraphDBClient(base) as client:
        user = client.login("me", TOKEN)
        with pytest.raises(UnauthorisedError):
            client.login("me", "wrong")
    with (
        GraphDBClient(base, auth=user.token) as signed_in,
        pytest.raises(RepositoryAlreadyExistsError),
    ):
        signed_in.repositories.create("gutbrain", "")


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


def test_graphdb_client_writes(repository: Repository) -> None:
    repository.update("INSERT DATA { GRAPH <http://e/new> { <http://e/a> <http://e/b> 2 } }")
    assert repository.size(NEW) == 1
    repository.upload(b"<a> <b> <c>, <d> .", base_uri="http://e/", content_type="text/turtle")
    assert repository.size(DATASET_DEFAULT_GRAPH_ID) == 2
    repository.overwrite(
        b"<http://e/a> <http://e/b> 7 .", graph_name=NEW, content_type="text/turtle"
    )
    assert repository.query("ASK { GRAPH <http://e/new> { ?s ?p 7 } }").askAnswer
    repository.delete(obj=C)
    assert (repository.size(G), repository.size(DATASET_DEFAULT_GRAPH_ID)) == (1, 1)
    repository.overwrite(b"<http://e/a> <http://e/b> <http://e/c> <http://e/g> .\n")
    assert (repository.size(), repository.graph_names()) == (1, [G])


def test_graphdb_client_uses_the_graph_store(repository: Repository) -> None:
    repository.graphs.add(NEW, Graph().add((A, B, Literal("x"))))
    repository.graphs.add(NEW, b"<http://e/a> <http://e/b> <http://e/c> .\n")
    assert len(repository.graphs.get(NEW)) == 2
    repository.graphs.overwrite(DATASET_DEFAULT_GRAPH_ID, b"<http://e/a> <http://e/b> 1 .\n"[:0])
    repository.graphs.overwrite(NEW, b"<http://e/a> <http://e/b> <http://e/d> .\n")
    assert len(repository.graphs.get(NEW)) == 1
    repository.graphs.clear(NEW)
    assert (repository.size(NEW), repository.size()) == (0, 3)


def test_graphdb_client_commits_a_transaction(repository: Repository) -> None:
    with repository.transaction() as inside:
        inside.ping()
        inside.upload(b"<http://e/a> <http://e/b> <http://e/d> <http://e/new> .\n")
        inside.update("DELETE WHERE { GRAPH <http://e/h> { ?s ?p ?o } }")
        inside.delete(b"<http://e/a> <http://e/b> <http://e/c> <http://e/g> .\n")
        assert (inside.size(), inside.size(H), inside.size(NEW)) == (2, 0, 1)
        assert len(list(inside.query(ALL))) == 2
        assert len(inside.get(graph_name=NEW)) == 1
        assert repository.size() == 3
    assert (repository.size(), sorted(repository.graph_names())) == (2, [G, NEW])


def changes_its_mind(repository: Repository) -> None:
    with repository.transaction() as inside:
        inside.update("CLEAR ALL")
        assert inside.size() == 0
        raise RuntimeError("changed my mind")


def test_graphdb_client_rolls_an_update_back(repository: Repository) -> None:
    with pytest.raises(RuntimeError, match="changed my mind"):
        changes_its_mind(repository)
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


def test_sparqlwrapper_updates_with_the_token_only(base: str) -> None:
    wrapper = SPARQLWrapper(f"{base}/sparql", returnFormat=JSON)
    wrapper.setMethod(POST)
    wrapper.setQuery("INSERT DATA { GRAPH <http://e/new> { <http://e/a> <http://e/b> 3 } }")
    with pytest.raises(Unauthorized):
        wrapper.query()
    wrapper.setHTTPAuth(BASIC)
    wrapper.setCredentials("anybody", TOKEN)
    wrapper.query().response.close()

    wrapper.setQuery("ASK { GRAPH <http://e/new> { ?s ?p 3 } }")
    assert converted(wrapper)["boolean"] is True


def test_rdflib_stores_query_and_update(base: str) -> None:
    reading = SPARQLStore(f"{base}/sparql")
    assert len(list(reading.query(ALL))) == 3
    writing = SPARQLUpdateStore(
        f"{base}/sparql", f"{base}/sparql", auth=("anybody", TOKEN), context_aware=True
    )
    Graph(writing, identifier=NEW).add((A, B, Literal(4)))
    writing.update("DELETE DATA { GRAPH <http://e/h> { <http://e/a> <http://e/b> 1 } }")

    asked = "ASK { GRAPH <http://e/new> { ?s ?p 4 } FILTER NOT EXISTS { ?a ?b 1 } }"
    assert reading.query(asked).askAnswer
