"""A long answer whose pieces are made in one thread, at the pace at which the client takes them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Protocol

from anyio import CapacityLimiter, fail_after, from_thread, to_thread
from anyio.lowlevel import RunVar
from starlette.responses import StreamingResponse
from starlette.types import Send

AT_ONCE = 10
"""Streams that hold a thread; more wait, so that slow clients cannot take every thread."""
STALL_S = 60
_STREAMS: RunVar[CapacityLimiter] = RunVar("streams")


class Closable(Protocol):
    """An iterator of pieces that can be let go of before its end."""

    def __iter__(self) -> Iterator[bytes]:
        """Walk over the pieces."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class ThreadedResponse(StreamingResponse):
    """Streams what ``make`` gives. A client that takes nothing for ``STALL_S`` is cut off.

    Starlette would walk over an iterator in whatever thread is free, but pyoxigraph's iterators
    must be made, walked and dropped in the same.
    """

    def __init__(
        self, make: Callable[[], Closable], headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__((), 200, headers, media_type)
        self.make = make

    async def stream_response(self, send: Send) -> None:
        """Send the head, then the pieces as they are made."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await to_thread.run_sync(self._produce, send, limiter=_streams())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _produce(self, send: Send) -> None:
        with closing(self.make()) as pieces:
            for piece in pieces:
                from_thread.check_cancelled()
                from_thread.run(_send_in_time, send, piece)


async def _send_in_time(send: Send, piece: bytes) -> None:
    with fail_after(STALL_S):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


def _streams() -> CapacityLimiter:
    """The limiter of this event loop."""
    limiter = _STREAMS.get(None)
    if limiter is None:
        limiter = CapacityLimiter(AT_ONCE)
        _STREAMS.set(limiter)
    return limiter
