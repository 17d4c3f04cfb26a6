"""The SPARQL 1.1 protocol (queries), and a health check, as Starlette routes."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.health import health_of
from app.negotiation import BINDINGS, TRIPLES, choose
from app.sandbox import Answer, QueryError, Sandbox
from app.sandbox import Request as QueryRequest
from app.settings import Settings

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Expose-Headers": "X-Gutbrain-Truncated",
}
MAX_REQUEST_BYTES = 1_000_000
DESCRIPTION = """\
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .
@prefix format: <http://www.w3.org/ns/formats/> .

<{address}> a sd:Service ;
    sd:endpoint <{address}> ;
    sd:supportedLanguage sd:SPARQL11Query ;
    sd:feature sd:UnionDefaultGraph ;
    sd:resultFormat format:SPARQL_Results_JSON, format:SPARQL_Results_XML,
        format:SPARQL_Results_CSV, format:SPARQL_Results_TSV,
        format:Turtle, format:N-Triples, format:RDF_XML, format:JSON-LD, format:TriG .
"""


class ProtocolError(ValueError):
    """A request that the SPARQL protocol does not know; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes(sandbox: Sandbox, settings: Settings) -> list[Route]:
    """The endpoint at ``/sparql`` and the health check at ``/api/health``."""
    methods = ["GET", "POST", "OPTIONS"]
    return [
        Route("/sparql", partial(answer_sparql, sandbox=sandbox), methods=methods),
        Route("/api/health", partial(answer_health, settings=settings)),
    ]


async def answer_sparql(request: Request, sandbox: Sandbox) -> Response:
    """Answer one protocol request."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=CORS)
    try:
        parameters = await _parameters(request)
        if not parameters.get("query"):
            return _without_query(request)
        asked = _query_request(parameters, request.headers.get("accept", ""))
        return _response(await run_in_threadpool(sandbox.answer, asked))
    except (ProtocolError, QueryError) as error:
        return Response(f"{error}\n", error.status, CORS, "text/plain; charset=utf-8")


async def answer_health(_request: Request, settings: Settings) -> Response:
    """Answer 200 where there is a graph, or room for one; 503 where the store does not answer."""
    health = await run_in_threadpool(health_of, settings)
    return JSONResponse(health.as_json(), 503 if health.status == "unreachable" else 200, CORS)


async def _parameters(request: Request) -> Mapping[str, list[str]]:
    """Read the parameters of the three kinds of query request, and refuse the others."""
    in_address = _lists(request.query_params)
    if request.method == "GET":
        return in_address
    body = (await _body(request)).decode(errors="replace")
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/sparql-query":
            return {**in_address, "query": [body]}
        case "application/x-www-form-urlencoded":
            return in_address | parse_qs(body)
        case "application/sparql-update":
            raise ProtocolError(403, "This endpoint only reads")
        case other:
            raise ProtocolError(415, f"A query cannot be sent as {other or 'nothing'!r}")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            raise ProtocolError(413, f"A query may have {MAX_REQUEST_BYTES:,} bytes")
    return bytes(body)


def _lists(parameters: QueryParams) -> dict[str, list[str]]:
    return {name: parameters.getlist(name) for name in parameters}


def _query_request(parameters: Mapping[str, list[str]], accept: str) -> QueryRequest:
    if "update" in parameters:
        raise ProtocolError(403, "This endpoint only reads")
    if len(parameters["query"]) > 1:
        raise ProtocolError(400, "One query at a time")
    bindings, triples = choose(accept, BINDINGS), choose(accept, TRIPLES)
    if not bindings and not triples:
        raise ProtocolError(406, f"We write {', '.join(BINDINGS + TRIPLES)}")
    return QueryRequest(
        parameters["query"][0],
        # a client that names only formats of the other kind of answer gets our first one
        bindings or BINDINGS[0],
        triples or TRIPLES[0],
        tuple(parameters.get("default-graph-uri", ())),
        tuple(parameters.get("named-graph-uri", ())),
    )


def _without_query(request: Request) -> Response:
    """Describe the service; a browser is sent to the page for queries."""
    if "update" in request.query_params:
        raise ProtocolError(403, "This endpoint only reads")
    if request.method != "GET":
        raise ProtocolError(400, "The parameter 'query' is missing")
    if choose(request.headers.get("accept", ""), ("text/turtle", "text/html")) == "text/html":
        return RedirectResponse("/query", 303)
    address = str(request.url.replace(query="", fragment=""))
    return Response(DESCRIPTION.format(address=address), 200, CORS, "text/turtle")


def _response(answer: Answer) -> Response:
    truncated = {"X-Gutbrain-Truncated": "true"} if answer.is_truncated else {}
    return Response(answer.body, 200, CORS | truncated, f"{answer.media_type}; charset=utf-8")
