"""Query processes: they answer, they are cut, they are killed, they see the newest snapshot."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from app.sandbox.answer import (
    AnswerTooLargeError,
    CrowdedError,
    Limits,
    NoAnswerError,
    Query,
    RefusedError,
    UnavailableError,
)
from app.sandbox.worker_process import QueryOrder, Reply
from app.sandbox.workers import Worker, WorkerSandbox, bare_environment
from kg.snapshots.snapshot import current_snapshot, next_snapshot

VALUES = " ".join(map(str, range(200)))
BOMB = (
    f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ {VALUES} }} VALUES ?b {{ {VALUES} }} "
    f"VALUES ?c {{ {VALUES} }} VALUES ?d {{ {VALUES} }} VALUES ?e {{ {VALUES} }} }}"
)


@pytest.fixture
def sandbox(data_folder: Path) -> Iterator[WorkerSandbox]:
    snapshot = current_snapshot(data_folder / "graph")
    assert snapshot is not None
    opened = WorkerSandbox(lambda: str(snapshot.graph), Limits(1.0, max_rows=5, max_bytes=20_000))
    yield opened
    opened.close()


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_the_union_of_all_graphs_is_asked(sandbox: WorkerSandbox) -> None:
    answer = sandbox.answer(Query("ASK { ?a a ?association . ?e ?supports ?a }"))

    assert json.loads(answer.body)["boolean"] is True


def test_a_bomb_dies_at_the_limit_while_another_query_answers(sandbox: WorkerSandbox) -> None:
    sandbox.answer(Query("ASK {}"))
    pids = {worker.process.pid for worker in sandbox.workers if worker.process}
    with ThreadPoolExecutor() as pool:
        bomb = pool.submit(sandbox.answer, Query(BOMB))
        assert sandbox.answer(Query("ASK {}")).body
        assert not bomb.done()
        with pytest.raises(UnavailableError, match=r"stopped at its limit of 1 s$"):
            bomb.result()

    started = [worker.process for worker in sandbox.workers if worker.process]
    assert [process.poll() for process in started] == [None] * len(started)  # one was replaced
    assert len(pids - {process.pid for process in started}) <= 1
    with pytest.raises(CrowdedError, match="had to be stopped: try again in 2 s"):
        sandbox.answer(Query("ASK {}"))
    assert sandbox.answer(Query("ASK {}", client="another")).body


def test_a_folder_of_the_user_s_that_is_called_app_is_not_run(
    sandbox: WorkerSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('not ours')\n")
    monkeypatch.chdir(tmp_path)
    assert json.loads(sandbox.answer(Query("ASK {}")).body)["boolean"] is True


def test_closing_ends_every_process(sandbox: WorkerSandbox) -> None:
    sandbox.answer(Query("ASK {}"))
    pids = [worker.process.pid for worker in sandbox.workers if worker.process]

    sandbox.close()

    assert pids
    assert not any(map(is_running, pids))


def test_rows_are_cut_at_the_cap_and_said_to_be(sandbox: WorkerSandbox) -> None:
    cut = sandbox.answer(Query("SELECT * { ?s ?p ?o }", "text/csv"))
    whole = sandbox.answer(Query("SELECT * { ?s ?p ?o } LIMIT 5", "text/csv"))

    assert (cut.is_truncated, len(cut.body.splitlines())) == (True, 6)
    assert not whole.is_truncated


def test_triples_are_cut_at_the_cap_and_said_to_be(sandbox: WorkerSandbox) -> None:
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"

    cut = sandbox.answer(Query(query, triples="application/n-triples"))

    assert (cut.is_truncated, len(cut.body.splitlines())) == (True, 5)


def test_too_many_bytes_are_refused(sandbox: WorkerSandbox) -> None:
    long = "x" * 15_000

    with pytest.raises(AnswerTooLargeError, match="20,000 bytes"):
        sandbox.answer(Query(f'SELECT (CONCAT("{long}", "{long}") AS ?text) {{ }}'))


def test_a_parser_names_the_place_of_an_error(sandbox: WorkerSandbox) -> None:
    with pytest.raises(NoAnswerError, match="1:17"):
        sandbox.answer(Query("SELECT * { ?s ?p"))


def test_what_the_gate_refuses_costs_no_process_and_no_rest(sandbox: WorkerSandbox) -> None:
    pids = list[int]()
    for _ in range(2):
        for _worker in sandbox.workers:
            with pytest.raises(RefusedError, match="SERVICE"):
                sandbox.answer(Query("SELECT * { SERVICE <http://127.0.0.1:9/> { } }"))
        pids += [worker.process.pid for worker in sandbox.workers if worker.process]
    assert len(set(pids)) == len(sandbox.workers)
    assert sandbox.answer(Query("ASK {}")).body


def test_a_query_that_says_from_sees_that_graph_only(sandbox: WorkerSandbox) -> None:
    graph = "https://w3id.org/gutbrain/graph/"
    query = "ASK {} {{ ?a a <https://w3id.org/biolink/vocab/Association> }}"

    in_concepts = sandbox.answer(Query(query.format(f"FROM <{graph}concepts>")))
    in_assertions = sandbox.answer(Query(query.format(""), default_graphs=(f"{graph}assertions",)))

    assert json.loads(in_concepts.body)["boolean"] is False
    assert json.loads(in_assertions.body)["boolean"] is True


def test_a_new_snapshot_is_seen_by_the_next_query(tmp_path: Path) -> None:
    def current() -> str:
        snapshot = current_snapshot(tmp_path)
        return str(snapshot.graph) if snapshot else ""

    sandbox = WorkerSandbox(current, Limits())
    query = Query("SELECT ?o { ?s ?p ?o }", "text/csv")
    seen = [sandbox.answer(query).body.split()]
    for number in (1, 2):
        a = NamedNode("https://example.org/a")
        with next_snapshot(tmp_path) as store:
            store.change(remove=[], add=[Quad(a, a, Literal(number), a)])
        seen.append(sorted(sandbox.answer(query).body.split()))
    sandbox.close()

    assert seen == [[b"o"], [b"1", b"o"], [b"1", b"2", b"o"]]


def test_who_finds_no_place_is_told_when_to_come_again() -> None:
    sandbox = WorkerSandbox(lambda: "", Limits(30.0, workers=1, waiting=0))
    with closing(sandbox), ThreadPoolExecutor() as pool:
        crowded = pytest.raises(CrowdedError, match="try again in 5 s")
        with sandbox.queue.served("somebody", 0), crowded:
            pool.submit(sandbox.answer, Query("ASK {}")).result()
        assert sandbox.answer(Query("ASK {}")).body


def test_a_query_process_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GUTBRAIN_STORE_PASSWORD", "GUTBRAIN_API_KEY", "OPENAI_API_KEY", "NCBI_EMAIL"):
        monkeypatch.setenv(name, "s3cret-word")
    worker = Worker(Limits())
    worker.ask(QueryOrder(Query("ASK {}")))
    assert worker.process is not None
    process = Path("/proc", str(worker.process.pid))
    variables, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
    worker.stop()
    assert b"s3cret-word" not in command
    assert b"PATH=" in variables
    assert b"MALLOC_ARENA_MAX=2" in variables
    assert b"s3cret-word" not in variables


def test_a_query_process_inherits_no_socket() -> None:
    worker = Worker(Limits())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        worker.ask(QueryOrder(Query("ASK {}")))
        assert worker.process is not None
        opened = [str(file.readlink()) for file in Path(f"/proc/{worker.process.pid}/fd").iterdir()]
    worker.stop()
    assert any(name.startswith("pipe:") for name in opened)
    assert not any(name.startswith("socket:") for name in opened)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("signal.SIGSEGV", "nested too deeply"),
        ("signal.SIGABRT", "used up its 4,096 MiB of memory"),
        ("signal.SIGXCPU", "limit of processor time"),
        ("signal.SIGKILL", "stopped by the system"),
        ("signal.SIGTERM", r"failed over the query \(exit -15\)"),
    ],
)
def test_how_a_process_ended_is_said(code: str, reason: str) -> None:
    worker = Worker(Limits())
    dying = (
        f"import os, resource, signal; resource.setrlimit(4, (0, 0)); os.kill(os.getpid(), {code})"
    )
    worker.process = subprocess.Popen([sys.executable, "-c", dying])
    assert re.search(reason, worker.ending())


def test_a_query_that_is_nested_too_deeply_is_not_said_to_be_slow() -> None:
    brackets = f"ASK {{ FILTER({'(' * 30_000}1{')' * 30_000}) }}"
    sandbox = WorkerSandbox(lambda: "", Limits(60.0, workers=1))
    with closing(sandbox), pytest.raises(UnavailableError, match="nested too deeply"):
        sandbox.answer(Query(brackets))


def test_a_query_that_takes_too_much_memory_is_not_said_to_be_slow() -> None:
    doubled = " ".join(f"BIND (CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
    query = f'SELECT (STRLEN(?x40) AS ?n) {{ BIND ("aaaaaaaaaaaa" AS ?x0) {doubled} }}'
    sandbox = WorkerSandbox(lambda: "", Limits(60.0, memory_bytes=512 << 20, workers=1))
    with closing(sandbox), pytest.raises(UnavailableError, match="512 MiB of memory"):
        sandbox.answer(Query(query))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, NoAnswerError), (413, AnswerTooLargeError), (503, UnavailableError)],
)
def test_what_a_process_refuses_keeps_its_kind(status: int, kind: type[NoAnswerError]) -> None:
    reply = json.dumps(asdict(Reply(status, "text/plain", False, 4, False)))  # noqa: FBT003
    worker = Worker(Limits(60.0))
    says = f"print('ready'); print({reply!r}); print('none', end='', flush=True); input(); input()"
    worker.process = subprocess.Popen(
        [sys.executable, "-c", says], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with pytest.raises(NoAnswerError, match=r"^none$") as caught:
        worker.ask(QueryOrder(Query("ASK {}")))
    worker.stop()
    assert type(caught.value) is kind


def test_an_environment_is_bared_to_what_python_needs() -> None:
    kept = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "PYTHONPATH": ".", "TMPDIR": "/tmp"}
    assert bare_environment({**kept, "TOKEN": "x", "HTTP_PROXY": "http://u:p@e/"}) == kept


def children() -> set[int]:
    found = set[int]()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread of an earlier test that has just ended
            found.update(map(int, (task / "children").read_text().split()))
    return found


def test_a_spare_process_takes_the_place_of_one_that_was_killed() -> None:
    worker, others = Worker(Limits()), children()
    worker.ask(QueryOrder(Query("ASK {}")))
    two = children() - others
    assert len(two) == 2
    worker.kill()
    worker.restart()
    assert worker.process is not None
    assert worker.process.pid in two
    assert worker.ask(QueryOrder(Query("ASK {}"))) is not None
    worker.stop()
    assert children() <= others


def test_a_spare_process_that_ended_is_not_taken() -> None:
    worker, others = Worker(Limits()), children()
    worker.ask(QueryOrder(Query("ASK {}")))
    ended = children() - others
    for pid in ended:
        os.kill(pid, signal.SIGKILL)
    for pid in ended:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert worker.ask(QueryOrder(Query("ASK {}"))) is not None
    worker.stop()
