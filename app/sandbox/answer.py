"""What is asked of a graph, and the answer, with no more rows or bytes than allowed."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

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

from app.sandbox.request_queue import RequestQueue

Item = TypeVar("Item")
JSON = "application/sparql-results+json"


@dataclass(frozen=True, slots=True)
class Query:
    """A query, the formats wanted for either kind of answer, and the dataset if one is named.

    ``client`` names who asks: nobody gets all the query processes at once.
    """

    text: str
    bindings: str = JSON
    triples: str = "text/turtle"
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    client: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use, how many run at once, and how many wait for their turn."""

    timeout_s: float = 10.0
    max_rows: int = 10_000
    max_bytes: int = 50_000_000
    memory_bytes: int = 4 * 1024**3
    workers: int = 3
    waiting: int = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised result; ``is_truncated`` where the row limit cut it, ``rows`` of a table."""

    body: bytes = field(repr=False)
    media_type: str
    is_truncated: bool = False
    rows: int | None = None


class NoAnswerError(ValueError):
    """A query that cannot be answered; ``status`` is what HTTP calls it.

    ``retry_after_s`` says when the same query may do better; None where it will not.
    """

    status = 400
    retry_after_s: int | None = None


class RefusedError(NoAnswerError):
    """The gate does not let the query pass."""

    status = 403


class AnswerTooLargeError(NoAnswerError):
    """The answer has more bytes than allowed."""

    status = 413


class UnavailableError(NoAnswerError):
    """The query used up its time or memory, or the graph is not there."""

    status = 503


class CrowdedError(UnavailableError):
    """Too many others ask: the query was not begun, or stopped for them."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Sandbox(Protocol):
    """Answers queries of strangers, from the embedded graph or from a server."""

    @property
    def queue(self) -> RequestQueue[Any]:
        """Where queries wait for their turn."""
        ...

    def answer(self, query: Query) -> Answer:
        """Answer within the limits; raises NoAnswerError."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class BoundedBuffer(io.BytesIO):
    """A buffer that refuses to grow past a number of bytes."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes

    def write(self, data: Buffer, /) -> int:
        """Append; raises AnswerTooLargeError past the limit."""
        size = super().write(data)
        if self.tell() > self.max_bytes:
            raise AnswerTooLargeError(f"The answer is larger than {self.max_bytes:,} bytes")
        return size


class Capped(Generic[Item]):
    """The first ``limit`` items; afterwards ``is_truncated`` says whether there were more."""

    def __init__(self, items: Iterable[Item], limit: int) -> None:
        self.items, self.count, self.limit, self.is_truncated = iter(items), 0, limit, False

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        item = next(self.items)
        if self.count == self.limit:
            self.is_truncated = True
            raise StopIteration
        self.count += 1
        return item


def write_answer(
    result: QuerySolutions | QueryBoolean | Iterable[Triple], query: Query, limits: Limits
) -> Answer:
    """Write a result of any kind; raises AnswerTooLargeError, cuts at the row limit and says so."""
    if isinstance(result, QuerySolutions):
        return write_rows(result, query, limits)
    if isinstance(result, QueryBoolean):
        # CSV and TSV are not defined for ASK
        media_type = query.bindings if query.bindings.endswith("+xml") else JSON
        body = result.serialize(format=QueryResultsFormat.from_media_type(media_type)) or b""
        return Answer(body, media_type)
    buffer, triples = BoundedBuffer(limits.max_bytes), Capped(result, limits.max_rows)
    serialize(triples, buffer, RdfFormat.from_media_type(query.triples))
    return Answer(buffer.getvalue(), query.triples, triples.is_truncated)


def write_rows(result: QuerySolutions, query: Query, limits: Limits) -> Answer:
    """Write rows up to the limit.

    pyoxigraph writes all solutions or none, so the rows kept are made solutions anew.
    """
    rows, buffer = Capped(result, limits.max_rows), BoundedBuffer(limits.max_bytes)
    kept = parse_query_results(_as_tsv(result, rows, limits.max_bytes), QueryResultsFormat.TSV)
    kept.serialize(buffer, QueryResultsFormat.from_media_type(query.bindings))
    return Answer(buffer.getvalue(), query.bindings, rows.is_truncated, rows.count)


def _as_tsv(result: QuerySolutions, rows: Capped[QuerySolution], max_bytes: int) -> BoundedBuffer:
    """Write rows in the one format whose cells are terms as pyoxigraph prints them."""
    table = BoundedBuffer(max_bytes)
    table.write("\t".join(str(variable) for variable in result.variables).encode() + b"\n")
    for row in rows:
        cells = ("" if term is None else str(term) for term in row)
        table.write("\t".join(cells).encode() + b"\n")
    table.seek(0)
    return table
