"""JSON-LD holds every quad, and reads as plain JSON."""

import json
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from rdflib import Dataset

from kg.exports.formats import Format, export
from kg.graph import vocabulary as v
from kg.stores.embedded import EmbeddedStore
from tests.kg.exports.readers import canonical, quads_of

# rdflib's parsers of datasets still use names that rdflib deprecates
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")


def test_jsonld_holds_every_quad(
    graph: EmbeddedStore, quads: set[tuple[str, ...]], tmp_path: Path
) -> None:
    export(graph, Format.JSONLD, tmp_path / "g.jsonld")
    read = Dataset().parse(tmp_path / "g.jsonld", format="json-ld")
    assert quads_of(read) == canonical(quads)


def test_jsonld_reads_as_plain_json(graph: EmbeddedStore, tmp_path: Path) -> None:
    export(graph, Format.JSONLD, tmp_path / "g.jsonld")
    graphs = json.loads((tmp_path / "g.jsonld").read_text())["@graph"]
    things = [thing for inside in graphs for thing in inside["@graph"]]
    ends = {"subject": "NCBITaxon:853", "predicate": "influence", "object": "NCIT:C26845"}
    (association,) = (thing for thing in things if ends.items() <= thing.items())
    assert (association["type"], association["evidenceCount"]) == ("Association", 2)
    assert association["belief"] == pytest.approx(0.92)
    assert association["isBelieved"] is True


def test_a_value_that_the_context_does_not_expect_keeps_its_datatype(
    store: EmbeddedStore, tmp_path: Path
) -> None:
    article, other = NamedNode("https://pubmed.ncbi.nlm.nih.gov/1"), NamedNode("http://x.org/p")
    values = (
        (v.YEAR, Literal("2020")), (v.TITLE, Literal("Titel", language="de")), (v.DOI, article),
        (other, Literal("x")), (other, Literal(7)), (other, article),
    )  # fmt: skip
    store.bulk_load(Quad(article, term, value, v.ARTICLES) for term, value in values)
    export(store, Format.JSONLD, tmp_path / "g.jsonld")
    read = Dataset().parse(tmp_path / "g.jsonld", format="json-ld")
    written = {(str(article), str(t), str(x), str(v.ARTICLES)) for t, x in values}
    assert quads_of(read) == {(f"<{article.value}>", *rest) for _, *rest in written}
