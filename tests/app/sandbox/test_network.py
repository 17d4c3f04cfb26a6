"""A query process has no network, also where it may not leave it; real filters of the kernel."""

import errno
import logging
import socket
import struct
import subprocess
import sys

import pytest

from app.sandbox import network
from app.sandbox.network import (
    MACHINES,
    Machine,
    Network,
    network_of_worker,
    socket_filter,
    this_machine,
    warn_of_open_network,
)
from tests.app.sandbox.asking import UNGATED, listening

ALLOWED, DENIED = 0x7FFF0000, 0x00050000 | errno.EPERM
I386, X32_SOCKET, IO_URING_SETUP = 0x40000003, 0x40000000 + 41, 425
REFUSING = """
import ctypes, struct, sys
from app.sandbox.network import install_filter, this_machine
machine = this_machine()
code = [(0x20, 0, 0, 0)]
for call in {calls}:
    code += [(0x15, 0, 1, getattr(machine, call)), (0x06, 0, 0, 0x50001)]
code += [(0x06, 0, 0, 0x7FFF0000)]
assert install_filter(machine, b"".join(struct.pack("HBBI", *line) for line in code))
"""
"""Denies system calls, as the profile of a container does; what a process starts inherits it."""
needs_seccomp = pytest.mark.skipif(this_machine() is None, reason="no seccomp on this machine")


def run(code: str, *calls: str) -> str:
    """Run Python where some system calls are denied."""
    refusing = REFUSING.format(calls=calls)
    command = [sys.executable, "-c", refusing + code]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


def verdict(program: bytes, arch: int, call: int, argument: int = 0) -> int:
    """Run a filter as the kernel does (Documentation/networking/filter.rst)."""
    lines = list(struct.iter_unpack("HBBI", program))
    loaded, at = 0, 0
    while True:
        code, then, otherwise, value = lines[at]
        match code:
            case 0x20:
                loaded = {0: call, 4: arch, 16: argument}[value]
            case 0x15:
                at += then if loaded == value else otherwise
            case 0x35:
                at += then if loaded >= value else otherwise
            case 0x06:
                return value
            case _:
                raise AssertionError(code)
        at += 1


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
def test_the_filter_lets_only_local_sockets_be_made(machine: Machine) -> None:
    program, arch = socket_filter(machine), machine.audit_arch
    assert verdict(program, arch, machine.socket, socket.AF_UNIX) == ALLOWED
    for family in (socket.AF_INET, socket.AF_INET6, 16, 0, 2**32 - 1):
        assert verdict(program, arch, machine.socket, family) == DENIED
    for call in (0, 1, machine.socket - 1, machine.socket + 1, 424, 426, 0x3FFFFFFF):
        assert verdict(program, arch, call, socket.AF_INET) == ALLOWED


@pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
def test_the_filter_lets_no_other_way_be_taken(machine: Machine) -> None:
    program, arch = socket_filter(machine), machine.audit_arch
    assert verdict(program, arch, IO_URING_SETUP, 1) == DENIED
    assert verdict(program, arch, X32_SOCKET, socket.AF_UNIX) == DENIED
    assert verdict(program, arch, 0x40000000) == DENIED
    others = {each.audit_arch for each in MACHINES.values()} - {arch} | {I386}
    assert {verdict(program, other, 0) for other in others} == {DENIED}


@needs_seccomp
def test_sockets_are_refused_by_the_kernel_in_every_thread() -> None:
    code = """
import errno, socket, threading
from app.sandbox.network import close_network
found, go = [], threading.Event()
def connect():
    go.wait()
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.socket(family)
        except OSError as error:
            found.append(errno.errorcode[error.errno])
thread = threading.Thread(target=connect)
thread.start()
assert close_network()
go.set()
thread.join()
socket.socketpair()
print(*found)
"""
    assert run(code) == "EPERM EPERM"


@needs_seccomp
@pytest.mark.parametrize(
    ("denied", "found"),
    [(("unshare",), Network.CLOSED), (("unshare", "seccomp"), Network.OPEN)],
)
def test_where_a_namespace_is_denied_the_filter_is_left(
    denied: tuple[str, ...], found: Network
) -> None:
    code = "from app.sandbox.network import network_of_worker; print(network_of_worker())"
    assert run(code, *denied) == found


@needs_seccomp
@pytest.mark.parametrize(
    ("denied", "is_asked"), [(("unshare",), False), (("unshare", "seccomp"), True)]
)
def test_a_query_process_asks_nobody_where_a_namespace_is_denied(
    denied: tuple[str, ...], *, is_asked: bool
) -> None:
    """The second case shows that the first would have been asked."""
    code = """
import sys
from app.sandbox.answer import Limits, NoAnswerError, Query
from app.sandbox.worker_process import QueryOrder
from app.sandbox.workers import Worker
class UngatedWorker(Worker):
    program = ("-c", '''{ungated}''')
worker = UngatedWorker(Limits(timeout_s=60.0))
try:
    worker.ask(QueryOrder(Query("SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")))
except NoAnswerError as error:
    print(error.status, end=" ")
print(worker.ask(QueryOrder(Query("ASK {{}}"))) is not None)
worker.stop()
"""
    with listening() as asked:
        assert run(code.format(address=asked.address, ungated=UNGATED), *denied) == "400 True"
        assert bool(asked.count) is is_asked


def test_this_system_lets_a_process_give_up_its_network() -> None:
    if this_machine() is None:
        pytest.skip("no seccomp on this machine")
    assert network_of_worker() in {Network.LEFT, Network.CLOSED}


@pytest.mark.parametrize(("found", "count"), [(Network.OPEN, 1), (Network.CLOSED, 0)])
def test_an_open_network_is_said_in_the_log(
    found: Network, count: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(network, "network_of_worker", lambda: found)
    with caplog.at_level(logging.WARNING):
        warn_of_open_network()
    assert [record.levelname for record in caplog.records] == ["WARNING"] * count
