"""Any server of the SPARQL 1.1 protocol: Virtuoso, Fuseki, QLever and others."""

from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import Quad, RdfFormat, serialize

from kg.stores import Row
from kg.stores.answers import AccessError, StoreError
from kg.stores.capabilities import Capabilities
from kg.stores.connection import Call, Connection
from kg.stores.journal import Change, journal_quads, read_journal
from kg.stores.querying import Querying, request
from kg.stores.updates import JOURNAL, batches, check_ground, delete_data, drop, insert_data

QUADS_AN_UPLOAD = 10_000
CHARACTERS_AN_UPLOAD = 5_000_000
NOT_UNITED = (
    "queries see no named graphs: set the server's default graph to the union of all "
    "(Fuseki: tdb2:unionDefaultGraph true)"
)


class SparqlStore:
    """A TripleStore without transactions: a change that broke off is done by the next change.

    Removals are DELETE DATA; additions go to the graph store where there is one (on Virtuoso twenty
    times as fast), else they are INSERT DATA. Both can be repeated, and are tried again.
    """

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        self.url, self.capabilities = connection.name, capabilities
        self._connection = connection
        self.querying = Querying(
            connection, capabilities.query, capabilities.rows, keeps_spelling=False
        )
        self._is_united = capabilities.unites_graphs

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def select(self, query: str) -> Iterator[Row]:
        """Answer a SELECT; a row is read when it is asked for."""
        return self.querying.select(query)

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Finish what an earlier change left, then remove, then add; in bounded requests."""
        if self.capabilities.update is None:
            raise AccessError(f"{self.url}: the server takes no updates from us")
        self._finish_earlier()
        new = dict.fromkeys(add)
        old = dict.fromkeys(quad for quad in remove if quad not in new)
        if not old and not new:
            return
        check_ground((*old, *new))
        change = Change(tuple(old), tuple(new))
        entries, end = journal_quads(change)
        self._add(entries)
        self._add([end])
        self._make(change)
        self._check_union()

    def size(self) -> int:
        """Count the quads, but for those that the server keeps for itself."""
        (row,) = self.select(request("size"))
        return int(getattr(row["quads"], "value", 0))

    def check(self) -> None:
        """Raise StoreError where the server does not answer."""
        next(self.select(request("some_triple")), None)

    def _finish_earlier(self) -> None:
        rows = list(self.select(request("journal")))
        change = read_journal(rows)
        if change is not None:
            self._make(change)
        elif rows:
            self._update(drop(JOURNAL))

    def _make(self, change: Change) -> None:
        for batch in batches(_by_graph(change.remove)):
            self._update(delete_data(batch))
        self._add(change.add)
        self._update(drop(JOURNAL))

    def _add(self, quads: Sequence[Quad]) -> None:
        if self.capabilities.graph_store is None:
            for batch in batches(_by_graph(quads)):
                self._update(insert_data(batch))
            return
        for graph in dict.fromkeys(quad.graph_name for quad in quads):
            within = (quad for quad in quads if quad.graph_name == graph)
            for batch in batches(within, QUADS_AN_UPLOAD, CHARACTERS_AN_UPLOAD):
                self._upload(self.capabilities.graph_store, batch)

    def _upload(self, graph_store: str, batch: Sequence[Quad]) -> None:
        graph = getattr(batch[0].graph_name, "value", "")
        content = serialize((quad.triple for quad in batch), format=RdfFormat.N_TRIPLES)
        self._connection.fetch(upload_call(graph_store, graph, content or b""))

    def _update(self, text: str) -> None:
        self._connection.fetch(update_call(str(self.capabilities.update), text))

    def _check_union(self) -> None:
        """Look, once something stands in a graph, whether queries find it."""
        if self._is_united is None:
            self._is_united = self.querying.unites_graphs()
        if self._is_united is False:
            raise StoreError(f"{self.url}: {NOT_UNITED}")


def update_call(address: str, text: str) -> Call:
    """An update of ground triples, which may be sent twice."""
    return Call("POST", address, form={"update": text}, is_repeatable=True)


def upload_call(graph_store: str, graph: str, content: bytes) -> Call:
    """Add N-Triples to a graph; they have no blank nodes and may be sent twice."""
    headers = {"Content-Type": RdfFormat.N_TRIPLES.media_type}
    params = {"graph": graph}
    return Call("POST", graph_store, content, params=params, headers=headers, is_repeatable=True)


def _by_graph(quads: Iterable[Quad]) -> list[Quad]:
    return sorted(quads, key=lambda quad: str(quad.graph_name))
