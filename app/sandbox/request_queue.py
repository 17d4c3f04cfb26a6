"""Who is served next: so many at once, so many wait, and costly clients wait behind all others.

A client that used much of the servers lately waits behind those that used less. One whose query had
to be stopped rests first, twice as long each time, and shares a part of the servers with others of
its kind, so that a server is kept for everybody else.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from math import ceil, inf
from typing import Generic, TypeVar

Server = TypeVar("Server")

SLICE_S = 1.0
"""How long a query may run while others wait; longer only where a server would be idle."""
CROWD = 3
"""Where so many wait for each server, half of that time must do."""
FIRST_REST_S, LONGEST_REST_S = 2.0, 60.0
"""How long a client rests after the first query that had to be stopped, and at most."""
FORGIVEN_AFTER_S = 300.0
"""After its rest a client counts as costly for so long, unless it has to be stopped again."""
HALF_LIFE_S = 30.0
"""After this time half as much of what a client used still counts."""
WAITING_SHARE = 16
"""One client may have this part of the places to wait: one in sixteen."""
_MANY_CLIENTS = 1_000


class FullError(ValueError):
    """No server is free, or none became free in time; ``retry_after_s`` says when to ask again."""

    def __init__(self, message: str, retry_after_s: int = 5) -> None:
        super().__init__(f"{message}: try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class Turn(Generic[Server]):
    """A server in the hands of a client.

    ``is_cut_short`` is set by the queue where the turn ended for others; its holder sets
    ``is_killed`` where the query had to be stopped for another reason.
    """

    server: Server
    client: str
    begun: float
    is_cut_short: bool = False
    is_killed: bool = False


@dataclass(slots=True)
class Client:
    """What is remembered of a client; times are those of the queue's clock, in seconds."""

    running: int = 0
    waiting: int = 0
    strikes: int = 0
    rests_until: float = -inf
    forgiven_at: float = -inf
    _used_s: float = 0.0
    _used_at: float = 0.0

    def is_costly(self, now: float) -> bool:
        """Say whether a query of this client had to be stopped lately."""
        return now < self.forgiven_at

    def used_s(self, now: float) -> float:
        """Say how much server time the client used, what is long ago counting less."""
        return self._used_s * 0.5 ** ((now - self._used_at) / HALF_LIFE_S)

    def use(self, seconds: float, now: float) -> None:
        """Count server time."""
        self._used_s, self._used_at = self.used_s(now) + seconds, now

    def strike(self, now: float) -> None:
        """Have the client rest, twice as long as the last time unless that is forgiven."""
        self.strikes = self.strikes + 1 if self.is_costly(now) else 1
        self.rests_until = now + min(LONGEST_REST_S, FIRST_REST_S * 2 ** (self.strikes - 1))
        self.forgiven_at = self.rests_until + FORGIVEN_AFTER_S

    def may_be_forgotten(self, now: float) -> bool:
        """Say whether nothing about the client matters any more."""
        is_idle = not self.running and not self.waiting
        return is_idle and not self.is_costly(now) and self.used_s(now) < SLICE_S / 100


@dataclass(slots=True, eq=False)
class _Ticket(Generic[Server]):
    client: str
    arrival: int
    has_turn: threading.Condition
    turn: Turn[Server] | None = field(default=None)


class RequestQueue(Generic[Server]):
    """Hands servers out, one to each request; ``stop`` ends what runs on a server.

    A client gets at most all servers but one, and those that were stopped lately get half of them
    together.
    """

    def __init__(
        self,
        servers: Iterable[Server],
        places: int,
        stop: Callable[[Server], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle, self._places, self._stop, self._clock = list(servers), places, stop, clock
        self._share = max(1, len(self._idle) - 1)
        self._costly_share = max(1, len(self._idle) // 2)
        self._place_share = max(1, places // WAITING_SHARE)
        self._lock = threading.RLock()
        self._arrivals = count()
        self._clients = defaultdict[str, Client](Client)
        self._waiting: list[_Ticket[Server]] = []
        self._running: list[Turn[Server]] = []
        self.stopped = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many are served now."""
        return len(self._running)

    @property
    def remembered(self) -> Iterable[str]:
        """The clients about whom something is known."""
        return self._clients.keys()

    @contextmanager
    def served(self, client: str, timeout_s: float) -> Generator[Turn[Server]]:
        """Hold a server for a block; raises FullError at once where too many wait, or in time."""
        turn = self._take(client, timeout_s)
        try:
            yield turn
        finally:
            self._give_back(turn)

    def _take(self, client: str, timeout_s: float) -> Turn[Server]:
        with self._lock:
            ticket = _Ticket[Server](client, next(self._arrivals), threading.Condition(self._lock))
            self._clients[client].waiting += 1
            self._waiting.append(ticket)
            try:
                return self._turn(ticket, timeout_s)
            finally:
                self._clients[client].waiting -= 1
                if ticket.turn is None:
                    self._waiting.remove(ticket)

    def _turn(self, ticket: _Ticket[Server], timeout_s: float) -> Turn[Server]:
        ends = self._clock() + timeout_s
        self._hand_out()
        if ticket.turn is None:
            self._check(ticket.client, timeout_s)
        while ticket.turn is None:
            if (left := ends - self._clock()) <= 0:
                raise FullError("Too many queries are running")
            ticket.has_turn.wait(min(left, self._next_change_s()))
            self._hand_out()
        return ticket.turn

    def _check(self, name: str, timeout_s: float) -> None:
        """Raise FullError where waiting would be in vain, or take the place of others."""
        client = self._clients[name]
        if (rest := client.rests_until - self._clock()) > timeout_s:
            raise FullError("Your last query had to be stopped", ceil(rest))
        if len(self._waiting) > self._places or client.waiting > self._place_share:
            raise FullError("Too many queries are waiting")

    def _hand_out(self) -> None:
        """Begin what can begin now, then end what runs too long while others wait."""
        now = self._clock()
        while self._idle and (able := self._able(now)):
            self._begin(min(able, key=lambda ticket: self._rank(ticket, now)), now)
        if not self._idle:
            self._cut_short(now)

    def _able(self, now: float) -> list[_Ticket[Server]]:
        return [ticket for ticket in self._waiting if self._may_begin(ticket.client, now)]

    def _may_begin(self, name: str, now: float) -> bool:
        client = self._clients[name]
        if client.is_costly(now):
            is_full = sum(self._is_costly(turn, now) for turn in self._running)
            return now >= client.rests_until and is_full < self._costly_share
        return client.running < self._share

    def _is_costly(self, turn: Turn[Server], now: float) -> bool:
        return self._clients[turn.client].is_costly(now)

    def _rank(self, ticket: _Ticket[Server], now: float) -> tuple[bool, float, int]:
        client = self._clients[ticket.client]
        return client.is_costly(now), client.used_s(now), ticket.arrival

    def _begin(self, ticket: _Ticket[Server], now: float) -> None:
        self._waiting.remove(ticket)
        # the one that was idle for longest: of those that were stopped, a process may still start
        ticket.turn = Turn(self._idle.pop(0), ticket.client, now)
        self._running.append(ticket.turn)
        self._clients[ticket.client].running += 1
        ticket.has_turn.notify()

    def _cut_short(self, now: float) -> None:
        """End the longest turns that had their slice, as many as others wait for."""
        needed = sum(not self._clients[t.client].is_costly(now) for t in self._able(now))
        needed -= sum(turn.is_cut_short for turn in self._running)
        over = [t for t in self._running if not t.is_cut_short and now >= t.begun + self._slice_s]
        over.sort(key=lambda turn: (not self._is_costly(turn, now), turn.begun))
        for turn in over[: max(0, needed)]:
            turn.is_cut_short = True
            self._stop(turn.server)

    @property
    def _slice_s(self) -> float:
        is_crowded = len(self._waiting) > CROWD * (len(self._idle) + len(self._running))
        return SLICE_S / 2 if is_crowded else SLICE_S

    def _next_change_s(self) -> float:
        """Say when time alone may change who is served: a rest or a slice ends."""
        now = self._clock()
        rests = [self._clients[ticket.client].rests_until for ticket in self._waiting]
        slices = [turn.begun + self._slice_s for turn in self._running]
        return min(
            (then - now for then in rests + slices if then > now), default=threading.TIMEOUT_MAX
        )

    def _give_back(self, turn: Turn[Server]) -> None:
        with self._lock:
            now, client = self._clock(), self._clients[turn.client]
            self._running.remove(turn)
            self._idle.append(turn.server)
            client.running -= 1
            client.use(now - turn.begun, now)
            if turn.is_cut_short or turn.is_killed:
                self.stopped += 1
                client.strike(now)
            self._forget(now)
            self._hand_out()

    def _forget(self, now: float) -> None:
        if len(self._clients) > _MANY_CLIENTS:
            kept = ((name, c) for name, c in self._clients.items() if not c.may_be_forgotten(now))
            self._clients = defaultdict(Client, kept)
