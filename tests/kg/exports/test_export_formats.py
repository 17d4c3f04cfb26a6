"""Each format is read back by a reader that is not ours, and says what the graph says."""

import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import networkx
import pandas
import pytest
from rdflib import RDF, BNode, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kg.assertion import Assertion, Claim
from kg.exports.formats import Format, export, export_delta
from kg.exports.quads import write_nquads
from kg.exports.writing import ExportError
from kg.graph.rdf import assertion_quads, concept_quads
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.namespaces import ONTOLOGY, predicate_iri
from ontology.schema import EntityType, Predicate

# rdflib's parsers of datasets still use names that rdflib deprecates
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")
GB, NP = Namespace(ONTOLOGY), Namespace("http://www.nanopub.org/nschema#")
BIOLINK = Namespace("https://w3id.org/biolink/vocab/")
INFLUENCE = URIRef(predicate_iri(Predicate.INFLUENCE))
TAXON = "http://purl.obolibrary.org/obo/NCBITaxon_853"
PARKINSON = "http://purl.obolibrary.org/obo/NCIT_C26845"


@pytest.fixture
def quads(graph: EmbeddedStore) -> set[tuple[str, ...]]:
    """What the graph says, as text: subject, predicate, object, graph."""
    return {
        (str(q.subject), str(q.predicate), str(q.object), str(q.graph_name)) for q in graph.quads()
    }


def _text(term: Node) -> str:
    """Write a term of rdflib as pyoxigraph does; doubles by their value."""
    if isinstance(term, Literal) and str(term.datatype).endswith("#double"):
        return f'"{float(term)}"^^<{term.datatype}>'
    return term.n3() if not isinstance(term, BNode) else "_"


def _count(store: EmbeddedStore, pattern: str) -> int:
    (row,) = store.select(f"PREFIX gb: <{ONTOLOGY}> SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
    return int(getattr(row["n"], "value", "0"))


def _canonical(quads: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    def one(term: str) -> str:
        found = re.fullmatch(r'"([^"]*)"\^\^<([^>]*#double)>', term)
        return f'"{float(found[1])}"^^<{found[2]}>' if found else term

    return {tuple(map(one, quad)) for quad in quads}


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
    assert _dataset(dataset) == _canonical(quads)


def _dataset(dataset: Dataset) -> set[tuple[str, ...]]:
    return {(_text(s), _text(p), _text(o), f"<{g}>") for s, p, o, g in dataset.quads()}


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
    triples = {(_text(s), _text(p), _text(o)) for s, p, o in read}
    assert triples == {quad[:3] for quad in _canonical(quads)}


def test_jsonld_holds_every_quad(
    graph: EmbeddedStore, quads: set[tuple[str, ...]], tmp_path: Path
) -> None:
    export(graph, Format.JSONLD, tmp_path / "g.jsonld")
    read = Dataset().parse(tmp_path / "g.jsonld", format="json-ld")
    assert _dataset(read) == _canonical(quads)


def test_jsonld_reads_as_plain_json(graph: EmbeddedStore, tmp_path: Path) -> None:
    export(graph, Format.JSONLD, tmp_path / "g.jsonld")
    graphs = json.loads((tmp_path / "g.jsonld").read_text())["@graph"]
    things = [thing for inside in graphs for thing in inside["@graph"]]
    ends = {"subject": "NCBITaxon:853", "predicate": "influence", "object": "NCIT:C26845"}
    (association,) = (thing for thing in things if ends.items() <= thing.items())
    assert (association["type"], association["evidenceCount"]) == ("Association", 2)
    assert association["belief"] == pytest.approx(0.92)
    assert association["isBelieved"] is True


def test_nanopublications_have_their_four_graphs(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.NANOPUBS, tmp_path / "np.trig")
    read = Dataset().parse(tmp_path / "np.trig", format="trig")
    union = Graph()
    for s, p, o, _ in read.quads():
        union.add((s, p, o))
    names = list(union.subjects(RDF.type, NP.Nanopublication))
    assert len(names) == count == _count(graph, "?a gb:belief ?b")
    for name in names:
        parts = [
            union.value(name, NP[term])
            for term in ("hasAssertion", "hasProvenance", "hasPublicationInfo")
        ]
        sizes = [len(read.graph(part)) for part in parts]  # type: ignore[arg-type]
        assert sizes[0] == 1
        assert min(sizes) > 0
        assert f"{name}#Head" in {str(each.identifier) for each in read.graphs()}
        assert (parts[0], None, None) in read.graph(parts[1])  # type: ignore[arg-type]
        assert (name, None, None) in read.graph(parts[2])  # type: ignore[arg-type]


def test_a_nanopublication_quotes_its_evidence(graph: EmbeddedStore, tmp_path: Path) -> None:
    export(graph, Format.NANOPUBS, tmp_path / "np.trig")
    read = Dataset(default_union=True).parse(tmp_path / "np.trig", format="trig")
    claim = (URIRef(TAXON), INFLUENCE, URIRef(PARKINSON))
    ((_, _, _, where),) = read.quads((*claim, None))
    derived = URIRef("http://www.w3.org/ns/prov#wasDerivedFrom")
    evidence = list(read.objects(URIRef(str(where)), derived))
    assert len(evidence) == 2
    assert all("F. prausnitzii" in str(read.value(each, GB.sentence)) for each in evidence)


def test_graphml_is_read_by_networkx(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.GRAPHML, tmp_path / "g.graphml")
    network: Any = networkx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert network.is_directed()
    assert network.number_of_edges() == count == _count(graph, "?a gb:belief ?b")
    assert network.nodes["NCBITaxon:853"]["name"] == "F. prausnitzii"
    (edge,) = (
        edge
        for edge in network["NCBITaxon:853"]["NCIT:C26845"].values()
        if edge["predicate"] == "influence"
    )
    assert (edge["papers"], edge["belief"], edge["is_believed"]) == (2, pytest.approx(0.92), True)


def test_cytoscape_json_is_read_by_networkx(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.CYTOSCAPE, tmp_path / "g.cyjs")
    written = json.loads((tmp_path / "g.cyjs").read_text())
    ids = {node["data"]["id"] for node in written["elements"]["nodes"]}
    ends = {
        edge["data"][end] for edge in written["elements"]["edges"] for end in ("source", "target")
    }
    assert ends <= ids
    network: Any = networkx.cytoscape_graph(written)
    assert network.number_of_edges() == count
    assert network.nodes["gbc:bacteria/strain-x"]["is_provisional"] is True


def test_csv_has_a_line_a_piece_of_evidence(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.CSV, tmp_path / "e.csv.gz")
    with gzip.open(tmp_path / "e.csv.gz", "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count == _count(graph, "?e gb:supports|gb:opposes ?a")
    assert [row["assertion"] for row in rows] == sorted(row["assertion"] for row in rows)
    for row in rows:
        at = int(row["subject_at"])
        assert row["sentence"][at : at + len(row["subject_text"])] == row["subject_text"]
        assert row["pmid"].isdecimal()
        assert 0 < float(row["weight"]) <= float(row["score"]) <= 1
        assert 0 <= float(row["belief"]) <= 1


def test_kgx_tables_join_and_carry_publications(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.KGX, tmp_path / "kgx")
    nodes, edges = (_table(tmp_path / "kgx" / name) for name in ("nodes.tsv", "edges.tsv"))
    assert len(edges) == count
    by_id = {node["id"]: node for node in nodes}
    assert {edge[end] for edge in edges for end in ("subject", "object")} <= by_id.keys()
    assert by_id["gbc:bacteria.strain-x"]["iri"].endswith("concept/bacteria/strain-x")
    (edge,) = (edge for edge in edges if edge["publications"].count("|") == 1)
    assert edge["publications"] == "PMID:3|PMID:36517457"
    assert (edge["predicate"], edge["original_predicate"]) == ("biolink:affects", "gb:influence")


@pytest.fixture
def odd(store: EmbeddedStore) -> EmbeddedStore:
    """Assertions about concepts whose names hold what tables are made of, two between a pair."""
    names = ('"sd microbiota', 'so-called "dysbiosis"', "tab\there", "line\nbreak", '"both"', "a|b")
    concepts = [Concept(f"CHEBI:{n}", name, EntityType.CHEMICAL) for n, name in enumerate(names)]
    claims = [Claim(one.curie, Predicate.INTERACT, "CHEBI:0") for one in concepts[1:]]
    claims.append(Claim("CHEBI:1", Predicate.PART_OF, "CHEBI:0"))
    said = [Assertion(claim, 1, 1, 0.5, is_believed=True) for claim in claims]
    store.bulk_load(quad for concept in concepts for quad in concept_quads(concept))
    store.bulk_load(quad for assertion in said for quad in assertion_quads(assertion))
    return store


def test_every_reader_finds_every_row_of_kgx(odd: EmbeddedStore, tmp_path: Path) -> None:
    export(odd, Format.KGX, tmp_path)
    names = ["'sd microbiota", "so-called 'dysbiosis'", "tab here", "line break", "'both'", "a/b"]
    for name, rows in (("nodes.tsv", 6), ("edges.tsv", 6)):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            plain = list(csv.DictReader(file, delimiter="\t"))
        frame: Any = pandas.read_csv(tmp_path / name, sep="\t", dtype=str, keep_default_na=False)
        assert frame.to_dict("records") == plain == _table(tmp_path / name)
        assert len(plain) == rows
    assert sorted(row["name"] for row in _table(tmp_path / "nodes.tsv")) == sorted(names)


def test_networks_keep_two_assertions_between_the_same_two_concepts(
    odd: EmbeddedStore, tmp_path: Path
) -> None:
    export(odd, Format.CYTOSCAPE, tmp_path / "g.cyjs")
    export(odd, Format.GRAPHML, tmp_path / "g.graphml")
    cytoscape: Any = networkx.cytoscape_graph(json.loads((tmp_path / "g.cyjs").read_text()))
    graphml: Any = networkx.read_graphml(tmp_path / "g.graphml")
    for network in (cytoscape, graphml):
        assert network.number_of_edges() == 6
        ties = network["CHEBI:1"]["CHEBI:0"].values()
        assert {edge["predicate"] for edge in ties} == {"interact", "part of"}
    assert cytoscape.nodes["CHEBI:0"]["name"] == '"sd microbiota'


def test_kgx_says_only_what_the_biolink_model_knows(graph: EmbeddedStore, tmp_path: Path) -> None:
    known = json.loads((Path(__file__).parents[2] / "data" / "biolink_terms.json").read_text())
    export(graph, Format.KGX, tmp_path / "kgx")
    nodes, edges = (_table(tmp_path / "kgx" / name) for name in ("nodes.tsv", "edges.tsv"))
    assert {node["category"].removeprefix("biolink:") for node in nodes} <= set(known["classes"])
    assert {edge["predicate"].removeprefix("biolink:") for edge in edges} <= set(
        known["predicates"]
    )
    assert {edge["category"] for edge in edges} == {"biolink:Association"}
    assert {edge["agent_type"] for edge in edges} <= set(known["agent_types"])
    assert {edge["knowledge_level"] for edge in edges} <= set(known["knowledge_levels"])
    own = {"gutbrain_type", "is_provisional", "first_year", "last_year", "opposing_evidence_count"}
    columns = {c for c in (*nodes[0], *edges[0]) if not c.endswith("paper_count")} - own
    assert columns <= {"id", *known["slots"]}


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("form", [Format.GRAPHML, Format.CYTOSCAPE, Format.KGX])
def test_a_least_belief_leaves_assertions_out(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    every, _ = export(graph, form, tmp_path / "all" / "x")
    strong, _ = export(graph, form, tmp_path / "strong" / "x", min_belief=0.5)
    weak = _count(graph, "?a gb:belief ?b FILTER (?b < 0.5)")
    assert every - strong == weak > 0


def test_the_whole_graph_takes_no_least_belief(graph: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="whole graph"):
        export(graph, Format.TURTLE, tmp_path / "x", min_belief=0.5)


@pytest.mark.parametrize("form", Format)
def test_the_same_graph_gives_the_same_bytes(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    copy = EmbeddedStore.in_memory()
    copy.bulk_load(reversed(list(graph.quads())))
    export(graph, form, tmp_path / "a" / "out.gz")
    export(copy, form, tmp_path / "b" / "out.gz")
    a, b = (_files(tmp_path / side) for side in ("a", "b"))
    assert a == b
    assert a


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


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
