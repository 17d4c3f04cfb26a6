"""What goes out: answers in a media type, small tables, and quads, streamed or within a limit."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from threading import Lock

from anyio import CapacityLimiter, fail_after, from_thread, to_thread
from anyio.lowlevel import RunVar
from pyoxigraph import (
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from app.endpoint.negotiation import BINDINGS, wanted_type
from app.sandbox.answer import BoundedBuffer
from kg.graph.vocabulary import VOCABULARIES
from ontology.namespaces import GUTBRAIN, OBO_PREFIXES, PREFIX_MAP

VARY: Mapping[str, str] = {"Vary": "Accept"}
TRUNCATED: Mapping[str, str] = {"X-Gutbrain-Truncated": "true"}
NAMESPACES = {
    **PREFIX_MAP,
    **VOCABULARIES,
    "assertion": GUTBRAIN + "assertion/",
    "evidence": GUTBRAIN + "evidence/",
    "graph": GUTBRAIN + "graph/",
    "obo": "http://purl.obolibrary.org/obo/",
    "run": GUTBRAIN + "run/",
}
"""The prefixes that clients are given."""
DECLARED = {
    prefix: namespace for prefix, namespace in NAMESPACES.items() if prefix not in OBO_PREFIXES
} | {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
}
"""The prefixes that files declare: ``obo:`` covers its twenty."""
STREAMED = frozenset(
    ("application/n-quads", "application/n-triples", "application/trig", "text/turtle")
)
"""Two documents of these, one after the other, are one: prefixes may be declared again."""
_WITH_PREFIXES = frozenset(("application/trig", "text/turtle", "application/rdf+xml"))
PIECE = 1_000
"""Quads a piece: about 150 kB, 5 ms."""
AT_ONCE = 40
"""Downloads that hold a thread; more wait, so that slow clients cannot take every thread."""
STALL_S = 60
_DOWNLOADS: RunVar[CapacityLimiter] = RunVar("downloads")
_WRITING = Lock()
"""One download is written at a time: writing takes the interpreter from those who ask."""


def response(body: bytes | None, media_type: str, *, is_truncated: bool = False) -> Response:
    """Hand out what was written in a format of the client's choice, and say where it was cut."""
    headers = {**VARY, **(TRUNCATED if is_truncated else {})}
    return Response(body, 200, headers, f"{media_type}; charset=utf-8")


def table(request: Request, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Write a small table of terms as query results."""
    media_type = wanted_type(request, BINDINGS)
    lines = ("\t".join(str(term) for term in row) for row in rows)
    text = "\n".join(("\t".join(f"?{name}" for name in names), *lines)) + "\n"
    solutions = parse_query_results(text.encode(), QueryResultsFormat.TSV)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    body = solutions.serialize(format=QueryResultsFormat.from_media_type(media_type))
    return response(body, media_type)


def write_quads(quads: Iterable[Quad], media_type: str, max_bytes: int) -> bytes:
    """Write quads in any format; raises AnswerTooLargeError past the limit."""
    buffer, prefixes = BoundedBuffer(max_bytes), _prefixes(quads, media_type)
    serialize(_rows(quads, media_type), buffer, _format(media_type), prefixes=prefixes)
    return buffer.getvalue()


def pieces(quads: Iterable[Quad], media_type: str) -> Generator[bytes]:
    """Write quads in a format of ``STREAMED``; a format without graphs drops their names."""
    walk = iter(quads)
    while batch := list(islice(walk, PIECE)):
        rows, prefixes = _rows(batch, media_type), _prefixes(batch, media_type)
        yield serialize(rows, format=_format(media_type), prefixes=prefixes) or b""


def _rows(quads: Iterable[Quad], media_type: str) -> Iterable[Quad] | Iterator[Triple]:
    if _format(media_type).supports_datasets:
        return quads
    return (quad.triple for quad in quads)


def _format(media_type: str) -> RdfFormat:
    known = RdfFormat.from_media_type(media_type)
    if known is None:
        raise ValueError(f"Unexpected format: {media_type!r}")
    return known


def _prefixes(quads: Iterable[Quad], media_type: str) -> dict[str, str] | None:
    """Say what to declare: what a list of quads uses, all for quads that are not known yet."""
    if media_type not in _WITH_PREFIXES:
        return None
    if not isinstance(quads, list):
        return DECLARED
    text = "\n".join(map(str, quads))
    return {prefix: space for prefix, space in DECLARED.items() if f"<{space}" in text}


class ThreadedResponse(StreamingResponse):
    """Streams what ``make`` gives. A client that takes nothing for ``STALL_S`` is cut off.

    Starlette would walk over an iterator in whatever thread is free, but pyoxigraph's iterators
    must be made, walked and dropped in the same.
    """

    def __init__(self, make: Callable[[], Generator[bytes]], media_type: str) -> None:
        super().__init__((), 200, VARY, f"{media_type}; charset=utf-8")
        self.make = make

    async def stream_response(self, send: Send) -> None:
        """Send the head, then the pieces as they are made."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        await to_thread.run_sync(self._produce, send, limiter=_downloads())
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _produce(self, send: Send) -> None:
        with closing(self.make()) as made:
            while (piece := _next(made)) is not None:
                from_thread.check_cancelled()
                from_thread.run(_send_in_time, send, piece)


def _next(made: Generator[bytes]) -> bytes | None:
    """Make a piece, then leave the interpreter to others for as long as that took."""
    with _WRITING:
        began = time.perf_counter()
        piece = next(made, None)
        time.sleep(time.perf_counter() - began)
        return piece


async def _send_in_time(send: Send, piece: bytes) -> None:
    with fail_after(STALL_S):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def bounded(make: Callable[[], Generator[Quad]], media_type: str, max_bytes: int) -> Response:
    """Write a format that cannot be streamed; raises AnswerTooLargeError past the limit."""

    def written() -> bytes:
        with _WRITING, closing(make()) as quads:
            return write_quads(_with_pauses(quads), media_type, max_bytes)

    return response(await to_thread.run_sync(written, limiter=_downloads()), media_type)


def _with_pauses(quads: Iterable[Quad]) -> Generator[Quad]:
    """Leave the interpreter to others, after each piece for as long as that took."""
    began = time.perf_counter()
    for number, quad in enumerate(quads, start=1):
        yield quad
        if number % PIECE == 0:
            time.sleep(time.perf_counter() - began)
            began = time.perf_counter()


def _downloads() -> CapacityLimiter:
    """The limiter of this event loop."""
    limiter = _DOWNLOADS.get(None)
    if limiter is None:
        limiter = CapacityLimiter(AT_ONCE)
        _DOWNLOADS.set(limiter)
    return limiter
