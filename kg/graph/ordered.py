"""All that a graph holds, in an order that does not depend on the store.

Lines are sorted in pieces on the disk and merged as they are read; concepts and assertions are then
asked for in batches. So memory does not grow with the graph.
"""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pyoxigraph import Literal, Quad, RdfFormat, parse, serialize

from kg.assertion import Edge
from kg.graph.rdf import cell, node, value
from kg.graph.reading_back import BATCH, read_concepts, read_edges, read_rows
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept

PIECE = 250_000
"""Lines sorted in memory at a time; 200 million quads make 800 pieces, all open in the merge."""
QUADS = 10_000
"""Quads written and parsed at a time."""
T = TypeVar("T")


def concepts(store: TripleStore, folder: Path, min_belief: float = 0.0) -> Iterator[Concept]:
    """Read the concepts in assertions of that belief, by IRI; ``folder`` is for sorted pieces."""
    for batch in batched(_iris(store, "concept_iris", folder, min_belief), BATCH):
        found = read_concepts(store, batch)
        yield from (found[iri] for iri in batch if iri in found)


def edges(store: TripleStore, folder: Path, min_belief: float = 0.0) -> Iterator[list[Edge]]:
    """Read the assertions of that belief, by IRI, in batches."""
    for batch in batched(_iris(store, "assertion_iris", folder, min_belief), BATCH):
        yield read_edges(store, batch)


def _iris(store: TripleStore, query: str, folder: Path, min_belief: float) -> Iterator[str]:
    rows = read_rows(store, query, {"min": (Literal(min_belief),)})
    lines = (cell(row, "iri").encode() + b"\n" for row in rows)
    pieces = folder / query
    pieces.mkdir(exist_ok=True)
    for line in sorted_lines(lines, pieces):
        yield line.decode().rstrip("\n")


def all_quads(store: TripleStore) -> Iterator[Quad]:
    """Walk over every quad in the store's order; a server is asked by SPARQL for our graphs."""
    if isinstance(store, EmbeddedStore):
        return store.quads()
    rows = read_rows(store, "quads", {})
    return (Quad(node(r, "s"), node(r, "p"), value(r, "o"), node(r, "g")) for r in rows)


def sorted_quads(store: TripleStore, folder: Path, *, by_graph: bool = True) -> Iterator[bytes]:
    """Give every quad as a keyed line, in order; ``folder`` is for the pieces on the disk."""
    folder.mkdir(exist_ok=True)
    return sorted_lines(keyed_lines(all_quads(store), by_graph=by_graph), folder)


def keyed_lines(quads: Iterable[Quad], *, by_graph: bool = True) -> Iterator[bytes]:
    """Write quads as ``graph TAB N-Quads line``; no term holds a bare tab.

    Without the graph before it, all that is said of a subject comes together.
    """
    for batch in batched(quads, QUADS):
        lines = serialize(batch, format=RdfFormat.N_QUADS)
        assert lines is not None  # noqa: S101  # only None where an output is given
        for quad, line in zip(batch, lines.splitlines(keepends=True), strict=True):
            yield (str(quad.graph_name).encode() if by_graph else b"") + b"\t" + line


def sorted_lines(lines: Iterable[bytes], folder: Path, piece: int = PIECE) -> Iterator[bytes]:
    """Sort lines by their bytes, in pieces that are files of ``folder`` until they are read."""
    files: list[Path] = []
    for batch in batched(lines, piece):
        files.append(folder / f"piece-{len(files):05}")
        with files[-1].open("wb") as file:
            file.writelines(sorted(batch))
    yield from heapq.merge(*map(lines_of, files))


def lines_of(path: Path) -> Iterator[bytes]:
    """Read the lines of a file, and remove it at their end."""
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
    for batch in batched(lines, QUADS):
        yield from parse(b"".join(split_key(line)[1] for line in batch), format=RdfFormat.N_QUADS)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of ``size``, the last one shorter."""
    walk = iter(items)
    while batch := list(islice(walk, size)):
        yield batch
