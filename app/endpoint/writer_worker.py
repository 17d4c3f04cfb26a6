"""The process that writes the next snapshot; killed at any moment, it changes nothing.

Run as ``python -P -m app.endpoint.writer_worker ROOT MEMORY_BYTES``. It takes the lock of the
snapshots, says whether it has it, and then follows orders, a JSON line each, until COMMIT publishes
or the stream ends. Each is answered by a JSON line and then ``body`` bytes, on stdout.
"""

import json
import resource
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from pyoxigraph import DefaultGraph, Quad, RdfFormat, parse

from app.endpoint.counting import size_of
from app.endpoint.errors import ProtocolError
from app.endpoint.streaming import whole
from app.endpoint.terms import Pattern, graph_of, matching
from app.sandbox.query_gate import update_refusal
from app.sandbox.results import Reply, TooLargeError
from app.sandbox.worker_process import Order, answer, leave_network
from kg.snapshots.snapshot import SnapshotError, WriterBusyError, next_snapshot
from kg.stores.answers import StoreError, one_line
from kg.stores.embedded import EmbeddedStore

BULK_BYTES = 2_000_000
"""From here on an upload is read twice, checked and then loaded, instead of held in memory."""

Action = Literal["add", "remove", "clear", "update", "query", "statements", "size", "commit"]


@dataclass(frozen=True, slots=True)
class WriteOrder:
    """One step of a write.

    ``path`` is a file with RDF in ``media_type`` (add, remove), ``text`` an update. ``pattern`` is
    what is cleared, read or counted, and its contexts where an upload goes. A query comes as the
    fields of an ``Order``.
    """

    action: Action
    text: str = ""
    path: str = ""
    media_type: str = ""
    base: str = ""
    pattern: Pattern = field(default_factory=Pattern)
    query: dict[str, object] | None = None
    max_bytes: int = 0
    cpu_s: int = 0


class RolledBackError(RuntimeError):
    """The orders ended without a commit."""


def serve(root: Path, orders: BinaryIO, replies: BinaryIO) -> None:
    """Follow orders until one commits, or until they end; raises RolledBackError then."""
    try:
        with next_snapshot(root) as store:
            send(replies, Reply("ok"))
            for order in _until_commit(orders):
                send(replies, _followed(store, order))
    except WriterBusyError:
        send(replies, Reply("busy", body=b"Another writer is at work: try again soon"))
    except (SnapshotError, StoreError, OSError) as error:
        send(replies, Reply("failed", body=one_line(error).encode()))
    else:
        send(replies, Reply("ok"))


def _until_commit(orders: BinaryIO) -> Iterator[WriteOrder]:
    for line in orders:
        given = json.loads(line)
        order = WriteOrder(**given | {"pattern": Pattern(**given["pattern"])})
        _limit_cpu(order.cpu_s)
        if order.action == "commit":
            return
        yield order
    raise RolledBackError


def _followed(store: EmbeddedStore, order: WriteOrder) -> Reply:
    """Do one thing; what is wrong with the order itself comes back as a reply."""
    try:
        return _ACTIONS[order.action](store, order)
    except TooLargeError as error:
        return Reply("too_large", body=str(error).encode())
    except (SyntaxError, ValueError, RuntimeError, ProtocolError) as error:
        return Reply("invalid", body=one_line(error).encode())


def _add(store: EmbeddedStore, order: WriteOrder) -> Reply:
    """Add what a file says; a file that cannot be read to its end adds nothing."""
    if Path(order.path).stat().st_size < BULK_BYTES:
        store.change(remove=(), add=_uploaded(order))
    else:
        deque(_uploaded(order), maxlen=0)
        store.bulk_load(_uploaded(order))
    return Reply("ok")


def _uploaded(order: WriteOrder) -> Iterator[Quad]:
    """Read a file; contexts, where given, stand in place of the graphs it names."""
    graphs = [graph_of(context) for context in order.pattern.contexts]
    is_addition = order.action == "add"
    quads = parse(
        path=order.path,
        format=RdfFormat.from_media_type(order.media_type),
        base_iri=order.base or None,
        # _:b of two files are two things; what is removed has the name that we told
        rename_blank_nodes=is_addition,
    )
    for quad in quads:
        for graph in graphs or [quad.graph_name]:
            yield Quad(quad.subject, quad.predicate, quad.object, graph)


def _remove(store: EmbeddedStore, order: WriteOrder) -> Reply:
    """Remove what a file says, from all graphs where it names none, as RDF4J does."""
    deque(_uploaded(order), maxlen=0)
    is_anywhere, engine = not order.pattern.contexts, store.engine
    for quad in _uploaded(order):
        is_unnamed = isinstance(quad.graph_name, DefaultGraph)
        graph = None if is_anywhere and is_unnamed else quad.graph_name
        terms = quad.subject, quad.predicate, quad.object
        _drop(store, engine.quads_for_pattern(*terms, graph))
    return Reply("ok")


def _clear(store: EmbeddedStore, order: WriteOrder) -> Reply:
    """Remove what a pattern means, and the names of graphs that are cleared whole."""
    engine, pattern = store.engine, order.pattern
    if not pattern.has_terms and not pattern.contexts:
        store.has_changed = store.has_changed or bool(engine)
        engine.clear()
        return Reply("ok")
    _drop(store, matching(engine, pattern))
    for context in () if pattern.has_terms else pattern.contexts:
        engine.remove_graph(graph_of(context))
    return Reply("ok")


def _drop(store: EmbeddedStore, quads: Iterable[Quad]) -> None:
    """Remove quads one by one: a large transaction of Oxigraph takes longer for each quad."""
    for quad in quads:  # they come from the store as it was when the walk began
        store.engine.remove(quad)
        store.has_changed = True


def _update(store: EmbeddedStore, order: WriteOrder) -> Reply:
    if reason := update_refusal(order.text):
        return Reply("refused", body=reason.encode())
    store.engine.update(order.text)
    store.has_changed = True
    return Reply("ok")


def _query(store: EmbeddedStore, order: WriteOrder) -> Reply:
    return answer(store.engine, Order(**order.query or {}))  # type: ignore[arg-type]


def _statements(store: EmbeddedStore, order: WriteOrder) -> Reply:
    quads = matching(store.engine, order.pattern)
    return Reply("ok", order.media_type, body=whole(quads, order.media_type, order.max_bytes))


def _size(store: EmbeddedStore, order: WriteOrder) -> Reply:
    return Reply("ok", body=str(size_of(store.engine, order.pattern.contexts)).encode())


_ACTIONS: dict[Action, Callable[[EmbeddedStore, WriteOrder], Reply]] = {
    "add": _add,
    "remove": _remove,
    "clear": _clear,
    "update": _update,
    "query": _query,
    "statements": _statements,
    "size": _size,
}


def _limit_cpu(seconds: int) -> None:
    """End this process by the kernel if its parent is no longer there to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def send(replies: BinaryIO, reply: Reply) -> None:
    """Write a reply: a line about it, then its body."""
    head = asdict(reply) | {"body": len(reply.body)}
    replies.write(json.dumps(head).encode() + b"\n" + reply.body)
    replies.flush()


def main() -> None:
    """Limit what this process may do, then serve stdin and stdout."""
    root, memory_bytes = Path(sys.argv[1]), int(sys.argv[2])
    leave_network()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        serve(root, sys.stdin.buffer, sys.stdout.buffer)
    except RolledBackError:
        sys.exit(1)


if __name__ == "__main__":
    main()
