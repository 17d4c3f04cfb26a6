"""Transactions over HTTP: what is done in one is seen in it alone, until it is committed."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.endpoint.errors import ProtocolError
from app.endpoint.routes import close_service, routes, service_of
from app.endpoint.routing import Service
from app.endpoint.transactions import Transactions
from app.endpoint.writer import Writer
from app.endpoint.writer_worker import WriteOrder
from app.graph_access import sandbox_of
from app.settings import Settings
from kg.snapshots.snapshot import WriterBusyError, next_snapshot
from tests.endpoint_server import SECRET, TOKEN, served

REPOSITORY = "/repositories/gutbrain"
QUADS = {"Content-Type": "application/n-quads"}
ONE = "<http://e/a> <http://e/b> <http://e/c> <http://e/g> .\n"
TWO = ONE + "<http://e/a> <http://e/b> <http://e/d> <http://e/g> .\n"
DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    client: httpx.Client
    service: Service

    def size(self) -> int:
        return int(self.client.get(f"{REPOSITORY}/size").text)

    def begin(self) -> str:
        begun = self.client.post(f"{REPOSITORY}/transactions")
        assert begun.status_code == 201
        return begun.headers["location"]

    def act(self, transaction: str, action: str, **given: str) -> httpx.Response:
        return self.client.put(transaction, params={"action": action, **given})

    def upload(self, transaction: str, action: str, quads: str) -> httpx.Response:
        given = {"action": action}
        return self.client.put(transaction, params=given, content=quads, headers=QUADS)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_free(root: Path) -> bool:
    with suppress(WriterBusyError), next_snapshot(root):
        return True
    return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = Settings(data=tmp_path, write_token=SECRET)
    service = service_of(settings, sandbox_of(settings))
    auth = ("anybody", TOKEN)
    with (
        served(Starlette(routes=routes(service))) as base,
        httpx.Client(base_url=base, auth=auth, timeout=120) as client,
    ):
        yield Server(client, service)
    close_service(service)


def test_what_is_done_is_seen_inside_at_once_and_outside_after_the_commit(server: Server) -> None:
    inside = server.begin()
    assert server.act(inside, "PING").status_code == 200
    assert server.act(inside, "SIZE").text == "0"
    assert server.upload(inside, "ADD", TWO).status_code == 200
    assert server.upload(inside, "DELETE", ONE).status_code == 200
    text = "INSERT { GRAPH <http://e/h> { ?s ?p 1 } } WHERE { GRAPH <http://e/g> { ?s ?p ?o } }"
    assert server.act(inside, "UPDATE", update=text).status_code == 200

    asked = server.act(inside, "QUERY", query="SELECT ?o { ?s ?p ?o } ORDER BY ?o")
    values = [row["o"]["value"] for row in asked.json()["results"]["bindings"]]
    read = server.act(inside, "GET", context="<http://e/g>")
    assert sorted(values) == ["1", "http://e/d"]
    assert read.text == TWO.removeprefix(ONE)
    assert (server.act(inside, "SIZE", context="<http://e/h>").text, server.size()) == ("1", 0)

    assert server.act(inside, "COMMIT").status_code == 200
    assert server.size() == 2
    assert server.act(inside, "COMMIT").status_code == 404


def test_what_is_rolled_back_was_never_there(server: Server) -> None:
    inside = server.begin()
    server.upload(inside, "ADD", TWO)
    server.act(inside, "UPDATE", update="INSERT DATA { GRAPH <http://e/h> { <http://e/a> a 1 } }")
    assert server.act(inside, "SIZE").text == "3"

    assert server.client.delete(inside).status_code == 204
    assert server.size() == 0
    assert server.act(inside, "PING").status_code == 404


def test_a_mistake_inside_is_told_and_what_was_done_before_it_stands(server: Server) -> None:
    inside = server.begin()
    server.upload(inside, "ADD", ONE)

    assert server.upload(inside, "ADD", "nonsense").status_code == 400
    assert server.act(inside, "UPDATE", update="INSERT DATA { x }").status_code == 400
    assert server.act(inside, "UPDATE", update="LOAD <http://127.0.0.1:9/>").status_code == 403
    assert server.act(inside, "QUERY", query="ASK { SERVICE <http://e/> {} }").status_code == 403
    assert server.act(inside, "QUERY", query="SELECT * {").status_code == 400
    assert server.act(inside, "UPDATE").status_code == 400
    assert server.act(inside, "COMMIT").status_code == 200
    assert server.size() == 1


def test_actions_may_be_sent_in_the_body_as_rdf4j_does(server: Server) -> None:
    inside = server.begin()
    update = "INSERT DATA { GRAPH <http://e/g> { <http://e/a> a <http://e/b> } }"
    direct = {"Content-Type": "application/sparql-update"}

    done = server.client.put(f"{inside}?action=UPDATE", content=update, headers=direct)
    asked = server.client.post(f"{inside}?action=QUERY", data={"query": "ASK { ?s a ?o }"})
    assert (done.status_code, asked.json()["boolean"]) == (200, True)

    assert server.client.delete(inside).status_code == 204


def test_of_two_that_write_one_is_told_to_come_again(server: Server) -> None:
    first, second = server.begin(), server.begin()
    server.upload(first, "ADD", ONE)

    assert server.upload(second, "ADD", TWO).status_code == 503
    server.act(first, "COMMIT")
    assert server.upload(second, "ADD", TWO).status_code == 200
    assert server.act(second, "COMMIT").status_code == 200
    assert server.size() == 2


def test_a_transaction_whose_process_dies_is_lost_and_nothing_else(server: Server) -> None:
    inside = server.begin()
    server.upload(inside, "ADD", ONE)
    with server.service.transactions.using(inside.rpartition("/")[2]) as transaction:
        assert transaction.writer is not None
        transaction.writer.process.kill()
        transaction.writer.process.wait()

    assert server.act(inside, "COMMIT").status_code == 404
    assert server.size() == 0
    again = server.begin()
    server.upload(again, "ADD", ONE)
    assert (server.act(again, "COMMIT").status_code, server.size()) == (200, 1)


def test_a_transaction_that_nobody_uses_is_rolled_back_and_frees_the_graph(tmp_path: Path) -> None:
    transactions = Transactions(lambda: Writer(tmp_path, 60), idle_s=0.05)
    name = transactions.begin()
    with transactions.using(name) as transaction:
        transaction.ask(WriteOrder("size"))

    wait_until(lambda: not transactions.names)
    with pytest.raises(ProtocolError, match="No such transaction"):
        transactions.end(name, has_commit=True)
    wait_until(lambda: is_free(tmp_path))


def test_two_requests_do_not_work_in_one_transaction(tmp_path: Path) -> None:
    transactions = Transactions(lambda: Writer(tmp_path, 60), idle_s=60)
    name = transactions.begin()
    with transactions.using(name), pytest.raises(ProtocolError), transactions.using(name):
        pass
    transactions.close()
    assert transactions.names == ()
