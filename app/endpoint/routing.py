"""From a handler to a route: errors become answers, reads are open to any web page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.endpoint.access import authorise
from app.endpoint.errors import ProtocolError
from app.endpoint.transactions import Transactions
from app.sandbox.results import TooLargeError
from app.sandbox.workers import QueryError, Sandbox
from app.settings import Settings
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Gutbrain-Truncated",
}
PREFLIGHT = CORS | {
    # never Authorization: a page of another site cannot send the token
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Max-Age": "86400",
}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
KNOWN = (ProtocolError, QueryError, TooLargeError, SnapshotError, StoreError)


@dataclass(frozen=True, slots=True)
class Service:
    """What the handlers work with."""

    settings: Settings
    sandbox: Sandbox
    transactions: Transactions


Handler = Callable[[Request, Service], Awaitable[Response]]
Handlers = Mapping[str, Handler]
NONE: Handlers = MappingProxyType({})


def route(path: str, service: Service, *, reads: Handlers = NONE, writes: Handlers = NONE) -> Route:
    """Answer at a path, a handler a method; HEAD goes to the one of GET.

    The token stands before every write, and before its body is read. Any web page may read.
    """
    handlers = dict(reads) | {method: _guarded(handler) for method, handler in writes.items()}
    head = ["HEAD"] if "GET" in reads else []
    open_methods, all_methods = ", ".join([*head, *reads]), ", ".join([*head, *handlers])

    async def not_allowed(request: Request, _service: Service) -> Response:
        told = f"{request.method} is not done at this address"
        raise ProtocolError(405, told, {"Allow": all_methods})

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS" and reads:
            return Response(None, 204, PREFLIGHT | {"Access-Control-Allow-Methods": open_methods})
        try:
            response = await handlers.get(method, not_allowed)(request, service)
        except KNOWN as error:
            response = failure(error)
        if method in reads and not getattr(request.state, "is_write", False):
            response.headers.update(CORS)
        return response

    return Route(path, answer, methods=METHODS)


def _guarded(handler: Handler) -> Handler:
    async def answer(request: Request, service: Service) -> Response:
        admit_write(request, service)
        return await handler(request, service)

    return answer


def admit_write(request: Request, service: Service) -> None:
    """Let a write pass; raises ProtocolError without the token, and over a server's graph."""
    authorise(request, service.settings)
    if service.settings.store is not None:
        raise ProtocolError(501, "The graph is on a server of its own: write there")


def failure(error: Exception) -> Response:
    """Tell an error in a line of text."""
    status, headers = _status(error)
    return Response(f"{error}\n", status, headers, "text/plain; charset=utf-8")


def _status(error: Exception) -> tuple[int, dict[str, str]]:
    match error:
        case ProtocolError():
            return error.status, dict(error.headers)
        case QueryError(retry_after_s=None):
            return error.status, {}
        case QueryError():
            return error.status, {"Retry-After": str(error.retry_after_s)}
        case TooLargeError():
            return 413, {}
        case _:
            return 503, {}
