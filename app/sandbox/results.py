"""Results of pyoxigraph as bytes, never more rows or bytes than allowed."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)
from typing_extensions import Buffer

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Shape:
    """How an answer is written: media types for either kind, and the caps."""

    bindings: str
    triples: str
    max_rows: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of an order; ``outcome`` is ``ok``, ``invalid`` or ``too_large``."""

    outcome: str
    media_type: str = "text/plain"
    is_truncated: bool = False
    body: bytes = field(default=b"", repr=False)


class TooLargeError(ValueError):
    """An answer has more bytes than its order allows."""


class BoundedBuffer(io.BytesIO):
    """A buffer that refuses to grow past a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes

    def write(self, data: Buffer, /) -> int:
        """Append; raises TooLargeError past the cap."""
        size = super().write(data)
        if self.tell() > self.max_bytes:
            raise TooLargeError(f"The answer is larger than {self.max_bytes:,} bytes")
        return size


class Capped(Generic[Item]):
    """The first ``limit`` items; afterwards ``is_truncated`` tells whether there were more."""

    def __init__(self, items: Iterable[Item], limit: int) -> None:
        self.items, self.left, self.is_truncated = iter(items), limit, False

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        item = next(self.items)
        if self.left == 0:
            self.is_truncated = True
            raise StopIteration
        self.left -= 1
        return item


def written(result: QuerySolutions | QueryBoolean | Iterable[Triple], shape: Shape) -> Reply:
    """Serialise a result; raises TooLargeError, cuts at the row cap and says so."""
    if isinstance(result, QuerySolutions):
        return _table(result, shape)
    if isinstance(result, QueryBoolean):
        table_format = QueryResultsFormat.from_media_type(_boolean_type(shape.bindings))
        body = result.serialize(format=table_format) or b""
        return Reply("ok", _boolean_type(shape.bindings), body=body)
    buffer, triples = BoundedBuffer(shape.max_bytes), Capped(result, shape.max_rows)
    serialize(triples, buffer, RdfFormat.from_media_type(shape.triples))
    return Reply("ok", shape.triples, triples.is_truncated, buffer.getvalue())


def _table(result: QuerySolutions, shape: Shape) -> Reply:
    rows = Capped(result, shape.max_rows)
    table = _as_tsv(result, rows, shape.max_bytes)
    buffer = BoundedBuffer(shape.max_bytes)
    capped = parse_query_results(table, QueryResultsFormat.TSV)
    capped.serialize(buffer, QueryResultsFormat.from_media_type(shape.bindings))
    return Reply("ok", shape.bindings, rows.is_truncated, buffer.getvalue())


def _as_tsv(result: QuerySolutions, rows: Capped[QuerySolution], max_bytes: int) -> BoundedBuffer:
    """Write capped rows in the one format whose cells are terms as pyoxigraph prints them."""
    table = BoundedBuffer(max_bytes)
    table.write("\t".join(str(variable) for variable in result.variables).encode() + b"\n")
    for row in rows:
        cells = ("" if term is None else str(term) for term in row)
        table.write("\t".join(cells).encode() + b"\n")
    table.seek(0)
    return table


def _boolean_type(bindings: str) -> str:
    """CSV and TSV are not defined for ASK: answer in JSON."""
    return bindings if bindings.endswith("+xml") else "application/sparql-results+json"
