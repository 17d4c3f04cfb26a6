"""The process that answers one query at a time, and may be killed at any moment.

Run as ``python -P -m app.query_worker MEMORY_BYTES``. It reads a JSON line a query from stdin and
writes, for each, a JSON line about the answer and then ``size`` bytes of it to stdout.
"""

import json
import resource
import sys
from dataclasses import asdict, dataclass
from typing import BinaryIO

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from app.serialising import Reply, Shape, TooLargeError, written


@dataclass(frozen=True, slots=True)
class Order:
    """One query and its limits; ``bindings`` and ``triples`` are media types for either answer.

    An empty ``snapshot`` is an empty graph. Without graphs the union of all is asked, unless the
    query says FROM (``names_dataset``): the union flag would override it silently.
    """

    query: str
    snapshot: str
    bindings: str
    triples: str
    max_rows: int
    max_bytes: int
    cpu_s: int
    names_dataset: bool = False
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


def answer(store: Store, order: Order) -> Reply:
    """Ask the store; errors of the query come back as replies."""
    try:
        return written(_result(store, order), _shape(order))
    except SyntaxError as error:
        return Reply("invalid", body=str(error).encode())
    except (ValueError, RuntimeError) as error:  # RuntimeError: an unknown function
        outcome = "too_large" if isinstance(error, TooLargeError) else "invalid"
        return Reply(outcome, body=str(error).encode())


def _result(store: Store, order: Order) -> QuerySolutions | QueryBoolean | QueryTriples:
    if order.default_graphs or order.named_graphs:
        return store.query(
            order.query,
            default_graph=[NamedNode(iri) for iri in order.default_graphs],
            named_graphs=[NamedNode(iri) for iri in order.named_graphs],
        )
    return store.query(order.query, use_default_graph_as_union=not order.names_dataset)


def _shape(order: Order) -> Shape:
    return Shape(order.bindings, order.triples, order.max_rows, order.max_bytes)


def serve(orders: BinaryIO, replies: BinaryIO) -> None:
    """Answer orders until the stream ends; a new snapshot is opened when an order names one."""
    path, store = "", Store()
    for line in orders:
        order = Order(**json.loads(line))
        if order.snapshot != path:
            path = order.snapshot
            store = Store.read_only(path) if path else Store()
        _limit_cpu(order.cpu_s)
        _send(replies, answer(store, order))


def _limit_cpu(seconds: int) -> None:
    """End this process by the kernel if its parent is no longer there to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _send(replies: BinaryIO, reply: Reply) -> None:
    head = asdict(reply) | {"body": len(reply.body)}
    replies.write(json.dumps(head).encode() + b"\n" + reply.body)
    replies.flush()


def main() -> None:
    """Limit this process's memory, then serve stdin and stdout."""
    memory_bytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
