"""Connections of strangers: how many an address may hold, and how long a request may take to come.

uvicorn limits neither: a client that sends a byte a minute, or nothing, would hold a descriptor as
long as it likes.
"""

import asyncio
import resource
from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.clients import Network, client_of

REQUEST_S = 20.0
"""How long the head and the body of a request may take to come."""
PER_CLIENT = 128
"""Connections of one address; an institute may share one."""
OWN_DESCRIPTORS = 256
"""Files, databases and query processes of the server itself."""
FEW_DESCRIPTORS, MANY_DESCRIPTORS = 4_096, 65_536
_UNREAD = (h11.IDLE, h11.SEND_BODY)
_HEAD = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n%s\n"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What an address may hold; ``proxies`` speak for many and are bound by ``total`` alone."""

    total: int
    per_client: int = PER_CLIENT
    request_s: float = REQUEST_S
    proxies: tuple[Network, ...] = ()


def raise_descriptor_limit() -> int:
    """Let this process open as many files as it may, and say how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MANY_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return max(soft, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


class Connections:
    """The open connections, counted for each client."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open = defaultdict[str, set[asyncio.BaseTransport]](set)

    def add(self, transport: asyncio.BaseTransport, host: str) -> bool:
        """Count a connection; False where there are too many."""
        client = client_of(host)
        if not self._has_room(client):
            self._forget_closed()
        if not self._has_room(client):
            return False
        self._open[client].add(transport)
        return True

    def remove(self, transport: asyncio.BaseTransport, host: str) -> None:
        """Count a connection no longer, if it was counted."""
        client = client_of(host)
        self._open[client].discard(transport)
        if not self._open[client]:
            del self._open[client]

    @property
    def count(self) -> int:
        """How many connections are open; of websockets some may have ended."""
        return sum(map(len, self._open.values()))

    def _has_room(self, client: str) -> bool:
        if self.count >= self.limits.total:
            return False
        mine = self._open.get(client, ())
        return len(mine) < self.limits.per_client or self._is_proxy(client)

    def _is_proxy(self, client: str) -> bool:
        try:
            network = ip_network(client)
        except ValueError:
            return False
        return any(network.overlaps(proxy) for proxy in self.limits.proxies)

    def _forget_closed(self) -> None:
        """Websockets take a transport over, so that only the transport knows its end."""
        for client, transports in list(self._open.items()):
            kept = {transport for transport in transports if not transport.is_closing()}
            self._open[client] = kept
            if not kept:
                del self._open[client]


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which closes connections that are too many or too slow."""

    def __init__(self, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._counted = connections
        self._too_late: asyncio.TimerHandle | None = None

    @property
    def _host(self) -> str:
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request, or refuse."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        super().connection_made(transport)
        if self._counted.add(transport, self._host):
            self._expect()
        else:
            self._refuse(b"503 Service Unavailable", b"Too many connections: close some")

    def data_received(self, data: bytes) -> None:
        """Read on; the time ends with the request, and begins again with the next."""
        super().data_received(data)
        if self.conn.their_state not in _UNREAD:
            self._expect_nothing()
        elif self._too_late is None:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection no longer."""
        self._expect_nothing()
        self._counted.remove(self.transport, self._host)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over to the websocket's protocol, which has its own times."""
        self._expect_nothing()
        super().handle_websocket_upgrade(event)

    def _expect(self) -> None:
        self._too_late = self.loop.call_later(self._counted.limits.request_s, self._give_up)

    def _expect_nothing(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None

    def _give_up(self) -> None:
        seconds = b"%g" % self._counted.limits.request_s
        self._refuse(b"408 Request Timeout", b"The request did not come within %s s" % seconds)

    def _refuse(self, status: bytes, reason: bytes) -> None:
        """Say why, unless an answer has begun, and close."""
        if self.conn.our_state is h11.IDLE:
            self.transport.write(_HEAD % (status, reason))
        self.transport.close()
