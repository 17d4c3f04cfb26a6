"""A server that must not be asked, and one that runs a query as an engine with a network would."""

import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, Store

from app.sandbox.workers import Worker

E = "http://e/"
UNGATED = """
from app.sandbox import worker_process
from app.sandbox.query_gate import Admitted
worker_process.admit = lambda query: Admitted(query, ())
worker_process.main()
"""
"""A query process whose gate overlooks everything, so that its network is tried."""
_FRESH = re.compile("<BlankNode value=[0-9a-f]+>|_:[0-9a-f]+")
RDF_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


class UngatedWorker(Worker):
    """A worker whose gate overlooks everything."""

    program = ("-c", UNGATED)


@dataclass(slots=True)
class Asked:
    """An address of loopback, and how often it was asked."""

    address: str
    connections: list[object] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.connections)


@contextmanager
def listening() -> Generator[Asked]:
    """Count who connects, and close at once."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        asked = Asked(f"http://127.0.0.1:{server.getsockname()[1]}/")
        threading.Thread(target=_accept, args=(server, asked), daemon=True).start()
        yield asked
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, asked: Asked) -> None:
    with suppress(OSError):
        while True:
            connection, peer = server.accept()
            asked.connections.append(peer)
            connection.close()


def small_store() -> Store:
    """A few triples, so that what is joined with them is asked."""
    a, p, of_class = NamedNode(E + "a"), NamedNode(E + "p"), NamedNode(E)
    with_port = NamedNode("http://e:80")
    store = Store()
    for value in (Literal(1), Literal(value=True), Literal("a"), Literal("a", language="en"), a):
        store.add(Quad(a, p, value, NamedNode(E + "g")))
    for property_ in (RDF_TYPE, a, NamedNode(E + "q")):
        store.add(Quad(a, property_, of_class))
    store.add(Quad(a, RDF_TYPE, with_port))
    return store


def rows(store: Store, text: str) -> list[str] | None:
    """Ask an engine that has a network, and give what it found in order; None where it cannot."""
    try:
        found = store.query(text, use_default_graph_as_union=True)
        if isinstance(found, QueryBoolean):
            return [str(bool(found))]
        items = (_FRESH.sub("_", str(item)) for item in islice(found, 300))
        return sorted(items)
    except (SyntaxError, ValueError, RuntimeError, OSError):
        return None
