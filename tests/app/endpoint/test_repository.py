"""What RDF4J clients read over HTTP on loopback."""

from pathlib import Path

import httpx
import pytest
from pyoxigraph import Quad, RdfFormat, parse

from app.settings import Settings
from tests.endpoint_server import endpoint

REPOSITORY = "/repositories/gutbrain"
GRAPH = "https://w3id.org/gutbrain/graph/"
AKKERMANSIA = "<http://purl.obolibrary.org/obo/NCBITaxon_239935>"
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
N_QUADS = "application/n-quads"


def cells(answer: httpx.Response, name: str) -> list[str]:
    return [row[name]["value"] for row in answer.json()["results"]["bindings"]]


def test_the_protocol_and_the_repository_are_found_at_the_address_in_use(
    client: httpx.Client,
) -> None:
    assert client.get("/protocol", headers={"Accept": "text/plain"}).text == "12"
    listed = client.get("/repositories", headers={"Host": "graph.example:8080"})
    assert cells(listed, "id") == ["gutbrain"]
    assert cells(listed, "uri") == ["http://graph.example:8080/repositories/gutbrain"]
    assert (cells(listed, "readable"), cells(listed, "writable")) == (["true"], ["false"])


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


def test_prefixes_are_found_and_an_unknown_one_is_not_found(client: httpx.Client) -> None:
    listed = client.get(f"{REPOSITORY}/namespaces")
    found = dict(zip(cells(listed, "prefix"), cells(listed, "namespace"), strict=True))

    assert client.get(f"{REPOSITORY}/namespaces/gb").text == found["gb"]
    assert found["gb"] == "https://w3id.org/gutbrain/ontology#"
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
