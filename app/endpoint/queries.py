"""SPARQL queries, as the SPARQL and the RDF4J protocol send them."""

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.clients import client_of
from app.endpoint.descriptions import describe_service
from app.endpoint.negotiation import BINDINGS, PAGE, TRIPLES, choose
from app.endpoint.requests import (
    READ_ONLY,
    Parameters,
    ProtocolError,
    Service,
    query_parameters,
    single,
)
from app.endpoint.responses import response
from app.sandbox.answer import Query

ASKERS = 400
_ASKERS: RunVar[CapacityLimiter] = RunVar("askers")
UNSUPPORTED = frozenset(("limit", "offset"))


async def get_sparql(request: Request, service: Service) -> Response:
    """Answer a query; without one describe the service, or send a browser to its page."""
    if request.query_params.get("query") or "update" in request.query_params:
        return await answer_query(request, service)
    if choose(request.headers.get("accept", ""), (TRIPLES[0], PAGE)) == PAGE:
        return RedirectResponse("/query", 303)
    return await describe_service(request, service)


async def answer_query(request: Request, service: Service) -> Response:
    """Answer the query of a request; raises ProtocolError and NoAnswerError."""
    query = read_query(request, await query_parameters(request))
    request.state.query = query.text
    answer = await to_thread.run_sync(service.sandbox.answer, query, limiter=_askers())
    request.state.rows = answer.rows
    return response(answer.body, answer.media_type, is_truncated=answer.is_truncated)


def read_query(request: Request, parameters: Parameters) -> Query:
    """Say who asks what, and in which formats; raises ProtocolError."""
    if "update" in parameters:
        raise ProtocolError(403, READ_ONLY)
    query = single(parameters, "query")
    if not query:
        raise ProtocolError(400, "The parameter 'query' is missing")
    beside = [name for name in parameters if name in UNSUPPORTED or name.startswith("$")]
    if beside:
        raise ProtocolError(
            400, f"{beside[0]} is not supported as a parameter; write it into the query"
        )
    accept = request.headers.get("accept", "")
    bindings, triples = choose(accept, BINDINGS), choose(accept, TRIPLES)
    if not bindings and not triples:
        raise ProtocolError(406, f"Available formats: {', '.join(BINDINGS + TRIPLES)}")
    return Query(
        query,
        # a client that names only formats of the other kind of answer gets our first one
        bindings or BINDINGS[0],
        triples or TRIPLES[0],
        tuple(parameters.get("default-graph-uri", ())),
        tuple(parameters.get("named-graph-uri", ())),
        client_of(request.client.host) if request.client else "",
    )


def _askers() -> CapacityLimiter:
    """The threads of this event loop that wait for answers: more than the queue has places."""
    limiter = _ASKERS.get(None)
    if limiter is None:
        limiter = CapacityLimiter(ASKERS)
        _ASKERS.set(limiter)
    return limiter
