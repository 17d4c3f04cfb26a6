"""Who is served next: so many at once, so many wait, and no client takes all the places."""

import threading
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Generic, TypeVar

Server = TypeVar("Server")


class FullError(ValueError):
    """No place is free, or none became free in time."""


class RequestQueue(Generic[Server]):
    """Hands servers out, one to each client that is served.

    A client gets at most all servers but one, and at most half of the places to wait: one that
    floods the service leaves room for the others.
    """

    def __init__(self, servers: Iterable[Server], places: int) -> None:
        self._idle = list(servers)
        self._share, self._places = max(1, len(self._idle) - 1), places
        self._served, self._waiting = Counter[str](), Counter[str]()
        self.has_changed = threading.Condition()

    @contextmanager
    def served(self, client: str, timeout_s: float) -> Generator[Server]:
        """Hold a server for a block; raises FullError at once where too many wait, or in time."""
        server = self._take(client, timeout_s)
        try:
            yield server
        finally:
            self._give_back(client, server)

    def _take(self, client: str, timeout_s: float) -> Server:
        with self.has_changed:
            if not self._is_free(client):
                self._wait(client, timeout_s)
            self._served[client] += 1
            return self._idle.pop()

    def _is_free(self, client: str) -> bool:
        return bool(self._idle) and self._served[client] < self._share

    def _wait(self, client: str, timeout_s: float) -> None:
        is_full = self._waiting.total() >= self._places
        if is_full or self._waiting[client] >= max(1, self._places // 2):
            raise FullError("Too many queries are waiting")
        self._waiting[client] += 1
        try:
            if not self.has_changed.wait_for(lambda: self._is_free(client), timeout_s):
                raise FullError("Too many queries are running")
        finally:
            self._waiting[client] -= 1

    def _give_back(self, client: str, server: Server) -> None:
        with self.has_changed:
            self._served[client] -= 1
            self._served, self._waiting = +self._served, +self._waiting
            self._idle.append(server)
            self.has_changed.notify_all()
