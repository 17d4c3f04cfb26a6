"""What stands in the graphs, in the vocabulary of VoID."""

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.current import count, current_version
from app.endpoint.describing import (
    TITLE,
    Addresses,
    Said,
    described,
    key_of,
    named_graph,
    rdf_formats,
    said,
    sd,
    void,
)
from app.endpoint.negotiation import STATEMENTS
from app.endpoint.repository import REPOSITORY
from app.endpoint.repository import TITLE as NAME
from app.endpoint.routing import Service
from app.endpoint.statistics import Counted, GraphStatistics, statistics
from kg.graph.vocabulary import BIOLINK, DCTERMS, PROV, SKOS, TYPE
from ontology.namespaces import GUTBRAIN, ONTOLOGY

PATH = "/.well-known/void"
VOCABULARIES = (ONTOLOGY, BIOLINK, DCTERMS, PROV, SKOS)


async def describe_dataset(request: Request, service: Service) -> Response:
    """Tell how much of what stands in the graphs."""
    version = current_version(service.settings)
    counted = await run_in_threadpool(statistics, version)
    total = await run_in_threadpool(count, version, ())
    return described(request, service, dataset_quads(Addresses.of(request), counted, total))


def dataset_quads(at: Addresses, counted: Iterable[GraphStatistics], total: int) -> Iterator[Quad]:
    """State the description; ``total`` counts the unnamed graph too."""
    dataset = at.node(f"{PATH}#dataset")
    yield from said(dataset, _access(at))
    yield Quad(dataset, void("triples"), Literal(total))
    for graph in counted:
        yield from _graph_quads(at, dataset, graph)


def _access(at: Addresses) -> Iterator[Said]:
    yield TYPE, void("Dataset")
    yield TITLE, Literal(NAME)
    yield void("sparqlEndpoint"), at.node("/sparql")
    yield void("dataDump"), at.node(f"/repositories/{REPOSITORY}/statements")
    yield void("uriLookupEndpoint"), at.node("/resource?iri=")
    yield void("uriSpace"), Literal(GUTBRAIN)
    yield from ((void("vocabulary"), NamedNode(each)) for each in VOCABULARIES)
    yield from ((void("feature"), each) for each in rdf_formats(STATEMENTS))


def _graph_quads(at: Addresses, dataset: NamedNode, graph: GraphStatistics) -> Iterator[Quad]:
    key = key_of(graph.name)
    named, data = at.node(f"{PATH}#{key}"), at.node(f"{PATH}#{key}-data")
    yield from named_graph(dataset, named, graph.name)
    yield Quad(named, sd("graph"), data)
    yield Quad(dataset, void("subset"), data)
    yield from said(data, _counts(graph))
    for each in graph.classes:
        yield from _partition(data, each, ("classPartition", "class", "entities"))
    for each in graph.properties:
        yield from _partition(data, each, ("propertyPartition", "property", "triples"))


def _counts(graph: GraphStatistics) -> Iterator[Said]:
    yield TYPE, void("Dataset")
    yield TYPE, sd("Graph")
    yield void("triples"), Literal(graph.triples)
    yield void("classes"), Literal(len(graph.classes))
    yield void("properties"), Literal(len(graph.properties))


def _partition(data: NamedNode, each: Counted, terms: tuple[str, str, str]) -> Iterator[Quad]:
    part, about, number = (void(term) for term in terms)
    node = NamedNode(f"{data.value}-{terms[1]}-{key_of(each.term)}")
    yield Quad(data, part, node)
    yield from said(node, ((about, each.term), (number, Literal(each.count))))
