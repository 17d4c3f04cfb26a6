"""What changes the graph in one request: updates, uploads, deletions, the graph store."""

from collections.abc import Sequence

from pyoxigraph import RdfFormat
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.bodies import (
    FORM,
    MAX_UPDATE_BYTES,
    UPDATE,
    Parameters,
    form_of,
    in_address,
    media_type_of,
    single,
    spooled,
    text_of,
)
from app.endpoint.errors import ProtocolError
from app.endpoint.repository import asked_graph
from app.endpoint.routing import Service
from app.endpoint.terms import Pattern, read_contexts, read_pattern
from app.endpoint.writer import write
from app.endpoint.writer_worker import WriteOrder
from app.update import graph_root

DATASETS = ("using-graph-uri", "using-named-graph-uri", "remove-graph-uri", "insert-graph-uri")
DONE = 204


async def write_all(service: Service, orders: Sequence[WriteOrder]) -> Response:
    """Follow orders in the next snapshot, all or none, and publish it."""
    settings = service.settings
    await run_in_threadpool(write, graph_root(settings.data), orders, settings.write_timeout_s)
    return Response(status_code=DONE)


async def post_statements(request: Request, service: Service) -> Response:
    """Update, where the body is one; else add the RDF of the body."""
    if media_type_of(request) in {UPDATE, FORM}:
        return await update(service, await update_parameters(request))
    return await upload(request, service)


async def put_statements(request: Request, service: Service) -> Response:
    """Put the body in the place of some contexts, or of everything."""
    contexts = read_contexts(in_address(request))
    return await upload(request, service, WriteOrder("clear", pattern=Pattern(contexts=contexts)))


async def delete_statements(request: Request, service: Service) -> Response:
    """Remove what fits a pattern; without one, everything."""
    pattern = read_pattern(in_address(request))
    return await write_all(service, [WriteOrder("clear", pattern=pattern)])


async def post_graph(request: Request, service: Service) -> Response:
    """Add the body to a graph."""
    return await upload(request, service, contexts=(asked_graph(request),))


async def put_graph(request: Request, service: Service) -> Response:
    """Put the body in the place of a graph."""
    contexts = (asked_graph(request),)
    cleared = WriteOrder("clear", pattern=Pattern(contexts=contexts))
    return await upload(request, service, cleared, contexts=contexts)


async def delete_graph(request: Request, service: Service) -> Response:
    """Remove a graph."""
    pattern = Pattern(contexts=(asked_graph(request),))
    return await write_all(service, [WriteOrder("clear", pattern=pattern)])


async def update_parameters(request: Request) -> Parameters:
    """Read the parameters of an update; raises ProtocolError where the request is none."""
    given = in_address(request)
    if media_type_of(request) == UPDATE:
        return given | {"update": [await text_of(request, MAX_UPDATE_BYTES)]}
    return given | await form_of(request, MAX_UPDATE_BYTES)


async def update(service: Service, parameters: Parameters) -> Response:
    """Do a SPARQL update."""
    return await write_all(service, [WriteOrder("update", text=update_text(parameters))])


def update_text(parameters: Parameters) -> str:
    """Read the one update; raises ProtocolError where its dataset stands outside of it."""
    text = single(parameters, "update")
    if not text:
        raise ProtocolError(400, "The parameter 'update' is missing")
    outside = [name for name in DATASETS if name in parameters]
    if outside:
        raise ProtocolError(400, f"{outside[0]}: not heeded here, write USING or GRAPH")
    return text


async def upload(
    request: Request,
    service: Service,
    *first: WriteOrder,
    contexts: tuple[str, ...] | None = None,
) -> Response:
    """Add the RDF of the body, after some other orders."""
    media_type = rdf_type(request)
    parameters = in_address(request)
    if contexts is None:
        contexts = read_contexts(parameters)
    async with spooled(request, service.settings) as path:
        added = WriteOrder(
            "add",
            path=str(path),
            media_type=media_type,
            base=base_of(parameters),
            pattern=Pattern(contexts=contexts),
        )
        return await write_all(service, [*first, added])


def base_of(parameters: Parameters) -> str:
    """Read ``baseURI``, as an IRI or between angle brackets."""
    return (single(parameters, "baseURI") or "").removeprefix("<").removesuffix(">")


def rdf_type(request: Request) -> str:
    """Name the format of an upload; raises ProtocolError where we do not read it."""
    known = RdfFormat.from_media_type(media_type_of(request))
    if known is None:
        given = media_type_of(request) or "nothing"
        raise ProtocolError(415, f"Content-Type {given!r}: no RDF format that we read")
    return known.media_type
