"""How a query process gives up the network: a namespace without interfaces, and a seccomp filter.

The gate already keeps SERVICE out: this is for what it may overlook. Containers often deny
unshare(2), as Docker's default profile does; a process may always filter its own system calls.
Constants: sched.h, linux/prctl.h, linux/seccomp.h, linux/filter.h, linux/audit.h, asm/unistd.h.
"""

import ctypes
import logging
import platform
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from errno import EPERM

LOG = logging.getLogger(__name__)
OPEN_NETWORK = (
    "This system lets no process give up its network: only the gate keeps queries from others"
)
_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1
_CALL_NUMBER, _AUDIT_ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | EPERM
_FOREIGN_CALLS = 0x40000000
"""From here on the numbers are those of x32, a second set of calls on x86-64."""
_IO_URING_SETUP = 425
"""The same on all machines; its requests open sockets without a system call."""


class Network(StrEnum):
    """What a query process has of the network."""

    LEFT = "left by namespace"
    CLOSED = "closed by seccomp"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture of the kernel, and the numbers of its system calls."""

    audit_arch: int
    socket: int
    seccomp: int
    unshare: int


MACHINES = {
    "x86_64": Machine(0xC000003E, socket=41, seccomp=317, unshare=272),
    "aarch64": Machine(0xC00000B7, socket=198, seccomp=277, unshare=97),
}


class _Program(ctypes.Structure):
    """As struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def give_up_network() -> Network:
    """Take both ways out; says by which the network is gone."""
    is_left, is_closed = leave_network(), close_network()
    if is_left:
        return Network.LEFT
    return Network.CLOSED if is_closed else Network.OPEN


def leave_network() -> bool:
    """Move to a network without interfaces; False where the system does not let us."""
    if not sys.platform.startswith("linux"):
        return False
    unshare = ctypes.CDLL(None).unshare
    return unshare(_NEW_NETWORK) == 0 or unshare(_NEW_NETWORK | _NEW_USERS) == 0


def close_network() -> bool:
    """Let no thread of this process open a socket but a local one; False where that fails."""
    machine = this_machine()
    return machine is not None and install_filter(machine, socket_filter(machine))


def this_machine() -> Machine | None:
    """Say which architecture this is; None where its numbers are not known here."""
    if not sys.platform.startswith("linux") or sys.maxsize < 1 << 32:
        return None
    return MACHINES.get(platform.machine())


def socket_filter(machine: Machine) -> bytes:
    """Write the filter: another architecture's calls, io_uring and sockets get EPERM."""
    allow, deny = 8, 9
    return b"".join(
        (
            _load(_AUDIT_ARCH),
            _branch(_IF_EQUAL, machine.audit_arch, otherwise=deny, at=1),
            _load(_CALL_NUMBER),
            _branch(_IF_AT_LEAST, _FOREIGN_CALLS, then=deny, at=3),
            _branch(_IF_EQUAL, _IO_URING_SETUP, then=deny, at=4),
            _branch(_IF_EQUAL, machine.socket, otherwise=allow, at=5),
            _load(_FIRST_ARGUMENT),
            _branch(_IF_EQUAL, socket.AF_UNIX, then=allow, otherwise=deny, at=7),
            struct.pack("HBBI", _RETURN, 0, 0, _ALLOW),
            struct.pack("HBBI", _RETURN, 0, 0, _DENY),
        )
    )


def _load(offset: int) -> bytes:
    return struct.pack("HBBI", _LOAD, 0, 0, offset)


def _branch(test: int, value: int, *, at: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Compare with what was loaded, and go to an instruction; to the next where none is named."""
    steps = (target - at - 1 if target else 0 for target in (then, otherwise))
    return struct.pack("HBBI", test, *steps, value)


def install_filter(machine: Machine, instructions: bytes) -> bool:
    """Filter the system calls of this process for good; False where the kernel does not."""
    libc = ctypes.CDLL(None)
    program = _Program(len(instructions) // 8, instructions)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    call = (ctypes.c_long(machine.seccomp), _SET_FILTER, _ALL_THREADS, ctypes.byref(program))
    return libc.syscall(*call) == 0


def network_of_worker() -> Network:
    """Try in a process of its own what a query process does at its start."""
    command = [sys.executable, "-P", "-m", "app.sandbox.network"]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603
    return Network(found.stdout.decode())


def warn_of_open_network() -> None:
    """Say in the log where queries have a network."""
    if network_of_worker() is Network.OPEN:
        LOG.warning(OPEN_NETWORK)


if __name__ == "__main__":
    sys.stdout.write(give_up_network())
