"""A server of the SPARQL 1.1 protocol without transactions, that can be told to fail."""

import base64
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import parse_qs

from pyoxigraph import (
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

NOT_ACCEPTABLE = 406
Answer = Callable[[Request, bytes], Response]


class SparqlServer:
    """Queries at ``/sparql``, updates at ``/update``, the graph store at ``/data``.

    ``failures`` are statuses for the next requests, 0 for an answer. From the ``breaks_at``-th
    write on the connection breaks off, after the write was done where ``is_done_before_break``.
    ``password`` is that of ``ann`` for writing; ``most_rows`` cuts answers in silence.
    """

    def __init__(self) -> None:
        self.triples = Store()
        self.failures: list[tuple[int, dict[str, str]]] = []
        self.seen: list[tuple[str, str]] = []
        self.writes = 0
        self.breaks_at: int | None = None
        self.is_done_before_break = False
        self.is_union = True
        self.has_graph_store = True
        self.password = ""
        self.most_rows: int | None = None
        self.formats = {QueryResultsFormat.TSV, QueryResultsFormat.XML, QueryResultsFormat.JSON}

    def app(self) -> Starlette:
        """The routes."""
        routes = [("/sparql", self.query), ("/update", self.update)]
        if self.has_graph_store:
            routes.append(("/data", self.upload))
        return Starlette(routes=[Route(p, self.guarded(f), methods=["POST"]) for p, f in routes])

    def guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """Answer, fail as planned, or break off."""

        async def guard(request: Request) -> Response:
            body = await request.body()
            self.seen.append((request.url.path, body.decode(errors="replace")))
            if self.failures:
                status, headers = self.failures.pop(0)
                if status:
                    return PlainTextResponse(f"planned\nfailure {status}", status, headers)
            if answer == self.query:
                return answer(request, body)
            return self.written(answer, request, body)

        return guard

    def written(self, answer: Answer, request: Request, body: bytes) -> Response:
        """Write, where the password is right and the connection holds."""
        expected = "Basic " + base64.b64encode(f"ann:{self.password}".encode()).decode()
        if self.password and request.headers.get("authorization") != expected:
            return PlainTextResponse("who?", 401, {"WWW-Authenticate": 'Basic realm="x"'})
        self.writes += 1
        if self.breaks_at is None or self.writes < self.breaks_at:
            return answer(request, body)
        if self.is_done_before_break:
            answer(request, body)
        return StreamingResponse(_broken())

    def query(self, request: Request, body: bytes) -> Response:
        """Answer a query in the format asked for."""
        text = parse_qs(body.decode())["query"][0]
        try:
            found = self.triples.query(text, use_default_graph_as_union=self.is_union)
        except SyntaxError as error:
            return PlainTextResponse(f"MALFORMED QUERY: {error}", 400)
        accept = request.headers["accept"].partition(",")[0].partition(";")[0]
        kind = QueryResultsFormat.from_media_type(accept)
        if isinstance(found, QuerySolutions) and kind and kind in self.formats:
            return self.table(found, kind)
        if isinstance(found, QueryBoolean):
            content = found.serialize(format=QueryResultsFormat.JSON)
            return Response(content, media_type=QueryResultsFormat.JSON.media_type)
        return PlainTextResponse("not acceptable", NOT_ACCEPTABLE)

    def table(self, found: QuerySolutions, kind: QueryResultsFormat) -> Response:
        """Write rows, as many as the server likes to give."""
        content = found.serialize(format=kind) or b""
        if self.most_rows is not None:
            content = b"".join(content.splitlines(keepends=True)[: self.most_rows + 1])
        return Response(content, media_type=kind.media_type)

    def update(self, _: Request, body: bytes) -> Response:
        """Make an update."""
        self.triples.update(parse_qs(body.decode())["update"][0])
        return Response(status_code=204)

    def upload(self, request: Request, body: bytes) -> Response:
        """Add triples to a graph."""
        graph = NamedNode(request.query_params["graph"])
        found = parse(body, RdfFormat.N_TRIPLES)
        self.triples.extend(Quad(q.subject, q.predicate, q.object, graph) for q in found)
        return Response(status_code=204)


def _broken() -> Iterator[bytes]:
    yield b"half an ans"
    raise ConnectionResetError
