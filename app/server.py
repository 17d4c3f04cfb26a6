"""One process for people and programs: the explorer at ``/``, ``/sparql`` and ``/api/health``."""

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import streamlit as st
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.bootstrap import load_config_options

from app.access_log import AccessLog, LogFile, LoggedRequest
from app.clients import read_networks
from app.connections import (
    FEW_DESCRIPTORS,
    OWN_DESCRIPTORS,
    BoundedProtocol,
    ConnectionLimits,
    Connections,
    raise_descriptor_limit,
)
from app.endpoint.requests import service_of
from app.endpoint.routes import routes
from app.explorer.theme import server_options
from app.graph_access import NotPreparedError, graph_version, read_model, shared_sandbox
from app.sandbox.network import warn_of_open_network
from app.settings import Settings, SettingsError
from kg.snapshots.read_model import ReadModelError
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError

BACKLOG = 2_048
MIN_CONNECTIONS = 64
MAX_MESSAGE_BYTES = 1_000_000
"""What a browser may send in one message: clicks and text, never a file."""
SCRIPT = Path(__file__).parent / "explorer" / "main.py"
# 'unsafe-inline' and 'unsafe-eval' are Streamlit's own needs; what must not happen is loading
# from, or telling, another host.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' blob: 'unsafe-eval' 'wasm-unsafe-eval' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class SecurityHeaders:
    """Middleware that adds the security headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers added to the start of each response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class PortError(OSError):
    """Nobody can listen where the server should."""


def warm(settings: Settings) -> None:
    """Have a read model made where it is missing, before the first visitor asks for it."""
    with suppress(SnapshotError, StoreError, ReadModelError, NotPreparedError):
        if version := graph_version(settings):
            read_model(settings, version)


def open_log(path: Path) -> LogFile:
    """Open the access log; raises SettingsError where it cannot be written."""
    try:
        return LogFile(path)
    except OSError as error:
        raise SettingsError(f"access_log: cannot write {path}: {error.strerror}") from error


def create_app(settings: Settings) -> st.App:
    """The explorer with the endpoint's routes, as an ASGI application."""
    service = service_of(settings, shared_sandbox())
    log = open_log(settings.access_log) if settings.access_log else None

    def record(access: LoggedRequest) -> None:
        service.metrics.record(access)
        if log:
            log.record(access)

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncGenerator[None]:
        """Prepare the lists beside the first visitors; end what was started with the server."""
        await run_in_threadpool(warn_of_open_network)
        await run_in_threadpool(warm, settings)
        try:
            yield
        finally:
            await run_in_threadpool(service.sandbox.close)
            if log:
                log.close()

    return st.App(
        SCRIPT,
        routes=routes(service),
        middleware=[Middleware(AccessLog, record=record), Middleware(SecurityHeaders)],
        lifespan=lifespan,
    )


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address; raises PortError where somebody else does, or we may not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PortError(
            f"Cannot listen on {host}:{port}: {reason}; choose another port with --port"
        ) from error


def serve(settings: Settings, note: Callable[[str], None]) -> None:
    """Serve until Ctrl+C or SIGTERM; raises PortError. ``note`` is given lines for the operator."""
    proxies = read_networks(settings.trusted_proxies)
    descriptors = raise_descriptor_limit()
    total = max(MIN_CONNECTIONS, descriptors - OWN_DESCRIPTORS)
    if descriptors < FEW_DESCRIPTORS:
        note(f"at most {total} connections at once: `ulimit -n` is {descriptors}, raise it")
    with listen(settings.host, settings.port) as listening:
        address = f"[{settings.host}]" if ":" in settings.host else settings.host
        config = _uvicorn(settings, ConnectionLimits(total, proxies=proxies))
        note(f"explorer at http://{address}:{listening.getsockname()[1]}, stop with Ctrl+C")
        uvicorn.Server(config).run(sockets=[listening])


def _uvicorn(settings: Settings, limits: ConnectionLimits) -> uvicorn.Config:
    """Have uvicorn serve, as Streamlit would have it, with our limits on connections."""
    load_config_options(server_options(settings.host, settings.port))
    return uvicorn.Config(
        create_app(settings),
        http=partial(BoundedProtocol, Connections(limits)),  # type: ignore[arg-type]
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        proxy_headers=bool(limits.proxies),
        forwarded_allow_ips=[str(network) for network in limits.proxies],
        log_level="warning",
        access_log=False,
    )
