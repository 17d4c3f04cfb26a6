"""Quads as bytes: piece by piece where the format allows it, else whole and bounded."""

from collections.abc import Generator, Iterable, Iterator
from itertools import islice

from pyoxigraph import Quad, RdfFormat, Triple, serialize

from app.endpoint.namespaces import WRITTEN
from app.sandbox.results import BoundedBuffer

PIECE = 2_000
"""Quads a piece: about 300 kB, 10 ms."""
STREAMED = frozenset(
    ("application/n-quads", "application/n-triples", "application/trig", "text/turtle")
)
"""Two documents of these, one after the other, are one: prefixes may be declared again."""
_WITH_PREFIXES = frozenset(("application/trig", "text/turtle", "application/rdf+xml"))


def pieces(quads: Iterable[Quad], media_type: str) -> Generator[bytes]:
    """Write quads in a format of ``STREAMED``; a format without graphs drops their names."""
    walk = iter(quads)
    while batch := list(islice(walk, PIECE)):
        rows, prefixes = _rows(batch, media_type), _prefixes(batch, media_type)
        yield serialize(rows, format=_format(media_type), prefixes=prefixes) or b""


def whole(quads: Iterable[Quad], media_type: str, max_bytes: int) -> bytes:
    """Write quads in any format; raises TooLargeError past the cap."""
    buffer, prefixes = BoundedBuffer(max_bytes), _prefixes(quads, media_type)
    serialize(_rows(quads, media_type), buffer, _format(media_type), prefixes=prefixes)
    return buffer.getvalue()


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
        return WRITTEN
    text = "\n".join(map(str, quads))
    return {prefix: space for prefix, space in WRITTEN.items() if f"<{space}" in text}
