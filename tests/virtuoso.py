"""A private Virtuoso: its own settings, database and ports on loopback, ended by its id."""

import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

BINARY = "virtuoso-t"
MOST_ROWS = 20_000
START_S = 180
USER = PASSWORD = "dba"  # of a database that is new
SETTINGS = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty_buffers}
DirsAllowed = {files}
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 8
[SPARQL]
ResultSetMaxRows = {most_rows}
MaxQueryCostEstimationTime = 100000
MaxQueryExecutionTime = {query_s}
"""


@dataclass(frozen=True, slots=True)
class Virtuoso:
    """Where it answers: SPARQL over HTTP, and SQL on a port of its own."""

    base: str
    sql_port: int
    pid: int

    @property
    def readable(self) -> str:
        """The address for anybody."""
        return f"{self.base}/sparql"

    @property
    def writable(self) -> str:
        """The address with the credentials of its owner."""
        return self.readable.replace("://", f"://{USER}:{PASSWORD}@")

    def clear(self) -> None:
        """Drop every graph that is not its own."""
        with httpx.Client(auth=httpx.DigestAuth(USER, PASSWORD), timeout=120) as client:
            asked = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "format": "text/csv"}
            rows = client.post(f"{self.base}/sparql", data=asked).text.splitlines()[1:]
            for graph in (row.strip('"') for row in rows):
                if graph.startswith(("http://x.org/", "https://w3id.org/")):
                    update = {"update": f"DROP SILENT GRAPH <{graph}>"}
                    client.post(f"{self.base}/sparql-auth", data=update).raise_for_status()


@contextmanager
def running_virtuoso(
    folder: Path, *, buffers: int = 10_000, most_rows: int = MOST_ROWS, query_s: int = 300
) -> Generator[Virtuoso]:
    """Run one for a block, its files in ``folder``; skips the test where it is not installed.

    It may load files that lie beside its folder.
    """
    binary = shutil.which(BINARY)
    if binary is None:
        pytest.skip(f"{BINARY} is not installed (apt-get install virtuoso-opensource-7-bin)")
    sql_port, port = _free_ports(2)
    settings = folder / "virtuoso.ini"
    sizes = {"buffers": buffers, "dirty_buffers": buffers * 3 // 4, "most_rows": most_rows}
    values = {"folder": folder, "files": folder.parent, "sql_port": sql_port, "port": port}
    settings.write_text(SETTINGS.format(**values, **sizes, query_s=query_s))
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen([binary, "-c", settings, "+foreground"], stdout=log, stderr=log)
        try:
            server = Virtuoso(f"http://127.0.0.1:{port}", sql_port, process.pid)
            _await(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(server: Virtuoso, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            if httpx.get(server.readable, params={"query": "ASK {}"}, timeout=30).is_success:
                return
        except httpx.TransportError:
            assert not _has_ended(process), "Virtuoso ended at once"
    pytest.fail(f"Virtuoso did not answer within {START_S} s")


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Wait a moment for the process to end; tells whether it did."""
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
