"""What programs may ask: paths, with a handler for each method; errors become answers."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.access_log import NO_ANSWER, AccessLog
from app.endpoint import repository
from app.endpoint.descriptions import VOID_PATH, describe_dataset
from app.endpoint.queries import answer_query, get_sparql
from app.endpoint.repository import REPOSITORY
from app.endpoint.requests import READ_ONLY, ProtocolError, Service, service_of
from app.endpoint.resource import dereference, look_up
from app.graph_access import sandbox_of
from app.health import health_of
from app.sandbox.answer import NoAnswerError
from app.settings import Settings
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Gutbrain-Truncated",
}
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Max-Age": "86400",
}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
KNOWN = (ProtocolError, NoAnswerError, SnapshotError, StoreError)

Handler = Callable[[Request, Service], Awaitable[Response]]
Handlers = Mapping[str, Handler]


def create_endpoint(settings: Settings) -> Starlette:
    """The routes alone, without the explorer, as an application that ends what it started."""
    service = service_of(settings, sandbox_of(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(service.sandbox.close)

    logged = Middleware(AccessLog, record=service.metrics.record)
    return Starlette(routes=routes(service), middleware=[logged], lifespan=lifespan)


def routes(service: Service) -> list[Route]:
    """The paths for programs."""
    path = f"/repositories/{REPOSITORY}"
    handlers: dict[str, Handlers] = {
        "/sparql": {"GET": get_sparql, "POST": answer_query},
        "/api/health": {"GET": answer_health},
        "/metrics": {"GET": answer_metrics},
        VOID_PATH: {"GET": describe_dataset},
        "/resource": {"GET": look_up},
        "/resource/{path:path}": {"GET": dereference},
        "/protocol": {"GET": repository.protocol},
        "/repositories": {"GET": repository.repositories},
        path: {"GET": answer_query, "POST": answer_query},
        f"{path}/size": {"GET": repository.size},
        f"{path}/contexts": {"GET": repository.contexts},
        f"{path}/health": {"GET": repository.health},
        f"{path}/namespaces": {"GET": repository.namespaces},
        f"{path}/namespaces/{{prefix}}": {"GET": repository.namespace},
        f"{path}/statements": {"GET": repository.statements},
        f"{path}/rdf-graphs/service": {"GET": repository.graph_statements},
        f"{path}/transactions": {},
        f"{path}/transactions/{{transaction}}": {},
        "/repositories/{unknown:path}": dict.fromkeys(METHODS, repository.unknown),
    }
    return [route(path, service, of_path) for path, of_path in handlers.items()]


def route(path: str, service: Service, handlers: Handlers) -> Route:
    """Answer at a path, to any web page; HEAD goes to the handler of GET."""
    allowed = ", ".join([*(["HEAD"] if "GET" in handlers else []), *handlers])

    async def answer(request: Request) -> Response:
        request.state.route = path
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            methods = {"Access-Control-Allow-Methods": allowed}
            return Response(None, 204, CORS | PREFLIGHT | methods)
        try:
            if method not in handlers:
                raise ProtocolError(405, READ_ONLY, {"Allow": allowed})
            response = await handlers[method](request, service)
        except KNOWN as error:
            request.state.refused = type(error).__name__.removesuffix("Error")
            request.state.reason = str(error)
            response = failure(error)
        except ClientDisconnect:
            return Response(status_code=NO_ANSWER)
        response.headers.update(CORS)
        return response

    return Route(path, answer, methods=METHODS)


def failure(error: Exception) -> Response:
    """Answer with an error in a line of text."""
    status, headers = _status(error)
    return Response(f"{error}\n", status, headers, "text/plain; charset=utf-8")


def _status(error: Exception) -> tuple[int, dict[str, str]]:
    match error:
        case ProtocolError():
            return error.status, dict(error.headers)
        case NoAnswerError(retry_after_s=None):
            return error.status, {}
        case NoAnswerError():
            return error.status, {"Retry-After": str(error.retry_after_s)}
        case _:
            return 503, {}


async def answer_health(_request: Request, service: Service) -> Response:
    """Answer 200 where there is a graph, or room for one; 503 where the store does not answer."""
    health = await run_in_threadpool(health_of, service.settings)
    return JSONResponse(health.as_json(), 503 if health.status == "unreachable" else 200)


async def answer_metrics(_request: Request, service: Service) -> Response:
    """Hand the counts out in the text format of Prometheus."""
    body = await run_in_threadpool(generate_latest, service.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)
