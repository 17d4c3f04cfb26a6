"""The server as a process: what it answers where, and that nothing of it stays behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx

from tests.nights import COMMAND

SERVE = (
    "import sys; from app.server import serve; from app.settings import load_settings; "
    "serve(load_settings(port=int(sys.argv[1])), print)"
)
START_S = 60


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def wait_until_answered(server: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.ConnectError):
            httpx.get(f"{address}/api/health")
            return
    raise AssertionError("the server does not answer")


def children(pid: int) -> list[int]:
    lists = (task / "children" for task in Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for listed in lists for child in listed.read_text().split()]


def test_one_process_serves_all_and_ends_with_its_query_processes(data_folder: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"GUTBRAIN_DATA": str(data_folder)}
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    wait_until_answered(server, address)

    page = httpx.get(f"{address}/entity?id=NCBITaxon:853")
    health = httpx.get(f"{address}/api/health")
    answer = httpx.get(f"{address}/sparql", params={"query": "ASK { ?s ?p ?o }"})
    write = httpx.post(f"{address}/repositories/gutbrain/statements", content=b"")
    workers = children(server.pid)
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=60)

    assert (page.status_code, health.json()["status"], answer.json()["boolean"]) == (
        200,
        "ok",
        True,
    )
    assert write.status_code == 405
    for response in (page, health, answer, write):
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_a_taken_port_is_said_before_any_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve", "--port", port, "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "explorer at" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_where_it_listens_is_said_once_it_does(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        found = re.search(r"explorer at (http://127\.0\.0\.1:\d+), stop with Ctrl\+C", line)
        assert found
        answer = httpx.get(f"{found[1]}/sparql", params={"query": "ASK {}"}, timeout=START_S)
        server.send_signal(signal.SIGTERM)
    assert answer.json()["boolean"] is True


def test_only_a_named_proxy_says_who_the_client_is(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    environment = os.environ | {
        "GUTBRAIN_ACCESS_LOG": str(log),
        "GUTBRAIN_TRUSTED_PROXIES": "127.0.0.2, 10.0.0.0/8",
    }
    command = [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        address = server.stderr.readline().split()[2].rstrip(",")
        for source in ("127.0.0.2", "127.0.0.3"):
            transport = httpx.HTTPTransport(local_address=source)
            with httpx.Client(transport=transport, timeout=START_S) as client:
                client.get(f"{address}/protocol", headers={"X-Forwarded-For": "192.0.2.7"})
        server.send_signal(signal.SIGTERM)
    clients = [json.loads(line)["client"] for line in log.read_text().splitlines()]
    assert clients == ["192.0.2.7", "127.0.0.3"]


def test_an_access_log_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)]
    environment = os.environ | {"GUTBRAIN_ACCESS_LOG": str(tmp_path / "no" / "access.log")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode != 0
    assert f"access_log: cannot write {tmp_path}/no/access.log: No such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_few_descriptors_are_said_at_the_start(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)]
    limited = ["sh", "-c", 'ulimit -n 512; exec "$0" "$@"', *command]
    with subprocess.Popen(limited, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        server.send_signal(signal.SIGTERM)
    assert "at most 256 connections at once: `ulimit -n` is 512" in line
