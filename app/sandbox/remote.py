"""Queries of strangers to a server of the graph, under the same gate and limits."""

from collections.abc import Callable
from dataclasses import replace

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)

from app.sandbox.answer import (
    Answer,
    AnswerTooLargeError,
    CrowdedError,
    Limits,
    NoAnswerError,
    Query,
    RefusedError,
    UnavailableError,
    write_answer,
    write_rows,
)
from app.sandbox.query_gate import Admitted, admit
from app.sandbox.query_tokens import shortened
from app.sandbox.request_queue import FullError, RequestQueue
from kg.stores.answers import AccessError, DeadlineError, PassingError, StoreError
from kg.stores.connection import Body, Deadlines
from kg.stores.open import ServerStore
from kg.stores.querying import JSON, Terms, query_form
from ontology.namespaces import GUTBRAIN

N_TRIPLES = RdfFormat.N_TRIPLES.media_type
OUR_GRAPHS = f"{GUTBRAIN}graph/"
FOREIGN_GRAPH = "{} is none of the graphs below {}: a server may fetch what FROM names."
_CHUNK = 1 << 16
_YES = b'{"head": {}, "boolean": true}'
_NO = b'{"head": {}, "boolean": false}'


class RemoteSandbox:
    """Sends queries to where the server takes queries, never to where it takes updates.

    ``connect`` gives the server; it may raise StoreError, and is asked anew each time.
    """

    def __init__(self, connect: Callable[[], ServerStore], limits: Limits) -> None:
        self.connect, self.limits = connect, limits
        # nothing here can end a query on the server: its own limit does
        self.queue = RequestQueue(range(limits.workers), limits.waiting, lambda _permit: None)

    def answer(self, query: Query) -> Answer:
        """Answer within the limits; raises NoAnswerError."""
        try:
            with self.queue.served(query.client, self.limits.timeout_s) as turn:
                try:
                    return self._admitted(query)
                except DeadlineError:
                    turn.is_killed = True
                    raise
        except FullError as error:
            raise CrowdedError(str(error), error.retry_after_s) from None
        except DeadlineError as error:
            raise UnavailableError(f"No answer within {self.limits.timeout_s:g} s") from error
        except (PassingError, AccessError) as error:
            raise UnavailableError("The graph's server cannot be reached") from error
        except StoreError as error:
            # without the address of the server
            raise NoAnswerError(str(error).partition(": ")[2] or str(error)) from error
        except SyntaxError as error:
            raise NoAnswerError("The graph's server gave an answer that cannot be read") from error

    def close(self) -> None:
        """Leave the connections to those who also look at the graph."""

    def _admitted(self, query: Query) -> Answer:
        admitted = admit(query)
        _check_graphs(admitted)
        return self._answer(self.connect(), admitted.query)

    def _answer(self, store: ServerStore, query: Query) -> Answer:
        form = query_form(query.text)
        media_type = {"ASK": JSON, "SELECT": store.capabilities.rows}.get(form, N_TRIPLES)
        with store.open(query.text, media_type, self._terms(store, query)) as opened:
            body = self._read(opened)
        match form:
            case "SELECT":
                return self._rows(store, query, body)
            case "ASK":
                return write_answer(_boolean(body), query, self.limits)
            case _:
                quads = parse(body, RdfFormat.N_TRIPLES)
                return write_answer((quad.triple for quad in quads), query, self.limits)

    def _rows(self, store: ServerStore, query: Query, body: bytes) -> Answer:
        format_ = QueryResultsFormat.from_media_type(store.capabilities.rows)
        found = parse_query_results(body, format_)
        if isinstance(found, QueryBoolean):
            return write_answer(found, query, self.limits)
        answer = write_rows(found, query, self.limits)
        is_whole = not answer.is_truncated and self._is_whole(store, query, answer.rows or 0)
        return replace(answer, is_truncated=not is_whole)

    def _is_whole(self, store: ServerStore, query: Query, count: int) -> bool:
        """Ask whether the server left rows off; where it cannot say, they count as left off."""
        try:
            return store.is_whole(query.text, count, self._terms(store, query))
        except StoreError:
            return False

    def _terms(self, store: ServerStore, query: Query) -> Terms:
        """Say which graphs are meant, and how long it may take."""
        seconds = self.limits.timeout_s
        fields = [
            ("default-graph-uri", query.default_graphs),
            ("named-graph-uri", query.named_graphs),
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


def _check_graphs(admitted: Admitted) -> None:
    """Refuse graphs of others: a server may fetch them (SPARQL 1.1, 13.2); pyoxigraph does not."""
    query = admitted.query
    for graph in (*admitted.graphs, *query.default_graphs, *query.named_graphs):
        if not graph.startswith(OUR_GRAPHS):
            raise RefusedError(FOREIGN_GRAPH.format(shortened(graph), OUR_GRAPHS))


def _boolean(body: bytes) -> QueryBoolean:
    """Read the answer to an ASK; Virtuoso gives a table, with one row for yes."""
    found = parse_query_results(body, QueryResultsFormat.JSON)
    if isinstance(found, QuerySolutions):
        text = _YES if next(iter(found), None) is not None else _NO
        found = parse_query_results(text, QueryResultsFormat.JSON)
    assert isinstance(found, QueryBoolean)  # noqa: S101
    return found
