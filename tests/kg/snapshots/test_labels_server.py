"""Names are found on a server too, with and without GraphDB's Lucene connector."""

from collections.abc import Iterable, Iterator

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.snapshots.labels_server import search_server
from kg.stores import Row
from kg.stores.answers import StoreError, StoreUnreachableError
from kg.stores.embedded import EmbeddedStore
from ontology.schema import EntityType

TAXON = NamedNode("http://purl.obolibrary.org/obo/NCBITaxon_853")


class Server:
    """A store as a server: its answer to a Lucene query is given, the rest is real."""

    def __init__(self, graph: EmbeddedStore, lucene: Exception | tuple[NamedNode, ...]) -> None:
        self.graph = graph
        self.lucene = lucene
        self.asked: list[str] = []

    def select(self, query: str) -> Iterator[Row]:
        if "connectors/lucene#" not in query:
            return self.graph.select(query)
        self.asked.append(query)
        if isinstance(self.lucene, Exception):
            raise self.lucene
        rows: list[Row] = [{"iri": iri, "score": Literal(1.0)} for iri in self.lucene]
        return iter(rows)

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        self.graph.change(remove=remove, add=add)

    def size(self) -> int:
        return self.graph.size()


def test_the_connector_is_used_where_it_answers(graph: EmbeddedStore) -> None:
    server = Server(graph, (TAXON,))
    (hit,) = search_server(server, "Faecalibacterium prau")
    assert (hit.curie, hit.label) == ("NCBITaxon:853", "Faecalibacterium prausnitzii")
    assert (hit.type, hit.assertion_count) == (EntityType.BACTERIA, 5)
    assert '"faecalibacterium* AND prau*"' in server.asked[0]


@pytest.mark.parametrize("answer", [StoreError("no such connector"), ()])
def test_without_it_names_are_looked_through(
    graph: EmbeddedStore, answer: Exception | tuple[NamedNode, ...]
) -> None:
    (hit,) = search_server(Server(graph, answer), "muciniphila")
    assert hit.curie == "NCBITaxon:239935"


def test_no_text_becomes_part_of_the_query(graph: EmbeddedStore) -> None:
    server = Server(graph, ())
    search_server(server, 'x" ; luc:query "y')
    assert '"x* AND luc* AND query* AND y*"' in server.asked[0]


def test_a_type_narrows_the_answer(graph: EmbeddedStore) -> None:
    assert search_server(Server(graph, (TAXON,)), "prau", EntityType.GENE) == []
    assert search_server(Server(graph, (TAXON,)), "  ") == []


def test_a_server_that_is_not_there_is_an_error(graph: EmbeddedStore) -> None:
    with pytest.raises(StoreUnreachableError):
        search_server(Server(graph, StoreUnreachableError("nobody")), "prau")
