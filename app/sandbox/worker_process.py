"""The process that answers one query at a time, and may be killed at any moment.

Run as ``python -P -m app.sandbox.worker_process LIMITS`` with the fields of ``Limits`` as JSON. It
says that it is ready, then reads a JSON line an order from stdin and writes, for each, a JSON line
about the answer and then ``size`` bytes of it to stdout. It has no network where the system lets
it give that up.
"""

import json
import math
import resource
import sys
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from app.sandbox.answer import (
    Answer,
    Limits,
    NoAnswerError,
    Query,
    UnavailableError,
    write_answer,
)
from app.sandbox.network import give_up_network
from app.sandbox.query_gate import Admitted, admit

READY = b"ready\n"
_KEPT_SHARE = 4
"""A process that grew past this part of its memory ends after its answer: it would not shrink."""
OUTSIDE = "The query asks for what is outside of this graph, or the graph cannot be read"
OUT_OF_MEMORY = "The query used up its {:,} MiB of memory"


@dataclass(frozen=True, slots=True)
class QueryOrder:
    """A query as it came, and the folder of the graph to ask; no folder is an empty graph."""

    query: Query
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The line about an answer: its HTTP status, and how many bytes follow."""

    status: int
    media_type: str
    is_truncated: bool
    size: int
    is_last: bool
    rows: int | None = None


def answer(store: Store, order: QueryOrder, limits: Limits) -> Answer:
    """Ask the store what the gate admits; raises NoAnswerError, also for what is no query.

    The gate works here, where it can be stopped and takes nothing from the server's other work.
    """
    try:
        return write_answer(_result(store, admit(order.query)), order.query, limits)
    except NoAnswerError:
        raise
    except (SyntaxError, ValueError, RuntimeError) as error:  # RuntimeError: an unknown function
        raise NoAnswerError(str(error)) from error
    except OSError as error:  # of the engine's own HTTP client, or of a damaged graph
        raise NoAnswerError(OUTSIDE) from error
    except MemoryError as error:
        raise UnavailableError(OUT_OF_MEMORY.format(limits.memory_bytes >> 20)) from error


def _result(store: Store, admitted: Admitted) -> QuerySolutions | QueryBoolean | QueryTriples:
    """Ask the union of all graphs, unless the request or the query (FROM) names some.

    The engine's flag for the union would override FROM silently.
    """
    query = admitted.query
    if query.default_graphs or query.named_graphs:
        return store.query(
            query.text,
            default_graph=[NamedNode(iri) for iri in query.default_graphs],
            named_graphs=[NamedNode(iri) for iri in query.named_graphs],
        )
    return store.query(query.text, use_default_graph_as_union=not admitted.graphs)


def serve(orders: BinaryIO, replies: BinaryIO, limits: Limits) -> None:
    """Answer orders until the stream ends, or until the process has grown too much.

    A graph is opened when an order names another one than before.
    """
    folder, store = "", Store()
    replies.write(READY)
    replies.flush()
    for line in orders:
        order = _order(json.loads(line))
        if order.folder != folder:
            folder = order.folder
            store = Store.read_only(folder) if folder else Store()
        _limit_cpu(math.ceil(limits.timeout_s) * 2)
        status, given = _answered(store, order, limits)
        is_last = _resident_bytes() > limits.memory_bytes // _KEPT_SHARE
        _send(replies, status, given, is_last=is_last)
        if is_last:
            return


def _order(given: dict[str, object]) -> QueryOrder:
    return QueryOrder(**given | {"query": Query(**given["query"])})  # type: ignore[arg-type]


def _answered(store: Store, order: QueryOrder, limits: Limits) -> tuple[int, Answer]:
    try:
        return HTTPStatus.OK, answer(store, order, limits)
    except NoAnswerError as error:
        return error.status, Answer(str(error).encode(), "text/plain")


def _resident_bytes() -> int:
    """Count the memory held now; 0 where the system does not say.

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


def _send(replies: BinaryIO, status: int, given: Answer, *, is_last: bool) -> None:
    size = len(given.body)
    reply = Reply(status, given.media_type, given.is_truncated, size, is_last, given.rows)
    replies.write(json.dumps(asdict(reply)).encode() + b"\n" + given.body)
    replies.flush()


def main() -> None:
    """Limit what this process may do, then serve stdin and stdout."""
    limits = Limits(**json.loads(sys.argv[1]))
    give_up_network()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    serve(sys.stdin.buffer, sys.stdout.buffer, limits)


if __name__ == "__main__":
    main()
