"""Every quad of a graph: Turtle, JSON-LD, sorted N-Quads in gzipped shards, and their changes.

A shard holds quads of one graph, in order of their lines. ``manifest.json`` names each with its
graph, count and SHA-256; ``content_sha256`` is of the text before compression, which does not
depend on the version of zlib.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain, count, groupby, islice
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from kg.graph.ordered import QUADS, batched, lines_of, quads_of, sorted_quads, split_key
from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.graph.vocabulary import PREFIXES
from kg.stores import TripleStore
from kg.writing import file_entry, new_file, new_folder, write_manifest
from ontology.namespaces import GUTBRAIN

SHARD_QUADS = 1_000_000
_GRAPHS = f"<{GUTBRAIN}graph/"
Entry = Mapping[str, str | int]


def write_nquads(store: TripleStore, out: Path, work: Path, shard_quads: int = SHARD_QUADS) -> int:
    """Write every quad to shards in a folder; returns how many."""
    with new_folder(out) as folder:
        entries = list(_write_shards(sorted_quads(store, work / "all"), folder, "", shard_quads))
        total = _total(entries)
        write_manifest(folder, {"format": "nquads", "quads": total, "shards": entries})
    return total


def write_turtle(store: TripleStore, out: Path, work: Path) -> int:
    """Write every triple by subject, not which graph it is in; returns how many."""
    quads = quads_of(sorted_quads(store, work / "all", by_graph=False))
    return _serialized((Quad(*quad.triple) for quad in quads), out, RdfFormat.TURTLE)


def write_jsonld(store: TripleStore, out: Path, work: Path) -> int:
    """Write every quad as expanded JSON-LD, an object a thing in each graph; returns how many."""
    return _serialized(quads_of(sorted_quads(store, work / "all")), out, RdfFormat.JSON_LD)


def _serialized(quads: Iterable[Quad], out: Path, form: RdfFormat) -> int:
    written = count()
    counted = (each for each, _ in zip(quads, written, strict=False))
    with new_file(out) as file:
        serialize(counted, file, format=form, prefixes=PREFIXES)
    return next(written)


def write_delta(
    before: TripleStore,
    after: TripleStore,
    out: Path,
    work: Path,
    shard_quads: int = SHARD_QUADS,
) -> tuple[int, int]:
    """Write what to delete from, and then to add to, ``before`` to make it ``after``.

    Shards ``remove-*`` and ``add-*``; returns how many quads each. ``dropped_graphs`` of the
    manifest are those of which nothing is left.
    """
    sides = (sorted_quads(before, work / "before"), sorted_quads(after, work / "after"))
    split = _split(_difference(*sides), work)
    with new_folder(out) as folder:
        removed, added = (
            list(_write_shards(lines_of(path), folder, f"{name}-", shard_quads))
            for name, path in zip(("remove", "add"), split, strict=True)
        )
        counts = _total(removed), _total(added)
        content = {"format": "nquads-delta", "remove": counts[0], "add": counts[1]}
        shards = {"remove_shards": removed, "add_shards": added}
        write_manifest(folder, content | {"dropped_graphs": _dropped(removed, after)} | shards)
    return counts


def _dropped(removed: Iterable[Entry], after: TripleStore) -> list[str]:
    touched = {str(entry["graph"]) for entry in removed} - {"DEFAULT"}
    about = {"g": [NamedNode(graph) for graph in touched]}
    left = {cell(row, "g") for row in read_rows(after, "graphs", about)}
    return sorted(touched - left)


def _difference(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Give the lines of only one of two sorted streams: whether of the new one, and the line."""
    marked = merge(((line, False) for line in old), ((line, True) for line in new))
    for _, group in groupby(marked, key=lambda pair: pair[0]):
        found = list(group)
        if len(found) == 1:
            yield found[0][1], found[0][0]


def _split(difference: Iterable[tuple[bool, bytes]], work: Path) -> tuple[Path, Path]:
    paths = work / "removed", work / "added"
    with paths[0].open("wb") as removed, paths[1].open("wb") as added:
        for is_new, line in difference:
            (added if is_new else removed).write(line)
    return paths


def _write_shards(
    lines: Iterable[bytes], folder: Path, prefix: str, shard_quads: int
) -> Iterator[Entry]:
    for graph, group in groupby(map(split_key, lines), key=lambda pair: pair[0]):
        texts = (line for _, line in group)
        for number, first in enumerate(texts, start=1):
            name = f"{prefix}{_graph_name(graph.decode())}-{number:04}.nq.gz"
            shard = chain((first,), islice(texts, shard_quads - 1))
            yield _write_shard(shard, folder / name, graph.decode())


def _write_shard(lines: Iterable[bytes], path: Path, graph: str) -> Entry:
    digest, quads = hashlib.sha256(), 0
    with new_file(path) as file:
        for batch in batched(lines, QUADS):
            text = b"".join(batch)
            file.write(text)
            digest.update(text)
            quads += len(batch)
    described = {"graph": graph.strip("<>"), "quads": quads, "content_sha256": digest.hexdigest()}
    return {**file_entry(path), **described}


def _graph_name(graph: str) -> str:
    """Name a graph in a file name.

    >>> _graph_name("<https://w3id.org/gutbrain/graph/run/0123abcd>"), _graph_name("DEFAULT")
    ('run-0123abcd', 'other-89dbf7104880')
    """
    if graph.startswith(_GRAPHS):
        return graph.removeprefix(_GRAPHS).rstrip(">").replace("/", "-")
    return "other-" + hashlib.sha256(graph.encode()).hexdigest()[:12]


def _total(entries: Iterable[Entry]) -> int:
    return sum(int(entry["quads"]) for entry in entries)
