"""What RDF4J clients read: the repository, its size, graphs, prefixes and statements."""

from collections.abc import Generator
from contextlib import closing
from functools import partial

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.endpoint.negotiation import STATEMENTS, wanted_type
from app.endpoint.requests import ProtocolError, Service, in_address, single
from app.endpoint.responses import (
    NAMESPACES,
    STREAMED,
    ThreadedResponse,
    bounded,
    pieces,
    response,
    table,
)
from app.endpoint.statements import (
    Graph,
    Pattern,
    count,
    current_store,
    current_version,
    graphs_of,
    matching,
    named,
    read_contexts,
    read_pattern,
)
from app.health import health_of
from kg.graph.vocabulary import TRUE

REPOSITORY = "gutbrain"
PROTOCOL_VERSION = "12"
TITLE = "Gut-brain knowledge graph"
NOT_WRITABLE = Literal(False)  # noqa: FBT003


async def protocol(_request: Request, _service: Service) -> Response:
    """Name the version of RDF4J's protocol."""
    return PlainTextResponse(PROTOCOL_VERSION)


async def repositories(request: Request, _service: Service) -> Response:
    """List the one repository, at the address that the client used."""
    address = f"{str(request.url.replace(query='', fragment='')).rstrip('/')}/{REPOSITORY}"
    row = (NamedNode(address), Literal(REPOSITORY), Literal(TITLE), TRUE, NOT_WRITABLE)
    return table(request, ("uri", "id", "title", "readable", "writable"), [row])


async def unknown(_request: Request, _service: Service) -> Response:
    """Say that there is one repository only."""
    raise ProtocolError(404, f"The only repository is called {REPOSITORY!r}")


async def size(request: Request, service: Service) -> Response:
    """Count the statements, of some contexts or of all."""
    graphs = read_contexts(in_address(request))
    version = current_version(service.settings)
    return PlainTextResponse(str(await run_in_threadpool(count, version, graphs)))


async def contexts(request: Request, service: Service) -> Response:
    """List the named graphs."""
    graphs = await run_in_threadpool(lambda: graphs_of(current_store(service.settings)))
    return table(request, ("contextID",), [(graph,) for graph in graphs])


async def namespaces(request: Request, _service: Service) -> Response:
    """List the prefixes."""
    rows = [(Literal(prefix), Literal(NAMESPACES[prefix])) for prefix in sorted(NAMESPACES)]
    return table(request, ("prefix", "namespace"), rows)


async def namespace(request: Request, _service: Service) -> Response:
    """Look one prefix up."""
    prefix = str(request.path_params["prefix"])
    if prefix not in NAMESPACES:
        raise ProtocolError(404, f"No prefix is called {prefix[:200]!r}")
    return PlainTextResponse(NAMESPACES[prefix])


async def health(_request: Request, service: Service) -> Response:
    """Say as GraphDB does whether the repository answers."""
    found = await run_in_threadpool(health_of, service.settings)
    is_well = found.status != "unreachable"
    status = {"name": REPOSITORY, "status": "green" if is_well else "red"}
    return JSONResponse(status, 200 if is_well else 503)


async def statements(request: Request, service: Service) -> Response:
    """Hand out the statements that fit a pattern; ``infer`` changes nothing, all is stated."""
    return await _handed_out(request, service, read_pattern(in_address(request)))


async def graph_statements(request: Request, service: Service) -> Response:
    """Hand out one graph; one that is not there is empty, as RDF4J says."""
    return await _handed_out(request, service, Pattern(graphs=(_asked_graph(request),)))


def _asked_graph(request: Request) -> Graph:
    """Read ``?graph=<iri>`` or ``?default`` of the graph store protocol."""
    parameters = in_address(request)
    graph = single(parameters, "graph")
    if (graph is None) == ("default" not in parameters):
        raise ProtocolError(400, "Name the graph: ?graph=<iri>, or ?default")
    return DefaultGraph() if graph is None else named(graph)


async def _handed_out(request: Request, service: Service, pattern: Pattern) -> Response:
    """Write statements in the format the client likes best."""
    media_type = wanted_type(request, STATEMENTS)
    store, max_bytes = current_store(service.settings), service.settings.max_bytes
    if request.method == "HEAD":
        return response(None, media_type)
    if media_type in STREAMED:
        return ThreadedResponse(partial(_pieces, store, pattern, media_type), media_type)
    return await bounded(partial(matching, store, pattern), media_type, max_bytes)


def _pieces(store: Store, pattern: Pattern, media_type: str) -> Generator[bytes]:
    with closing(matching(store, pattern)) as quads:
        yield from pieces(quads, media_type)
