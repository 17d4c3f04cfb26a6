"""The SPARQL endpoint about itself, in the vocabulary of SPARQL 1.1 Service Description."""

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.current import current_store, graphs_of
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
)
from app.endpoint.negotiation import BINDINGS, STATEMENTS, TRIPLES
from app.endpoint.repository import TITLE as NAME
from app.endpoint.repository import is_writable
from app.endpoint.routing import Service
from app.endpoint.terms import Graph
from app.settings import Settings
from kg.graph.vocabulary import TYPE

COMMENT = NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")


async def describe_service(request: Request, service: Service) -> Response:
    """Tell what the SPARQL endpoint is able to do, and which graphs it has."""
    graphs = await run_in_threadpool(_graphs, service.settings)
    quads = service_quads(Addresses.of(request), service.settings, graphs)
    return described(request, service, quads)


def _graphs(settings: Settings) -> list[Graph]:
    """List our graphs; those of a server are its own business."""
    return graphs_of(current_store(settings)) if settings.store is None else []


def service_quads(at: Addresses, settings: Settings, graphs: Iterable[Graph]) -> Iterator[Quad]:
    """State the description."""
    endpoint, dataset = at.node("/sparql"), at.node("/sparql#dataset")
    default = at.node("/sparql#default-graph")
    yield from said(endpoint, _abilities(settings))
    yield Quad(endpoint, sd("endpoint"), endpoint)
    yield Quad(endpoint, sd("defaultDataset"), dataset)
    yield from said(dataset, ((TYPE, sd("Dataset")), (sd("defaultGraph"), default)))
    yield Quad(default, TYPE, sd("Graph"))
    for graph in graphs:
        if isinstance(graph, NamedNode):
            yield from named_graph(dataset, at.node(f"/sparql#{key_of(graph)}"), graph)


def _abilities(settings: Settings) -> Iterator[Said]:
    yield TYPE, sd("Service")
    yield TITLE, Literal(f"{NAME}: SPARQL endpoint")
    yield COMMENT, Literal(_limits(settings))
    yield sd("feature"), sd("UnionDefaultGraph")
    yield sd("supportedLanguage"), sd("SPARQL11Query")
    yield from ((sd("resultFormat"), form) for form in _result_formats())
    if is_writable(settings):
        yield sd("supportedLanguage"), sd("SPARQL11Update")
        yield from ((sd("inputFormat"), form) for form in rdf_formats(STATEMENTS))


def _limits(settings: Settings) -> str:
    return (
        f"A query may take {settings.query_timeout_s:g} s and gets at most {settings.max_rows:,} "
        "rows; a cut answer has the header X-Gutbrain-Truncated. SERVICE and LOAD are refused. "
        "An update sees and changes the unnamed graph where it says no GRAPH, WITH or USING."
    )


def _result_formats() -> Iterator[NamedNode]:
    known = map(QueryResultsFormat.from_media_type, BINDINGS)
    yield from (NamedNode(each.iri) for each in known if each is not None)
    yield from rdf_formats(TRIPLES)
