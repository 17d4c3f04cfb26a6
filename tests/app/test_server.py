"""The server as a process: what it answers where, and that nothing of it stays behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx

SERVE = "import sys; from app.server import serve; serve('127.0.0.1', int(sys.argv[1]))"
START_S = 60
TOKEN = "a-token-for-tests"


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
    environment = os.environ | {
        "GUTBRAIN_DATA": str(data_folder),
        "GUTBRAIN_WRITE_TOKEN": TOKEN,
    }
    server = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    wait_until_answered(server, address)

    page = httpx.get(f"{address}/entity?id=NCBITaxon:853")
    health = httpx.get(f"{address}/api/health")
    answer = httpx.get(f"{address}/sparql", params={"query": "ASK { ?s ?p ?o }"})
    begun = httpx.post(f"{address}/repositories/gutbrain/transactions", auth=("me", TOKEN))
    inside = httpx.put(f"{begun.headers['location']}?action=SIZE", auth=("me", TOKEN), timeout=120)
    workers = children(server.pid)
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=60)

    assert (page.status_code, health.json()["status"], answer.json()["boolean"]) == (
        200,
        "ok",
        True,
    )
    assert int(inside.text) == health.json()["quads"]
    for response in (page, health, answer, inside):
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
    assert len(workers) >= 2  # one for queries, one for the transaction
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
