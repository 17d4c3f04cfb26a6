"""What RDF4J clients read: the repository, its size, graphs, prefixes and statements."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import partial

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, Store
from pyoxigraph import parse_query_results as parse_results
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.endpoint.bodies import in_address, single
from app.endpoint.current import count, current_store, current_version, graphs_of
from app.endpoint.errors import ProtocolError
from app.endpoint.namespaces import NAMESPACES
from app.endpoint.negotiation import BINDINGS, STATEMENTS, choose
from app.endpoint.routing import Service
from app.endpoint.streaming import STREAMED, pieces, whole
from app.endpoint.terms import (
    NO_CONTEXT,
    Pattern,
    matching,
    named,
    read_contexts,
    read_pattern,
)
from app.endpoint.threaded import ThreadedResponse
from app.health import health_of
from app.settings import Settings
from kg.graph.vocabulary import TRUE

REPOSITORY = "gutbrain"
PROTOCOL_VERSION = "12"
TITLE = "Gut-brain knowledge graph"


async def protocol(_request: Request, _service: Service) -> Response:
    """Name the version of RDF4J's protocol."""
    return PlainTextResponse(PROTOCOL_VERSION)


async def repositories(request: Request, service: Service) -> Response:
    """List the one repository, at the address that the client used."""
    address = f"{str(request.url.replace(query='', fragment='')).rstrip('/')}/{REPOSITORY}"
    writable = Literal(is_writable(service.settings))
    row = (NamedNode(address), Literal(REPOSITORY), Literal(TITLE), TRUE, writable)
    return table(request, ("uri", "id", "title", "readable", "writable"), [row])


def is_writable(settings: Settings) -> bool:
    """Whether anybody may write."""
    return settings.write_token is not None and settings.store is None


async def size(request: Request, service: Service) -> Response:
    """Count the statements, of some contexts or of all."""
    contexts = read_contexts(in_address(request))
    version = current_version(service.settings)
    return PlainTextResponse(str(await run_in_threadpool(count, version, contexts)))


async def contexts(request: Request, service: Service) -> Response:
    """List the named graphs."""
    graphs = await run_in_threadpool(lambda: graphs_of(current_store(service.settings)))
    return table(request, ("contextID",), [(graph,) for graph in graphs])


async def namespaces(request: Request, _service: Service) -> Response:
    """List the prefixes."""
    rows = [(Literal(prefix), Literal(NAMESPACES[prefix])) for prefix in sorted(NAMESPACES)]
    return table(request, ("prefix", "namespace"), rows)


async def namespace(request: Request, _service: Service) -> Response:
    """Tell what one prefix stands for."""
    prefix = str(request.path_params["prefix"])
    if prefix not in NAMESPACES:
        raise ProtocolError(404, f"No prefix is called {prefix[:200]!r}")
    return PlainTextResponse(NAMESPACES[prefix])


async def create(_request: Request, _service: Service) -> Response:
    """Say that the repository is there already."""
    raise ProtocolError(409, f"{REPOSITORY} is there, and is the only repository")


async def health(_request: Request, service: Service) -> Response:
    """Tell as GraphDB does whether the repository answers."""
    found = await run_in_threadpool(health_of, service.settings)
    is_well = found.status != "unreachable"
    told = {"name": REPOSITORY, "status": "green" if is_well else "red"}
    return JSONResponse(told, 200 if is_well else 503)


async def statements(request: Request, service: Service) -> Response:
    """Hand out the statements that fit a pattern; ``infer`` changes nothing, all is stated."""
    pattern = read_pattern(in_address(request))
    return await handed_out(request, service, pattern)


async def graph_statements(request: Request, service: Service) -> Response:
    """Hand out one graph; one that is not there is empty, as RDF4J says."""
    return await handed_out(request, service, Pattern(contexts=(asked_graph(request),)))


def asked_graph(request: Request) -> str:
    """Read ``?graph=<iri>`` or ``?default`` of the graph store protocol."""
    parameters = in_address(request)
    graph = single(parameters, "graph")
    if (graph is None) == ("default" not in parameters):
        raise ProtocolError(400, "Name the graph: ?graph=<iri>, or ?default")
    return NO_CONTEXT if graph is None else str(named(graph))


async def handed_out(request: Request, service: Service, pattern: Pattern) -> Response:
    """Write statements in the format the client likes best."""
    media_type = statements_type(request)
    headers, full_type = {"Vary": "Accept"}, f"{media_type}; charset=utf-8"
    store = current_store(service.settings)
    if request.method == "HEAD":
        return Response(None, 200, headers, full_type)
    if media_type in STREAMED:
        make = partial(_pieces, store, pattern, media_type)
        return ThreadedResponse(make, headers, full_type)
    max_bytes = service.settings.max_bytes
    body = await run_in_threadpool(bounded, store, pattern, media_type, max_bytes)
    return Response(body, 200, headers, full_type)


def _pieces(store: Store, pattern: Pattern, media_type: str) -> Generator[bytes]:
    with closing(matching(store, pattern)) as quads:
        yield from pieces(quads, media_type)


def bounded(store: Store, pattern: Pattern, media_type: str, max_bytes: int) -> bytes:
    """Write statements whole; raises TooLargeError past the cap."""
    with closing(matching(store, pattern)) as quads:
        return whole(quads, media_type, max_bytes)


def statements_type(request: Request) -> str:
    """Choose a format for statements; raises ProtocolError where we write none of the wanted."""
    media_type = choose(request.headers.get("accept", ""), STATEMENTS)
    if media_type is None:
        raise ProtocolError(406, f"We write {', '.join(STATEMENTS)}")
    return media_type


def table(request: Request, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Write a small table as query results."""
    media_type = choose(request.headers.get("accept", ""), BINDINGS)
    if media_type is None:
        raise ProtocolError(406, f"We write {', '.join(BINDINGS)}")
    lines = ("\t".join(str(term) for term in row) for row in rows)
    text = "\n".join(("\t".join(f"?{name}" for name in names), *lines)) + "\n"
    solutions = parse_results(text.encode(), QueryResultsFormat.TSV)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    body = solutions.serialize(format=QueryResultsFormat.from_media_type(media_type)) or b""
    return Response(body, 200, {"Vary": "Accept"}, f"{media_type}; charset=utf-8")
