"""The query process: it answers, says what is wrong, makes room, and has no network."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
from pyoxigraph import Store

from app.sandbox import worker_process
from app.sandbox.answer import (
    JSON,
    Answer,
    AnswerTooLargeError,
    Limits,
    NoAnswerError,
    Query,
    RefusedError,
    UnavailableError,
)
from app.sandbox.worker_process import OUTSIDE, READY, QueryOrder, answer
from tests.app.sandbox.asking import UngatedWorker

SERVE = (
    "import json, sys; from app.sandbox.answer import Limits; "
    "from app.sandbox.worker_process import serve; "
    "serve(sys.stdin.buffer, sys.stdout.buffer, Limits(**json.loads(sys.argv[1])))"
)
ASK = QueryOrder(Query("ASK {}"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def replies_to(*orders: QueryOrder, limits: Limits) -> bytes:
    """Send orders to a process, all at once."""
    lines = "".join(json.dumps(asdict(order)) + "\n" for order in orders)
    command = [sys.executable, "-P", "-c", SERVE, json.dumps(asdict(limits))]
    return subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout


@pytest.mark.parametrize(("memory_bytes", "answered"), [(4, 1), (2**50, 2)])
def test_a_process_that_grew_makes_room_after_its_answer(memory_bytes: int, answered: int) -> None:
    replies = replies_to(ASK, ASK, limits=Limits(memory_bytes=memory_bytes))
    assert replies.startswith(READY)
    assert replies.count(b'"boolean":true') == answered
    assert replies.count(b'"is_last": true') == (1 if answered == 1 else 0)


def test_a_reply_says_what_is_wrong_and_the_process_goes_on() -> None:
    replies = replies_to(QueryOrder(Query("SELECT * {")), ASK, limits=Limits())
    assert (replies.count(b'"status": 400'), replies.count(b'"status": 200')) == (1, 1)


def test_what_the_gate_overlooked_would_find_no_network(listener: socket.socket) -> None:
    """Where the system lets a process give up its network; elsewhere the gate stands alone."""
    worker, address = UngatedWorker(Limits(timeout_s=60.0)), listener.getsockname()
    query = f"SELECT * {{ SERVICE SILENT <http://127.0.0.1:{address[1]}/> {{ ?s ?p ?o }} }}"
    with closing(socket.create_connection(address)):
        listener.accept()[0].close()
    given = worker.ask(QueryOrder(Query(query, "text/csv")))
    pid = worker.process.pid if worker.process else 0
    has_own = network_of(str(pid)) != network_of("self")
    worker.stop()
    if not has_own:
        pytest.skip("this system does not let a process give up its network")
    assert given is not None
    with pytest.raises(BlockingIOError):
        listener.accept()


def network_of(pid: str) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def test_the_union_is_asked_unless_the_query_says_from() -> None:
    store = Store()
    store.update("INSERT DATA { GRAPH <http://e/g> { <http://e/a> <http://e/b> 1 } }")
    text = "ASK {} {{ ?s ?p ?o }}"
    orders = (
        QueryOrder(Query(text.format(""))),
        QueryOrder(Query(text.format("FROM <http://e/other>"))),
        QueryOrder(Query(text.format(""), default_graphs=("http://e/g",))),
        QueryOrder(Query(text.format(""), default_graphs=("http://e/other",))),
    )
    given = [json.loads(answer(store, order, Limits()).body)["boolean"] for order in orders]
    assert given == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("SELECT * {", NoAnswerError, "1:11"),
        ("SELECT (<http://e/unknown>(1) AS ?x) { }", NoAnswerError, "unknown"),
        (f'SELECT ("{"x" * 200}" AS ?x) {{ }}', AnswerTooLargeError, "larger than 100 bytes"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(
    text: str, kind: type[NoAnswerError], reason: str
) -> None:
    with pytest.raises(NoAnswerError, match=reason) as caught:
        answer(Store(), QueryOrder(Query(text)), Limits(max_bytes=100))
    assert type(caught.value) is kind
    del caught  # its traceback holds rows that only this thread may let go of (pyoxigraph)


def test_a_graph_that_is_no_iri_is_said() -> None:
    with pytest.raises(NoAnswerError):
        answer(Store(), QueryOrder(Query("ASK {}", JSON, default_graphs=("no iri",))), Limits())


def test_a_query_that_tries_the_network_is_refused_and_the_process_goes_on() -> None:
    """The engine itself refuses port 9, with an OSError, before it opens a socket."""
    outside = QueryOrder(Query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))
    worker = UngatedWorker(Limits(timeout_s=60.0))
    with pytest.raises(NoAnswerError, match=f"^{OUTSIDE}$"):
        worker.ask(outside)
    assert worker.ask(ASK) is not None
    worker.stop()


def test_the_gate_is_asked_before_the_engine() -> None:
    refused = QueryOrder(Query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"))
    with pytest.raises(RefusedError, match="SERVICE"):
        answer(Store(), refused, Limits())
    replies = replies_to(refused, ASK, limits=Limits())
    assert (replies.count(b'"status": 403'), replies.count(b'"status": 200')) == (1, 1)


def test_an_answer_that_needs_too_much_memory_is_one_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(*_: object) -> Answer:
        raise MemoryError

    monkeypatch.setattr(worker_process, "write_answer", write)
    with pytest.raises(UnavailableError, match=r"used up its 2 MiB of memory"):
        answer(Store(), ASK, Limits(memory_bytes=2 << 20))
