"""SPARQL queries, as the SPARQL and the RDF4J protocol send them."""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.endpoint.bodies import (
    FORM,
    MAX_QUERY_BYTES,
    QUERY,
    Parameters,
    form_of,
    in_address,
    media_type_of,
    single,
    text_of,
)
from app.endpoint.errors import ProtocolError
from app.endpoint.negotiation import BINDINGS, TRIPLES, choose
from app.endpoint.routing import Service
from app.sandbox.workers import Answer
from app.sandbox.workers import Request as QueryRequest

NOT_HEEDED = frozenset(("limit", "offset"))


async def query_parameters(request: Request) -> Parameters:
    """Read the parameters of the kinds of query request; raises ProtocolError on others."""
    given = in_address(request)
    if request.method in {"GET", "HEAD"}:
        return given
    match media_type_of(request):
        case "application/sparql-query":
            return given | {"query": [await text_of(request, MAX_QUERY_BYTES)]}
        case "application/x-www-form-urlencoded":
            return given | await form_of(request, MAX_QUERY_BYTES)
        case other:
            told = f"A query is sent as {QUERY} or {FORM}, not as {other or 'nothing'!r}"
            raise ProtocolError(415, told)


async def answer_query(request: Request, service: Service) -> Response:
    """Answer the query of a request; raises ProtocolError and QueryError."""
    parameters = await query_parameters(request)
    return await answered(request, service, parameters)


async def answered(request: Request, service: Service, parameters: Parameters) -> Response:
    """Answer a query whose parameters are read."""
    asked = query_request(request, parameters)
    asked = replace(asked, client=request.client.host if request.client else "")
    return response_of(await run_in_threadpool(service.sandbox.answer, asked))


def query_request(request: Request, parameters: Parameters) -> QueryRequest:
    """Say who asks what, and in which formats; raises ProtocolError."""
    accept = request.headers.get("accept", "")
    query = single(parameters, "query")
    if not query:
        raise ProtocolError(400, "The parameter 'query' is missing")
    unheeded = [name for name in parameters if name in NOT_HEEDED or name.startswith("$")]
    if unheeded:
        raise ProtocolError(400, f"{unheeded[0]}: not heeded here, write it into the query")
    bindings, triples = choose(accept, BINDINGS), choose(accept, TRIPLES)
    if not bindings and not triples:
        raise ProtocolError(406, f"We write {', '.join(BINDINGS + TRIPLES)}")
    return QueryRequest(
        query,
        # a client that names only formats of the other kind of answer gets our first one
        bindings or BINDINGS[0],
        triples or TRIPLES[0],
        tuple(parameters.get("default-graph-uri", ())),
        tuple(parameters.get("named-graph-uri", ())),
        request.client.host if request.client else "",
    )


def response_of(answer: Answer) -> Response:
    """Hand out an answer, and tell where the row limit cut it."""
    headers = {"Vary": "Accept"} | ({"X-Gutbrain-Truncated": "true"} if answer.is_truncated else {})
    return Response(answer.body, 200, headers, f"{answer.media_type}; charset=utf-8")
