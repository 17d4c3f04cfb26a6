"""A stand-in for RDF4J and GraphDB servers, as far as clients here use them."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from pyoxigraph import Quad, QueryBoolean, QueryResultsFormat, QueryTriples, RdfFormat, Store
from pyoxigraph import parse as parse_rdf
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Answer = Callable[[Request], Response]
USER, PASSWORD = "ann", "s3cret-word"


class Rdf4jServer:
    """One repository ``test``; with ``is_graphdb`` also GraphDB's own paths.

    ``failures`` are statuses for the next requests, 0 for an answer, with headers. ``tokens`` are
    those that GraphDB's sign-in gave out; without one it answers 401 where ``is_closed``.
    """

    def __init__(self, *, is_graphdb: bool = False) -> None:
        self.is_graphdb, self.is_closed = is_graphdb, False
        self.names = {"test"}
        self.triples = Store()
        self.transactions: dict[str, list[tuple[str, list[Quad]]]] = {}
        self.failures: list[int] = []
        self.headers: dict[str, str] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.tokens: list[str] = []
        self.created: list[bytes] = []
        self.uploads: list[bool] = []

    def app(self) -> Starlette:
        """The routes, each behind the planned failures."""
        root = "/repositories/{name}"
        one = root + "/transactions/{id}"
        routes = [
            ("/protocol", ["GET"], self.protocol),
            ("/repositories", ["GET"], self.repositories),
            (root, ["POST", "GET"], self.query),
            (root, ["PUT"], self.create),
            (root + "/size", ["GET"], self.size),
            (root + "/health", ["GET"], self.health),
            (root + "/statements", ["POST"], self.statements),
            (root + "/transactions", ["POST"], self.begin),
            (one, ["PUT"], self.act),
            (one, ["DELETE"], self.roll_back),
        ]
        if self.is_graphdb:
            routes += [
                ("/rest/security", ["GET"], self.security),
                ("/rest/login", ["POST"], self.login),
                ("/rest/repositories", ["POST"], self.create),
            ]
        return Starlette(routes=[Route(p, self.guarded(f), methods=m) for p, m, f in routes])

    def guarded(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """Fail as planned, or where somebody may not; else answer."""

        async def guard(request: Request) -> Response:
            header = request.headers.get("authorization", "")
            self.seen.append((request.method, request.url.path, header))
            request.state.content = await request.body()
            if self.failures and (status := self.failures.pop(0)):
                return PlainTextResponse(f"planned\nfailure {status}", status, self.headers)
            is_open = not self.is_closed or request.url.path.startswith("/rest/")
            if not is_open and header not in self.tokens:
                return PlainTextResponse("who?", 401)
            if request.path_params.get("name", "test") not in self.names | {"new"}:
                return PlainTextResponse("no such repository", 404)
            return answer(request)

        return guard

    def protocol(self, _: Request) -> Response:
        """Say which version of the protocol this is."""
        return PlainTextResponse("12")

    def security(self, _: Request) -> Response:
        """Say whether one has to sign in."""
        return JSONResponse(self.is_closed)

    def login(self, request: Request) -> Response:
        """Give out a token."""
        given = request.state.content.decode()
        if USER not in given or PASSWORD not in given:
            return PlainTextResponse("wrong", 401)
        self.tokens.append(f"GDB token-{len(self.tokens) + 1}")
        return JSONResponse({"username": USER}, headers={"Authorization": self.tokens[-1]})

    def health(self, _: Request) -> Response:
        """Say that all is well."""
        return JSONResponse({"status": "green"})

    def size(self, request: Request) -> Response:
        """Count the quads."""
        if request.path_params["name"] not in self.names:
            return PlainTextResponse("no such repository", 404)
        return PlainTextResponse(str(len(self.triples)))

    def repositories(self, request: Request) -> Response:
        """List the repositories."""
        columns = ("id", "uri", "title", "readable", "writable")
        rows = [(name, f"{request.url}/{name}", name, "true", "true") for name in self.names]
        bindings = [
            {c: {"type": "literal", "value": v} for c, v in zip(columns, row, strict=True)}
            for row in rows
        ]
        found = {"head": {"vars": list(columns)}, "results": {"bindings": bindings}}
        return JSONResponse(found, media_type="application/sparql-results+json")

    def create(self, request: Request) -> Response:
        """Make a repository."""
        self.created.append(request.state.content)
        name = request.path_params.get("name", "new")
        if name in self.names:
            return PlainTextResponse("it exists", 409)
        self.names.add(name)
        return Response(status_code=204)

    def query(self, request: Request) -> Response:
        """Answer a query, sent in any of three ways."""
        content = request.state.content.decode()
        in_form = parse_qs(content).get("query", [""])[0]
        text = request.query_params.get("query") or in_form or content
        try:
            found = self.triples.query(text, use_default_graph_as_union=True)
        except SyntaxError as error:
            return PlainTextResponse(f"MALFORMED QUERY: {error}", 400)
        accept = request.headers["accept"].partition(",")[0].partition(";")[0]
        kind = QueryResultsFormat.from_media_type(accept) or QueryResultsFormat.JSON
        if isinstance(found, QueryTriples) or (
            isinstance(found, QueryBoolean) and kind == QueryResultsFormat.TSV
        ):
            return PlainTextResponse("not acceptable", 406)
        return Response(found.serialize(format=kind), media_type=kind.media_type)

    def statements(self, request: Request) -> Response:
        """Make an update, or add what is uploaded."""
        if request.headers["content-type"].startswith("application/sparql-update"):
            self.triples.update(request.state.content.decode())
        else:
            self.triples.extend(self.uploaded(request))
        return Response(status_code=204)

    def begin(self, request: Request) -> Response:
        """Begin a transaction; its address names the server as it calls itself."""
        name = str(len(self.transactions) + 1)
        self.transactions[name] = []
        inside = f"http://inside.example{request.url.path}/{name}"
        return Response(status_code=201, headers={"Location": inside})

    def act(self, request: Request) -> Response:
        """Do a step of a transaction."""
        name, action = request.path_params["id"], request.query_params["action"]
        if action != "COMMIT":
            self.uploads.append(request.headers.get("transfer-encoding") == "chunked")
            self.transactions[name].append((action, self.uploaded(request)))
            return Response()
        for done, quads in self.transactions.pop(name):
            for quad in quads:
                (self.triples.add if done == "ADD" else self.triples.remove)(quad)
        return Response()

    def roll_back(self, request: Request) -> Response:
        """End a transaction without its steps."""
        del self.transactions[request.path_params["id"]]
        return Response(status_code=204)

    def uploaded(self, request: Request) -> list[Quad]:
        """Read the body."""
        kind = RdfFormat.from_media_type(request.headers["content-type"])
        return list(parse_rdf(request.state.content, format=kind))
