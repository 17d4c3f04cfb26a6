"""JSON-LD holds every quad, and reads as plain JSON."""

import json
from pathlib import Path

import pytest
from rdflib import Dataset

from kg.exports.formats import Format, export
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
