"""What comes in: the parameters of an address or a form, or a query as the body."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qs

from starlette.requests import Request

from app.endpoint.metrics import Metrics
from app.sandbox.answer import Sandbox
from app.settings import Settings

QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
FORM = "application/x-www-form-urlencoded"
MAX_QUERY_BYTES = 64_000
TOO_LONG = f"The query is too long: at most {MAX_QUERY_BYTES:,} bytes"
READ_ONLY = (
    "This endpoint only reads. The graph is made by `gutbrain run` and `gutbrain nightly`; "
    "who must write keeps it in GraphDB (--store) and writes there."
)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Parameters = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Service:
    """What the handlers work with."""

    settings: Settings
    sandbox: Sandbox
    metrics: Metrics


def service_of(settings: Settings, sandbox: Sandbox) -> Service:
    """Put together what the handlers work with."""
    return Service(settings, sandbox, Metrics(settings, sandbox.queue))


class ProtocolError(ValueError):
    """A request that is not answered; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


def in_address(request: Request) -> Parameters:
    """Read the parameters of the address; a bare key, such as ``?default``, has no text."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def single(parameters: Parameters, name: str) -> str | None:
    """Read a parameter that may be given once; raises ProtocolError where it comes twice."""
    values = parameters.get(name, [])
    if len(values) > 1:
        raise ProtocolError(400, f"The parameter {name!r} was given more than once")
    return values[0] if values else None


async def query_parameters(request: Request) -> Parameters:
    """Read the parameters of the three kinds of query request; raises ProtocolError on others."""
    given = in_address(request)
    if request.method in {"GET", "HEAD"}:
        return given
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/sparql-query":
            return given | {"query": [await _text_of(request)]}
        case "application/x-www-form-urlencoded":
            return given | parse_qs(await _text_of(request), keep_blank_values=True)
        case "application/sparql-update":
            raise ProtocolError(403, READ_ONLY)
        case other:
            sent = other or "nothing"
            raise ProtocolError(415, f"A query is sent as {QUERY} or {FORM}, not as {sent!r}")


async def _text_of(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_QUERY_BYTES:
            raise ProtocolError(413, TOO_LONG)
    return body.decode(errors="replace")
