"""Any server of the SPARQL 1.1 protocol: Virtuoso, Fuseki, QLever and others.

Without transactions, a change is written down in a graph of its own before it is made: first this
journal, then a mark that it is all there, then the change is made, then the journal is dropped.
Whoever changes the store next finds a journal that was left behind: one with its mark is done
again, which changes nothing where it was done already; another one is dropped, since nothing of its
change was made. Updates are texts of bounded length, every triple in its named graph.
"""

from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
    serialize,
)

from kg.stores import Row
from kg.stores.address import Capabilities
from kg.stores.answers import AccessError, StoreError
from kg.stores.connection import Call, Connection
from kg.stores.embedded import data_update
from kg.stores.querying import Querying, request

MOST_QUADS = 1_000
"""Virtuoso refuses a text of 3,000 triples: its SQL would have more than 10,000 lines."""
MOST_CHARACTERS = 500_000
JOURNAL = NamedNode("https://w3id.org/gutbrain/graph/journal")
_DROP_JOURNAL = f"DROP SILENT GRAPH {JOURNAL}"
_ENTRY = JOURNAL.value + "/"
_REMOVE, _ADD = NamedNode(_ENTRY + "remove"), NamedNode(_ENTRY + "add")
_END = Quad(NamedNode(_ENTRY + "end"), NamedNode(_ENTRY + "isWhole"), Literal("yes"), JOURNAL)
QUADS_AN_ENTRY = 500
CHARACTERS_AN_ENTRY = 15_000
"""Virtuoso takes no line of 100,000 bytes for N-Triples; escapes and UTF-8 lengthen an entry."""
QUADS_AN_UPLOAD = 10_000
CHARACTERS_AN_UPLOAD = 5_000_000
NOT_UNITED = (
    "queries see no named graphs: set the server's default graph to the union of all "
    "(Fuseki: tdb2:unionDefaultGraph true)"
)


Change = tuple[Sequence[Quad], Sequence[Quad]]
"""What is to be removed, then added."""


class SparqlStore(Querying):
    """A TripleStore without transactions: a change that broke off is done by the next change.

    Removals are DELETE DATA; additions go to the graph store where there is one (on Virtuoso twenty
    times as fast), else they are INSERT DATA. Both can be repeated, and are tried again.
    """

    keeps_spelling = False

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        super().__init__(connection, capabilities.query, capabilities.rows)
        self.url, self.capabilities = connection.name, capabilities
        self._is_united = capabilities.unites_graphs

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Finish what an earlier change left, then remove, then add; in bounded requests."""
        if self.capabilities.update is None:
            raise AccessError(f"{self.url}: the server does not accept updates from us")
        self._finish_earlier()
        new = dict.fromkeys(add)
        old = dict.fromkeys(quad for quad in remove if quad not in new)
        if not old and not new:
            return
        check_ground((*old, *new))
        change = (tuple(old), tuple(new))
        self._add([*_entries(_REMOVE, change[0]), *_entries(_ADD, change[1])])
        self._add([_END])
        self._make(change)
        self._check_union()

    def size(self) -> int:
        """Count the quads of our graphs; a server may keep others."""
        (row,) = self.select(request("size"))
        return int(getattr(row["quads"], "value", 0))

    def _finish_earlier(self) -> None:
        rows = list(self.select(request("journal")))
        change = read_journal(rows)
        if change is not None:
            self._make(change)
        elif rows:
            self._update(_DROP_JOURNAL)

    def _make(self, change: Change) -> None:
        remove, add = change
        for batch in batches(_by_graph(remove)):
            self._update(data_update("DELETE", batch))
        self._add(add)
        self._update(_DROP_JOURNAL)

    def _add(self, quads: Sequence[Quad]) -> None:
        if self.capabilities.graph_store is None:
            for batch in batches(_by_graph(quads)):
                self._update(data_update("INSERT", batch))
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
        """Look, once a graph holds something, whether queries find it."""
        if self._is_united is None:
            self._is_united = self.unites_graphs()
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


def read_journal(rows: Iterable[Row]) -> Change | None:
    """Read what ``requests/journal.rq`` found; None where it is empty or lacks its mark."""
    found = sorted((row for row in rows), key=lambda row: str(row["entry"]))
    if not any(row["entry"] == _END.subject for row in found):
        return None
    return tuple(_quads(found, _REMOVE)), tuple(_quads(found, _ADD))


def _entries(property_: NamedNode, quads: Sequence[Quad]) -> Iterator[Quad]:
    for number, batch in enumerate(batches(quads, QUADS_AN_ENTRY, CHARACTERS_AN_ENTRY)):
        name = NamedNode(f"{property_.value}/{number:08}")
        text = serialize(batch, format=RdfFormat.N_QUADS) or b""
        yield Quad(name, property_, Literal(text.decode()), JOURNAL)


def _quads(rows: Iterable[Row], property_: NamedNode) -> Iterator[Quad]:
    for row in rows:
        text = row["value"]
        if row["property"] == property_ and isinstance(text, Literal):
            yield from parse(text.value, RdfFormat.N_QUADS)


def batches(
    quads: Iterable[Quad], most: int = MOST_QUADS, longest: int = MOST_CHARACTERS
) -> Iterator[list[Quad]]:
    """Cut quads into lists of a bounded number and length, a longer quad alone."""
    batch: list[Quad] = []
    room = longest
    for quad in quads:
        length = len(str(quad))
        if batch and (len(batch) == most or length > room):
            yield batch
            batch, room = [], longest
        batch.append(quad)
        room -= length
    if batch:
        yield batch


def check_ground(quads: Iterable[Quad]) -> None:
    """Raise StoreError on quads whose request cannot be repeated: blank nodes, no graph."""
    for quad in quads:
        if isinstance(quad.graph_name, DefaultGraph | BlankNode):
            raise StoreError(f"A quad without a named graph cannot be written: {quad}")
        if not all(isinstance(e, NamedNode | Literal) for e in (quad.subject, quad.object)):
            raise StoreError(f"Only IRIs and literals can be written: {quad}")
