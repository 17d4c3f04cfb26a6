"""Queries of strangers to a server of the graph, under the same gate and limits."""

from collections.abc import Callable
from itertools import islice

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from app.sandbox.results import Reply, Shape, written
from app.sandbox.results import TooLargeError as AnswerTooLargeError
from app.sandbox.workers import (
    Answer,
    Limits,
    QueryError,
    Request,
    TooLargeError,
    UnavailableError,
    admit,
)
from kg.stores.answers import AccessError, DeadlineError, PassingError, StoreError
from kg.stores.connection import Body, Deadlines
from kg.stores.open import ServerStore
from kg.stores.querying import JSON, Terms, query_form

N_TRIPLES = RdfFormat.N_TRIPLES.media_type
_CHUNK = 1 << 16
_YES = b'{"head": {}, "boolean": true}'
_NO = b'{"head": {}, "boolean": false}'


class RemoteSandbox:
    """Sends queries to where the server takes queries, never to where it takes updates.

    ``connect`` gives the server; it may raise StoreError, and is asked anew each time.
    """

    def __init__(self, connect: Callable[[], ServerStore], limits: Limits) -> None:
        self.connect, self.limits = connect, limits

    def answer(self, request: Request) -> Answer:
        """Answer within the limits; raises QueryError."""
        admit(request)
        try:
            reply = self._reply(self.connect(), request)
        except DeadlineError as error:
            raise UnavailableError(f"No answer within {self.limits.timeout_s:g} s") from error
        except (PassingError, AccessError) as error:
            raise UnavailableError("The graph's server cannot be reached") from error
        except StoreError as error:
            # without the address of the server
            raise QueryError(str(error).partition(": ")[2] or str(error)) from error
        except SyntaxError as error:
            raise QueryError("The graph's server gave an answer that cannot be read") from error
        except AnswerTooLargeError as error:
            raise TooLargeError(str(error)) from error
        return Answer(reply.body, reply.media_type, reply.is_truncated)

    def close(self) -> None:
        """Leave the connections to those who also look at the graph."""

    def _reply(self, store: ServerStore, request: Request) -> Reply:
        limits, form = self.limits, query_form(request.query)
        shape = Shape(request.bindings, request.triples, limits.max_rows, limits.max_bytes)
        media_type = {"ASK": JSON, "SELECT": store.capabilities.rows}.get(form, N_TRIPLES)
        terms = self._terms(store, request)
        with store.querying.open(request.query, media_type, terms) as answer:
            body = self._read(answer)
        match form:
            case "SELECT":
                return self._table(store, request, body, shape)
            case "ASK":
                return written(_boolean(body), shape)
            case _:
                quads = parse(body, RdfFormat.N_TRIPLES)
                return written((Triple(q.subject, q.predicate, q.object) for q in quads), shape)

    def _table(self, store: ServerStore, request: Request, body: bytes, shape: Shape) -> Reply:
        format_ = QueryResultsFormat.from_media_type(store.capabilities.rows)
        reply = written(parse_query_results(body, format_), shape)
        count = _count(parse_query_results(body, format_), shape.max_rows)
        is_whole = reply.is_truncated or self._is_whole(store, request, count)
        is_truncated = reply.is_truncated or not is_whole
        return Reply(reply.outcome, reply.media_type, is_truncated, reply.body)

    def _is_whole(self, store: ServerStore, request: Request, count: int) -> bool:
        """Ask whether the server left rows off; where it cannot say, they count as left off."""
        try:
            return store.querying.is_whole(request.query, count, self._terms(store, request))
        except StoreError:
            return False

    def _terms(self, store: ServerStore, request: Request) -> Terms:
        """Say which graphs are meant, and how long it may take."""
        seconds = self.limits.timeout_s
        fields = [
            ("default-graph-uri", request.default_graphs),
            ("named-graph-uri", request.named_graphs),
        ]
        if store.capabilities.has_transactions:
            # of RDF4J; Virtuoso reads milliseconds, and gives what it has found by then
            fields.append(("timeout", (f"{seconds:.0f}",)))
        return Terms(tuple(fields), Deadlines(min(seconds, 10.0), seconds, seconds))

    def _read(self, answer: Body) -> bytes:
        body = bytearray()
        while chunk := answer.read(_CHUNK):
            body += chunk
            if len(body) > self.limits.max_bytes:
                raise AnswerTooLargeError(
                    f"The answer is larger than {self.limits.max_bytes:,} bytes"
                )
        return bytes(body)


def _count(found: QuerySolutions | QueryBoolean, most: int) -> int:
    return sum(1 for _ in islice(found, most)) if isinstance(found, QuerySolutions) else 0


def _boolean(body: bytes) -> QueryBoolean:
    """Read the answer to an ASK; Virtuoso gives a table, with one row for yes."""
    found = parse_query_results(body, QueryResultsFormat.JSON)
    if isinstance(found, QuerySolutions):
        text = _YES if next(iter(found), None) is not None else _NO
        found = parse_query_results(text, QueryResultsFormat.JSON)
    assert isinstance(found, QueryBoolean)  # noqa: S101
    return found
