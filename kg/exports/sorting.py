"""Quads in order, however many: sorted in pieces on the disk, merged as they are read."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pyoxigraph import Quad, RdfFormat, parse, serialize

PIECE_BYTES = 64 * 1024**2
"""Text sorted in memory at a time; 200 million quads make 800 pieces, all open in the merge."""

BATCH = 10_000
T = TypeVar("T")
KeyOf = Callable[[Quad], str]


def by_graph(quad: Quad) -> str:
    """Sort by graph first, then by subject."""
    return str(quad.graph_name)


def by_subject(_: Quad) -> str:
    """Sort by subject alone, so that all of a thing stands together."""
    return ""


def keyed_lines(quads: Iterable[Quad], key: KeyOf = by_graph) -> Iterator[bytes]:
    """Write quads as ``key TAB N-Quads line``; no key and no N-Quads term holds a bare tab."""
    for batch in batched(quads, BATCH):
        lines = serialize(batch, format=RdfFormat.N_QUADS)
        assert lines is not None  # noqa: S101  # only None where an output is given
        for quad, line in zip(batch, lines.splitlines(keepends=True), strict=True):
            yield key(quad).encode() + b"\t" + line


def sorted_lines(
    lines: Iterable[bytes], folder: Path, piece_bytes: int = PIECE_BYTES
) -> Iterator[bytes]:
    """Sort lines by their bytes, in pieces that are files of ``folder`` until they are read."""
    pieces = enumerate(_pieces(lines, piece_bytes))
    files = [_spilled(piece, folder, number) for number, piece in pieces]
    yield from heapq.merge(*map(_lines_of, files))


def _pieces(lines: Iterable[bytes], piece_bytes: int) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= piece_bytes:
            yield sorted(piece)
            piece, size = [], 0
    if piece:
        yield sorted(piece)


def _spilled(piece: Iterable[bytes], folder: Path, number: int) -> Path:
    path = folder / f"piece-{number:05}"
    with path.open("wb") as file:
        file.writelines(piece)
    return path


def _lines_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
    path.unlink()


def split_key(line: bytes) -> tuple[bytes, bytes]:
    r"""Take the key of a line off.

    >>> split_key(b"<x:g>\t<x:s> <x:p> <x:o> <x:g> .\n")
    (b'<x:g>', b'<x:s> <x:p> <x:o> <x:g> .\n')
    """
    key, _, rest = line.partition(b"\t")
    return key, rest


def quads_of(lines: Iterable[bytes]) -> Iterator[Quad]:
    """Read keyed lines back."""
    for batch in batched(lines, BATCH):
        yield from parse(b"".join(split_key(line)[1] for line in batch), format=RdfFormat.N_QUADS)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of ``size``, the last one shorter."""
    walk = iter(items)
    while batch := list(islice(walk, size)):
        yield batch
