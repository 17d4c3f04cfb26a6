"""One process for people and programs: the explorer at ``/``, ``/sparql`` and ``/api/health``."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.endpoint.requests import Service
from app.endpoint.routes import routes
from app.explorer.theme import server_options
from app.graph_access import NotPreparedError, graph_version, read_model, shared_sandbox
from app.settings import Settings
from kg.snapshots.read_model import ReadModelError
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError

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


def create_app(settings: Settings) -> st.App:
    """The explorer with the endpoint's routes, as an ASGI application."""
    service = Service(settings, shared_sandbox())

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncGenerator[None]:
        """Prepare the lists beside the first visitors; end what was started with the server."""
        await run_in_threadpool(warm, settings)
        try:
            yield
        finally:
            await run_in_threadpool(service.sandbox.close)

    return st.App(
        SCRIPT,
        routes=routes(service),
        middleware=[Middleware(SecurityHeaders)],
        lifespan=lifespan,
    )


def check_port(host: str, port: int) -> None:
    """Raise PortError where somebody else listens already, or we may not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise PortError(
                f"Cannot listen on {host}:{port}: {reason}; choose another port with --port"
            ) from error


def serve(settings: Settings) -> None:
    """Serve until Ctrl+C or SIGTERM."""
    create_app(settings).run(config=server_options(settings.host, settings.port))
