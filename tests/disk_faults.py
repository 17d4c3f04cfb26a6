"""Faults of disks and files, for tests: bytes that change, files that are cut or gone."""

import os
from collections.abc import Callable
from pathlib import Path

FLIPPED = 200
"""Bytes that a fault changes at once."""


def overwrite(path: Path, at: int | None = None) -> None:
    """Turn the bits of some bytes, by default of those in the middle."""
    content = bytearray(path.read_bytes())
    start = len(content) // 2 if at is None else at
    end = min(start + FLIPPED, len(content))
    content[start:end] = bytes(byte ^ 0xFF for byte in content[start:end])
    path.write_bytes(content)


def overwrite_unseen(path: Path, at: int | None = None) -> None:
    """Turn bits as a failing disk does, with no trace in the file's time."""
    before = path.stat()
    overwrite(path, at)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    """Take the last half of a file away."""
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    """Take all of a file away but its name."""
    os.truncate(path, 0)


FAULTS: dict[str, Callable[[Path], None]] = {
    "bytes changed": overwrite,
    "cut": cut,
    "emptied": empty,
    "removed": Path.unlink,
}
