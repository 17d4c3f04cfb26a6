"""The process that answers one query at a time, and may be killed at any moment.

Run as ``python -P -m app.sandbox.worker_process MEMORY_BYTES``. It says that it is ready, then
reads a JSON line a query from stdin and writes, for each, a JSON line about the answer and then
``body`` bytes of it to stdout. It has no network where the system lets it give that up.
"""

import ctypes
import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from app.sandbox.results import Reply, Shape, TooLargeError, written

READY = b"ready\n"
_KEPT_SHARE = 4
"""A process that grew past this part of its memory ends after its answer: it would not shrink."""
_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER of sched.h


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


def serve(orders: BinaryIO, replies: BinaryIO, kept_bytes: int) -> None:
    """Answer orders until the stream ends; a new snapshot is opened when an order names one.

    Ends after an answer for which the process grew past ``kept_bytes``.
    """
    path, store = "", Store()
    replies.write(READY)
    replies.flush()
    for line in orders:
        order = Order(**json.loads(line))
        if order.snapshot != path:
            path = order.snapshot
            store = Store.read_only(path) if path else Store()
        _limit_cpu(order.cpu_s)
        reply = answer(store, order)
        is_last = _resident_bytes() > kept_bytes
        _send(replies, reply, is_last=is_last)
        if is_last:
            return


def _resident_bytes() -> int:
    """Count the memory held now; 0 where the system does not tell.

    Not ``ru_maxrss``: a process starts with that of the process that started it.
    """
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return 0
    return int(pages.read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def _limit_cpu(seconds: int) -> None:
    """End this process by the kernel if its parent is no longer there to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _send(replies: BinaryIO, reply: Reply, *, is_last: bool) -> None:
    head = asdict(reply) | {"body": len(reply.body), "is_last": is_last}
    replies.write(json.dumps(head).encode() + b"\n" + reply.body)
    replies.flush()


def leave_network() -> bool:
    """Move to a network without interfaces; False where the system does not let us.

    The gate already keeps SERVICE out: this is for what it may overlook.
    """
    if not sys.platform.startswith("linux"):
        return False
    unshare = ctypes.CDLL(None).unshare
    return unshare(_NEW_NETWORK) == 0 or unshare(_NEW_NETWORK | _NEW_USERS) == 0


def main() -> None:
    """Limit what this process may do, then serve stdin and stdout."""
    memory_bytes = int(sys.argv[1])
    leave_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    serve(sys.stdin.buffer, sys.stdout.buffer, memory_bytes // _KEPT_SHARE)


if __name__ == "__main__":
    main()
