"""A repository of GraphDB or another RDF4J server, over HTTP."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from pyoxigraph import Quad, RdfFormat, serialize

from kg.stores.address import Capabilities, Kind
from kg.stores.answers import StoreError
from kg.stores.connection import Call, Connection
from kg.stores.querying import Querying

N_QUADS = {"Content-Type": RdfFormat.N_QUADS.media_type}
QUADS_A_CHUNK = 5_000


class RemoteStore(Querying):
    """A TripleStore over the RDF4J protocol; its URL ends in ``/repositories/<id>``.

    Queries are tried again where no server answers or it is busy; a change never, for an answer
    that was lost may be of a change that was made.
    """

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        super().__init__(connection, capabilities.query, capabilities.rows)
        self.url, self.capabilities = connection.name, capabilities

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Remove, then add, in one transaction of the server; rolled back on any failure.

        The quads are sent as they come: any number fits into one change.
        """
        steps = [(action, _started(quads)) for action, quads in (("DELETE", remove), ("ADD", add))]
        if not any(quads for _, quads in steps):
            return
        transaction = self._begin()
        try:
            for action, quads in steps:
                if quads is not None:
                    self._act(transaction, action, quads)
            self._connection.fetch(Call("PUT", transaction, params={"action": "COMMIT"}))
        except BaseException:
            self._roll_back(transaction)
            raise

    def size(self) -> int:
        """Count the quads."""
        return read_size(self._connection, self.url)

    def check(self) -> None:
        """Raise StoreError where the repository is not healthy, by GraphDB's word, or silent."""
        if self.capabilities.kind is Kind.GRAPHDB:
            health = Call("GET", f"{self.url}/health", params={"passive": "5"}, is_repeatable=True)
            self._connection.fetch(health)
        else:
            super().check()

    def _begin(self) -> str:
        """Begin a transaction; its address is ours, whatever name the server has inside."""
        # one that is begun twice holds nothing, and ends by itself
        call = Call("POST", f"{self.url}/transactions", is_repeatable=True)
        headers, _ = self._connection.fetch(call)
        location = headers.get("Location", "").rstrip("/").rpartition("/")[2]
        if not location:
            raise StoreError(f"{self.url}/transactions: the answer names no transaction")
        return f"{self.url}/transactions/{location}"

    def _act(self, transaction: str, action: str, quads: Iterator[Quad]) -> None:
        params = {"action": action}
        self._connection.fetch(
            Call("PUT", transaction, _chunks(quads), params=params, headers=N_QUADS)
        )

    def _roll_back(self, transaction: str) -> None:
        """Undo what can be undone; the first error is the one to report."""
        try:
            self._connection.try_out(Call("DELETE", transaction))
        except StoreError:
            return


def read_size(connection: Connection, repository: str) -> int:
    """Ask a repository how many quads it holds."""
    call = Call("GET", f"{repository}/size", is_repeatable=True)
    text = connection.fetch(call)[1].decode(errors="replace").strip()
    if not text.isdecimal():
        raise StoreError(f"{repository}/size: not a number: {text[:80]!r}")
    return int(text)


def _started(quads: Iterable[Quad]) -> Iterator[Quad] | None:
    """Look whether there is anything to send; None where there is not."""
    walk = iter(quads)
    first = next(walk, None)
    return None if first is None else chain((first,), walk)


def _chunks(quads: Iterator[Quad]) -> Iterator[bytes]:
    while chunk := list(islice(quads, QUADS_A_CHUNK)):
        yield serialize(chunk, format=RdfFormat.N_QUADS) or b""
