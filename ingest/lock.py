"""One process at a time: a lock on a file, which ends with its process, however that ends."""

import fcntl
import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_TRIES, _PAUSE_S = 10, 0.05  # ``is_locked`` holds a lock for a moment


class LockedError(ValueError):
    """Another process holds the lock; the message says what it does, and which one it is."""


@contextmanager
def lock(path: Path, doing: str = "") -> Generator[TextIO]:
    """Hold the lock of a file, and hand the file on.

    With ``doing`` (such as "writing the graph") the file names this process, and LockedError is
    raised where another has the lock. Without, wait for the lock; the text is the caller's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # 0o666: another user of the machine may be the next; the umask decides
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    with os.fdopen(descriptor, "r+") as file:
        if not doing:
            fcntl.flock(file, fcntl.LOCK_EX)
        elif not _is_taken(file):
            raise LockedError(f"another process is {doing}: {file.read().strip()}")
        else:
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
        yield file


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock of a file."""
    if not path.exists():
        return False
    with path.open() as file:
        return not _is_free(file, fcntl.LOCK_SH)


def _is_taken(file: TextIO) -> bool:
    """Take the lock, where it is free or soon will be."""
    for _ in range(_TRIES):
        if _is_free(file, fcntl.LOCK_EX):
            return True
        time.sleep(_PAUSE_S)
    return False


def _is_free(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
