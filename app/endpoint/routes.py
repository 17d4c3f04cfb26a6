"""What programs ask: SPARQL, RDF4J's protocol, a health check, as Starlette routes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.endpoint import repository, transacting, updating
from app.endpoint.access import is_token, secret_of
from app.endpoint.bodies import (
    MAX_QUERY_BYTES,
    MAX_UPDATE_BYTES,
    form_of,
    in_address,
    media_type_of,
)
from app.endpoint.errors import ProtocolError
from app.endpoint.login import login
from app.endpoint.negotiation import choose
from app.endpoint.queries import answer_query, answered
from app.endpoint.repository import REPOSITORY
from app.endpoint.resource import dereference, look_up
from app.endpoint.routing import METHODS, Handler, Service, admit_write, route
from app.endpoint.service_description import describe_service
from app.endpoint.transactions import Transactions
from app.endpoint.void import describe_dataset
from app.endpoint.writer import Writer
from app.graph_access import sandbox_of
from app.health import health_of
from app.sandbox.workers import Sandbox
from app.settings import Settings
from app.update import graph_root

STATEMENT_WRITES = {
    "POST": updating.post_statements,
    "PUT": updating.put_statements,
    "DELETE": updating.delete_statements,
}
GRAPH_WRITES = {
    "POST": updating.post_graph,
    "PUT": updating.put_graph,
    "DELETE": updating.delete_graph,
}
TRANSACTION_WRITES = {
    "PUT": transacting.act,
    "POST": transacting.act,
    "DELETE": transacting.roll_back,
}


def service_of(settings: Settings, sandbox: Sandbox) -> Service:
    """Start what answers for some settings; ``close_service`` ends it."""
    root = graph_root(settings.data)
    transactions = Transactions(
        lambda: Writer(root, settings.write_timeout_s), settings.transaction_idle_s
    )
    return Service(settings, sandbox, transactions)


def close_service(service: Service) -> None:
    """Roll back what is open, and end the query processes."""
    service.transactions.close()
    service.sandbox.close()


def create_endpoint(settings: Settings) -> Starlette:
    """The routes alone, without the explorer, as an application that ends what it started."""
    service = service_of(settings, sandbox_of(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(close_service, service)

    return Starlette(routes=routes(service), lifespan=lifespan)


def routes(service: Service) -> list[Route]:
    """The paths for programs."""
    answer = partial(route, service=service)
    anything: dict[str, Handler] = dict.fromkeys(METHODS, unknown)
    return [
        answer("/sparql", reads={"GET": get_sparql, "POST": post_sparql}),
        answer("/api/health", reads={"GET": answer_health}),
        answer("/.well-known/void", reads={"GET": describe_dataset}),
        answer("/resource", reads={"GET": look_up}),
        answer("/resource/{path:path}", reads={"GET": dereference}),
        answer("/rest/login", reads={"POST": login}),
        answer("/protocol", reads={"GET": repository.protocol}),
        answer("/repositories", reads={"GET": repository.repositories}),
        *_repository_routes(f"/repositories/{REPOSITORY}", answer),
        answer("/repositories/{unknown:path}", reads=anything),
    ]


def _repository_routes(path: str, answer: Callable[..., Route]) -> list[Route]:
    return [
        answer(
            path,
            reads={"GET": answer_query, "POST": answer_query},
            writes={"PUT": repository.create},
        ),
        answer(f"{path}/size", reads={"GET": repository.size}),
        answer(f"{path}/contexts", reads={"GET": repository.contexts}),
        answer(f"{path}/health", reads={"GET": repository.health}),
        answer(f"{path}/namespaces", reads={"GET": repository.namespaces}),
        answer(f"{path}/namespaces/{{prefix}}", reads={"GET": repository.namespace}),
        answer(f"{path}/statements", reads={"GET": repository.statements}, writes=STATEMENT_WRITES),
        answer(
            f"{path}/rdf-graphs/service",
            reads={"GET": repository.graph_statements},
            writes=GRAPH_WRITES,
        ),
        answer(f"{path}/transactions", writes={"POST": transacting.begin}),
        answer(f"{path}/transactions/{{transaction}}", writes=TRANSACTION_WRITES),
    ]


async def unknown(_request: Request, _service: Service) -> Response:
    """Say that there is one repository only, and what it has not."""
    raise ProtocolError(404, f"Not here: the one repository is called {REPOSITORY!r}")


async def answer_health(_request: Request, service: Service) -> Response:
    """Answer 200 where there is a graph, or room for one; 503 where the store does not answer."""
    health = await run_in_threadpool(health_of, service.settings)
    return JSONResponse(health.as_json(), 503 if health.status == "unreachable" else 200)


async def get_sparql(request: Request, service: Service) -> Response:
    """Answer a query; without one describe the service, or send a browser to its page."""
    if request.query_params.get("query"):
        return await answer_query(request, service)
    if "update" in request.query_params:
        raise ProtocolError(405, "An update is sent by POST", {"Allow": "POST"})
    if choose(request.headers.get("accept", ""), ("text/turtle", "text/html")) == "text/html":
        return RedirectResponse("/query", 303)
    return await describe_service(request, service)


async def post_sparql(request: Request, service: Service) -> Response:
    """Answer a query, or do an update for those who may write."""
    match media_type_of(request):
        case "application/sparql-update":
            admit_write(request, service)
            return await updating.update(service, await updating.update_parameters(request))
        case "application/x-www-form-urlencoded":
            return await _post_form(request, service)
        case _:
            return await answer_query(request, service)


async def _post_form(request: Request, service: Service) -> Response:
    may_write = is_token(secret_of(request), service.settings)
    max_bytes = MAX_UPDATE_BYTES if may_write else MAX_QUERY_BYTES
    parameters = in_address(request) | await form_of(request, max_bytes)
    if "update" not in parameters:
        return await answered(request, service, parameters)
    admit_write(request, service)
    if "query" in parameters:
        raise ProtocolError(400, "A query or an update, not both")
    return await updating.update(service, parameters)
