"""Every quad is in the files, whoever reads them."""

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Dataset, Graph

from kg.exports.formats import Format, export, export_delta
from kg.exports.quads import write_nquads
from kg.stores.embedded import EmbeddedStore
from tests.kg.exports.readers import canonical, quads_of, text_of

# rdflib's parsers of datasets still use names that rdflib deprecates
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")


def test_nquads_hold_every_quad_in_order(
    graph: EmbeddedStore, quads: set[tuple[str, ...]], tmp_path: Path
) -> None:
    assert export(graph, Format.NQUADS, tmp_path / "nq") == (len(quads), "quads")
    manifest = json.loads((tmp_path / "nq" / "manifest.json").read_text())
    dataset = Dataset()
    for shard in manifest["shards"]:
        packed = (tmp_path / "nq" / shard["file"]).read_bytes()
        lines = gzip.decompress(packed).splitlines(keepends=True)
        assert hashlib.sha256(packed).hexdigest() == shard["sha256"]
        assert hashlib.sha256(b"".join(lines)).hexdigest() == shard["content_sha256"]
        assert lines == sorted(lines)
        assert len(lines) == shard["quads"]
        assert all(line.endswith(f"<{shard['graph']}> .\n".encode()) for line in lines)
        dataset.parse(data=b"".join(lines).decode(), format="nquads")
    assert quads_of(dataset) == canonical(quads)


def test_a_shard_has_no_more_quads_than_asked(graph: EmbeddedStore, tmp_path: Path) -> None:
    count = write_nquads(graph, tmp_path / "nq", tmp_path, shard_quads=20)
    shards = json.loads((tmp_path / "nq" / "manifest.json").read_text())["shards"]
    assert max(shard["quads"] for shard in shards) == 20
    assert sum(shard["quads"] for shard in shards) == count
    assert len({shard["file"] for shard in shards}) == len(shards)


def test_turtle_holds_every_triple(
    graph: EmbeddedStore, quads: set[tuple[str, ...]], tmp_path: Path
) -> None:
    assert export(graph, Format.TURTLE, tmp_path / "g.ttl") == (len(quads), "triples")
    read = Graph().parse(tmp_path / "g.ttl", format="turtle")
    triples = {(text_of(s), text_of(p), text_of(o)) for s, p, o in read}
    assert triples == {quad[:3] for quad in canonical(quads)}


def test_a_delta_leads_from_one_graph_to_the_next(graph: EmbeddedStore, tmp_path: Path) -> None:
    before, after = EmbeddedStore.in_memory(), EmbeddedStore.in_memory()
    every = sorted(graph.quads(), key=str)
    before.bulk_load(every[:-40])
    after.bulk_load(every[25:])
    removed, added = export_delta(before, after, tmp_path / "delta")
    assert (removed, added) == (25, 40)
    manifest = json.loads((tmp_path / "delta" / "manifest.json").read_text())
    lines = Counter(_lines(before))
    for name, sign in (("remove_shards", -1), ("add_shards", 1)):
        for shard in manifest[name]:
            text = gzip.decompress((tmp_path / "delta" / shard["file"]).read_bytes()).decode()
            lines.update(dict.fromkeys(text.splitlines(), sign))
    assert {line for line, n in lines.items() if n == 1} == set(_lines(after))
    assert set(lines.values()) <= {0, 1}


def _lines(store: EmbeddedStore) -> list[str]:
    return [f"{q.subject} {q.predicate} {q.object} {q.graph_name} ." for q in store.quads()]


def test_a_delta_names_the_graphs_that_are_gone(graph: EmbeddedStore, tmp_path: Path) -> None:
    after = EmbeddedStore.in_memory()
    after.bulk_load(q for q in graph.quads() if "/run/" not in str(q.graph_name))
    export_delta(graph, after, tmp_path / "delta")
    manifest = json.loads((tmp_path / "delta" / "manifest.json").read_text())
    (gone,) = manifest["dropped_graphs"]
    assert gone.startswith("https://w3id.org/gutbrain/graph/run/")


def test_jsonld_holds_every_quad_whoever_reads_it(
    graph: EmbeddedStore, quads: set[tuple[str, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "g.jsonld"
    assert export(graph, Format.JSONLD, path) == (len(quads), "quads")
    assert quads_of(Dataset().parse(path, format="json-ld")) == canonical(quads)
    assert set(parse(path=path, format=RdfFormat.JSON_LD)) == set(graph.quads())


def test_jsonld_has_each_graph_and_each_thing_of_it_once(
    graph: EmbeddedStore, tmp_path: Path
) -> None:
    export(graph, Format.JSONLD, tmp_path / "g.jsonld")
    graphs = json.loads((tmp_path / "g.jsonld").read_text())
    names = [inside["@id"] for inside in graphs]
    assert names == sorted({str(quad.graph_name).strip("<>") for quad in graph.quads()})
    for inside in graphs:
        things = [thing["@id"] for thing in inside["@graph"]]
        assert len(things) == len(set(things))
