"""networkx reads back what it wrote, with what speaks against an assertion."""

import json
from pathlib import Path
from typing import Any

import networkx
import pytest

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from tests.kg.exports.readers import counted


def test_graphml_is_read_by_networkx(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.GRAPHML, tmp_path / "g.graphml")
    network: Any = networkx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert network.is_directed()
    assert network.number_of_edges() == count == counted(graph, "?a gb:belief ?b")
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
    assert all(edge["assertion"] == key for *_, key, edge in graphml.edges(data=True, keys=True))


def test_networks_say_how_much_speaks_against(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.GRAPHML, tmp_path / "g.graphml")
    network: Any = networkx.read_graphml(tmp_path / "g.graphml")
    ((_, _, edge),) = network.edges(data=True)
    assert (edge["belief"], edge["disbelief"], edge["opposing_papers"]) == (0.3, 0.8, 1)
    assert (edge["no_change_papers"], edge["human_papers"]) == (1, 1)
