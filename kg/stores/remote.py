"""A repository of GraphDB or another RDF4J server, over HTTP."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Self

import httpx
from pyoxigraph import Quad, QueryResultsFormat, QuerySolutions, RdfFormat, serialize
from pyoxigraph import parse_query_results as parse_results

from kg.stores import Row
from kg.stores.answers import (
    QueryError,
    StoreError,
    StoreUnreachableError,
    one_line,
    read_rows,
)

BAD_REQUEST = 400
TRIES = 4
RETRIED = frozenset({502, 503})
TSV = "text/tab-separated-values"
N_QUADS = {"Content-Type": "application/n-quads"}


class RemoteStore:
    """A TripleStore over the RDF4J protocol; ``url`` ends in ``/repositories/<id>``.

    Queries are tried again where no server answers or a proxy says 502 or 503; changes never,
    for an answer that was lost may stand for a change that was made.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: tuple[str, str] | None = None,
        timeout_s: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        given = httpx.URL(url)
        self.url = str(given.copy_with(username=None, password=None)).rstrip("/")
        credentials = (given.username, given.password) if given.username else None
        self._client = httpx.Client(
            auth=auth or credentials, timeout=httpx.Timeout(timeout_s, connect=10.0)
        )
        self._sleep = sleep

    def __enter__(self) -> Self:
        """Keep the connections open for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def select(self, query: str) -> Iterator[Row]:
        """Answer a SELECT; the answer is read whole before the first row is given."""
        answer = self._query(query)
        try:
            solutions = parse_results(answer.content, format=QueryResultsFormat.TSV)
        except SyntaxError as error:
            raise StoreError(f"{self.url}: unreadable answer: {one_line(error)}") from error
        if not isinstance(solutions, QuerySolutions):
            raise QueryError("Query refused: not a SELECT")
        return read_rows(solutions)

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Remove, then add, in one transaction of the server; rolled back on any failure."""
        begun = self._send("POST", f"{self.url}/transactions")
        transaction = begun.headers.get("Location")
        if transaction is None:
            raise StoreError(f"{self.url}/transactions: the answer names no transaction")
        try:
            for action, quads in (("DELETE", list(remove)), ("ADD", list(add))):
                self._act(transaction, action, quads)
            self._send("PUT", transaction, params={"action": "COMMIT"})
        except BaseException:
            self._roll_back(transaction)
            raise

    def size(self) -> int:
        """Count the quads."""
        text = self._send("GET", f"{self.url}/size").text.strip()
        if not text.isdecimal():
            raise StoreError(f"{self.url}/size: not a number: {text[:80]!r}")
        return int(text)

    def _act(self, transaction: str, action: str, quads: list[Quad]) -> None:
        if not quads:
            return
        content = serialize(quads, format=RdfFormat.N_QUADS)
        self._send("PUT", transaction, params={"action": action}, content=content, headers=N_QUADS)

    def _roll_back(self, transaction: str) -> None:
        """Undo what can be undone; the first error is the one to report."""
        try:
            self._client.delete(transaction)
        except httpx.TransportError:
            return

    def _query(self, query: str) -> httpx.Response:
        for wait_s in (0.5 * 2**n for n in range(TRIES - 1)):
            try:
                return self._ask(query)
            except _RetryableError:
                self._sleep(wait_s)
        return self._ask(query)

    def _ask(self, query: str) -> httpx.Response:
        headers = {"Content-Type": "application/sparql-query", "Accept": TSV}
        return self._send("POST", self.url, content=query.encode(), headers=headers)

    def _send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._client.request(
                method, url, content=content, params=params, headers=headers
            )
        except httpx.ConnectError as error:
            raise StoreUnreachableError(f"{self.url}: {one_line(error)}") from error
        except httpx.TransportError as error:
            raise StoreError(f"{self.url}: {type(error).__name__}: {one_line(error)}") from error
        return self._checked(answer)

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        failure = f"{self.url}: HTTP {answer.status_code}: {' '.join(answer.text.split())[:200]}"
        if answer.status_code == BAD_REQUEST:
            raise QueryError(failure)
        raise (BusyError if answer.status_code in RETRIED else StoreError)(failure)


class BusyError(StoreError):
    """The server, or a proxy before it, asks to come again later (502, 503)."""


_RetryableError = (StoreUnreachableError, BusyError)
