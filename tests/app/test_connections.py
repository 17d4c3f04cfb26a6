"""Connections that are too many or too slow are closed; others are served meanwhile."""

import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from ipaddress import ip_network

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from app.connections import BoundedProtocol, ConnectionLimits, Connections

WAIT_S = 60.0
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.receive()


@contextmanager
def served(limits: ConnectionLimits) -> Generator[tuple[int, Connections]]:
    """Serve until the block ends; yields the port."""
    connections = Connections(limits)
    routes = [Route("/", echo, methods=["GET", "POST"]), WebSocketRoute("/ws", greet)]
    config = uvicorn.Config(
        Starlette(routes=routes),
        http=partial(BoundedProtocol, connections),  # type: ignore[arg-type]
        ws="websockets-sansio",
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1], connections
        finally:
            server.should_exit = True
            thread.join(WAIT_S)


def opened(port: int, sent: bytes, source: str = "127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), WAIT_S, source_address=(source, 0))
    connection.sendall(sent)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    found = b""
    while piece := connection.recv(1_000):
        found += piece
    return found


@pytest.mark.parametrize("sent", [b"", HALF_A_HEAD])
def test_a_head_that_does_not_come_is_given_up(sent: bytes) -> None:
    with served(ConnectionLimits(100, request_s=0.2)) as (port, _), opened(port, sent) as slow:
        assert b"408 Request Timeout" in read_all(slow)


def test_a_body_that_does_not_come_is_given_up() -> None:
    with (
        served(ConnectionLimits(100, request_s=0.2)) as (port, _),
        opened(port, HALF_A_BODY) as slow,
    ):
        assert b"200 OK" not in read_all(slow)


def test_a_byte_now_and_then_gives_no_more_time() -> None:
    with served(ConnectionLimits(100, request_s=0.2)) as (port, _), opened(port, b"GET") as slow:
        answered = threading.Event()

        def drip() -> None:
            while not answered.wait(0.02):
                slow.sendall(b"x")

        with ExitStack() as ending:
            ending.callback(answered.set)
            threading.Thread(target=drip, daemon=True).start()
            assert b"408" in read_all(slow)


def test_the_second_request_of_a_connection_has_its_own_time() -> None:
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        served(ConnectionLimits(100, request_s=0.3)) as (port, _),
        opened(port, whole) as connection,
    ):
        assert b"200 OK" in connection.recv(1_000)
        connection.sendall(HALF_A_HEAD)
        assert b"408" in read_all(connection)


def test_one_client_gets_so_many_connections_and_others_are_served() -> None:
    limits = ConnectionLimits(100, per_client=3)
    with served(limits) as (port, _), ExitStack() as held:
        for _ in range(3):
            held.enter_context(opened(port, HALF_A_HEAD, "127.0.0.2"))
        with opened(port, b"", "127.0.0.2") as refused:
            assert b"503 Service Unavailable" in read_all(refused)
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200


def test_all_clients_get_so_many_connections() -> None:
    with served(ConnectionLimits(2)) as (port, _), ExitStack() as held:
        for source in ("127.0.0.2", "127.0.0.3"):
            held.enter_context(opened(port, HALF_A_HEAD, source))
        with opened(port, b"", "127.0.0.4") as refused:
            assert b"Too many connections" in read_all(refused)


def test_a_proxy_speaks_for_many() -> None:
    limits = ConnectionLimits(100, per_client=1, proxies=(ip_network("127.0.0.2"),))
    with served(limits) as (port, _), ExitStack() as held:
        held.enter_context(opened(port, HALF_A_HEAD, "127.0.0.2"))
        with opened(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "127.0.0.2") as second:
            assert b"200 OK" in second.recv(1_000)


def test_what_is_closed_counts_no_longer() -> None:
    limits = ConnectionLimits(100, per_client=1)
    with served(limits) as (port, connections):
        for _ in range(5):
            with opened(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as one:
                assert b"200 OK" in read_all(one)
        assert connections.count == 0


def test_a_websocket_may_stay_and_counts_until_it_ends() -> None:
    limits = ConnectionLimits(100, per_client=1, request_s=0.1)
    with served(limits) as (port, _):
        for _ in range(2):
            with connect(f"ws://127.0.0.1:{port}/ws") as websocket:
                assert websocket.recv() == "hello"
                with opened(port, b"") as refused:
                    assert b"503" in read_all(refused)


LIMIT = """
import resource
from app.connections import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 500))
print(raise_descriptor_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_process_may_open_as_many_files_as_the_system_lets_it() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard == resource.RLIM_INFINITY or hard >= 500
    done = subprocess.run([sys.executable, "-c", LIMIT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["500", "500"]
