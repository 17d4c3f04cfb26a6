"""Transactions over HTTP: begin, actions, commit, roll back, with the statuses of RDF4J."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.endpoint.bodies import (
    FORM,
    MAX_QUERY_BYTES,
    MAX_UPDATE_BYTES,
    QUERY,
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
from app.endpoint.queries import query_request, response_of
from app.endpoint.repository import statements_type
from app.endpoint.routing import Service
from app.endpoint.terms import Pattern, read_contexts, read_pattern
from app.endpoint.transactions import Transaction
from app.endpoint.updating import base_of, rdf_type, update_text
from app.endpoint.writer_worker import WriteOrder
from app.sandbox.query_gate import names_dataset
from app.sandbox.worker_process import Order
from app.sandbox.workers import Answer, admit

BEGUN = 201
ENDED = 204
Act = Callable[[Request, Service, Transaction], Awaitable[Response]]


async def begin(request: Request, service: Service) -> Response:
    """Begin a transaction, and name it by the address that the client used."""
    name = service.transactions.begin()
    address = str(request.url.replace(query="", fragment="")).rstrip("/")
    return Response(status_code=BEGUN, headers={"Location": f"{address}/{name}"})


async def act(request: Request, service: Service) -> Response:
    """Do one action in a transaction; COMMIT ends it."""
    name = str(request.path_params["transaction"])
    action = (single(in_address(request), "action") or "").upper()
    if action == "COMMIT":
        await run_in_threadpool(service.transactions.end, name, has_commit=True)
        return Response(status_code=200)
    if action not in _ACTIONS:
        raise ProtocolError(400, f"action: one of COMMIT, {', '.join(_ACTIONS)}")
    with service.transactions.using(name) as transaction:
        return await _ACTIONS[action](request, service, transaction)


async def roll_back(request: Request, service: Service) -> Response:
    """Let go of what a transaction did."""
    name = str(request.path_params["transaction"])
    await run_in_threadpool(service.transactions.end, name, has_commit=False)
    return Response(status_code=ENDED)


async def _ping(_request: Request, _service: Service, _transaction: Transaction) -> Response:
    return PlainTextResponse("pong")


async def _add(request: Request, service: Service, transaction: Transaction) -> Response:
    return await _with_upload(request, service, transaction, "add")


async def _remove(request: Request, service: Service, transaction: Transaction) -> Response:
    return await _with_upload(request, service, transaction, "remove")


async def _with_upload(
    request: Request, service: Service, transaction: Transaction, action: str
) -> Response:
    parameters = in_address(request)
    media_type = rdf_type(request)
    async with spooled(request, service.settings) as path:
        order = WriteOrder(
            "add" if action == "add" else "remove",
            path=str(path),
            media_type=media_type,
            base=base_of(parameters),
            pattern=Pattern(contexts=read_contexts(parameters)),
        )
        await run_in_threadpool(transaction.ask, order)
    return Response(status_code=200)


async def _update(request: Request, _service: Service, transaction: Transaction) -> Response:
    parameters = await _parameters(request, "update", UPDATE, MAX_UPDATE_BYTES)
    order = WriteOrder("update", text=update_text(parameters))
    await run_in_threadpool(transaction.ask, order)
    return Response(status_code=200)


async def _query(request: Request, service: Service, transaction: Transaction) -> Response:
    """Ask what the transaction did so far, under the gate and the limits of any query."""
    parameters = await _parameters(request, "query", QUERY, MAX_QUERY_BYTES)
    asked = query_request(request, parameters)
    admit(asked)
    settings = service.settings
    order = Order(
        query=asked.query,
        snapshot="",
        bindings=asked.bindings,
        triples=asked.triples,
        max_rows=settings.max_rows,
        max_bytes=settings.max_bytes,
        cpu_s=math.ceil(settings.write_timeout_s),
        names_dataset=names_dataset(asked.query),
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
    )
    reply = await run_in_threadpool(transaction.ask, WriteOrder("query", query=asdict(order)))
    return response_of(Answer(reply.body, reply.media_type, reply.is_truncated))


async def _statements(request: Request, service: Service, transaction: Transaction) -> Response:
    order = WriteOrder(
        "statements",
        pattern=read_pattern(in_address(request)),
        media_type=statements_type(request),
        max_bytes=service.settings.max_bytes,
    )
    reply = await run_in_threadpool(transaction.ask, order)
    return Response(reply.body, 200, media_type=f"{reply.media_type}; charset=utf-8")


async def _size(request: Request, _service: Service, transaction: Transaction) -> Response:
    contexts = read_contexts(in_address(request))
    order = WriteOrder("size", pattern=Pattern(contexts=contexts))
    reply = await run_in_threadpool(transaction.ask, order)
    return PlainTextResponse(reply.body)


async def _parameters(request: Request, name: str, direct: str, max_bytes: int) -> Parameters:
    """Read parameters from the address, where rdflib puts them, or from the body, as RDF4J does."""
    given = in_address(request)
    match media_type_of(request):
        case body if body == direct:
            return given | {name: [await text_of(request, max_bytes)]}
        case body if body == FORM:
            return given | await form_of(request, max_bytes)
        case _:
            return given


_ACTIONS: dict[str, Act] = {
    "ADD": _add,
    "DELETE": _remove,
    "UPDATE": _update,
    "QUERY": _query,
    "GET": _statements,
    "SIZE": _size,
    "PING": _ping,
}
