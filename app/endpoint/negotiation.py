"""Which format a client gets: the media types we write, chosen by its Accept header."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from app.endpoint.requests import ProtocolError

BINDINGS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
TRIPLES = (
    "text/turtle",
    "application/n-triples",
    "application/rdf+xml",
    "application/ld+json",
    "application/trig",
)
QUADS = ("application/n-quads", "application/trig")
STATEMENTS = (*QUADS[:1], *TRIPLES)
"""What quads can be written in; formats without graphs drop their names."""
PAGE = "text/html"
ALIASES = {
    "application/json": BINDINGS[0],
    "application/xml": BINDINGS[1],
    "text/xml": BINDINGS[1],
    "application/x-turtle": TRIPLES[0],
    "application/x-trig": QUADS[1],
    "text/x-nquads": QUADS[0],
    "text/plain": TRIPLES[1],
}


@dataclass(frozen=True, slots=True)
class Range:
    """One part of an Accept header, such as ``text/*;q=0.5``."""

    media_type: str
    quality: float


def accepted_ranges(accept: str) -> tuple[Range, ...]:
    """Read an Accept header; what cannot be read counts as not there.

    >>> accepted_ranges("text/csv, text/*;q=0.5")
    (Range(media_type='text/csv', quality=1.0), Range(media_type='text/*', quality=0.5))
    """
    parts = (part.strip() for part in accept.split(","))
    return tuple(_range(part) for part in parts if part) or (Range("*/*", 1.0),)


def _range(part: str) -> Range:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    qualities = [p.removeprefix("q=") for p in parameters if p.startswith("q=")]
    try:
        return Range(ALIASES.get(media_type, media_type), float(qualities[0]) if qualities else 1.0)
    except ValueError:
        return Range(media_type, 0.0)


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """Choose the offered type that a client likes best, ours first among equals; None for a 406.

    >>> choose("text/csv;q=0.5, application/*", BINDINGS)
    'application/sparql-results+json'
    >>> choose("image/png", BINDINGS) is None
    True
    """
    ranges = accepted_ranges(accept)
    best = max(offered, key=lambda media_type: _quality(media_type, ranges))
    return best if _quality(best, ranges) > 0 else None


def wanted_type(request: Request, offered: Sequence[str]) -> str:
    """Choose the format of an answer; raises ProtocolError where we write none of the wanted."""
    media_type = choose(request.headers.get("accept", ""), offered)
    if media_type is None:
        raise ProtocolError(406, f"Available formats: {', '.join(offered)}")
    return media_type


def _quality(media_type: str, ranges: tuple[Range, ...]) -> float:
    """The most specific range decides, as RFC 9110 says."""
    family = media_type.partition("/")[0] + "/*"
    for pattern in (media_type, family, "*/*"):
        matching = [r.quality for r in ranges if r.media_type == pattern]
        if matching:
            return max(matching)
    return 0.0
