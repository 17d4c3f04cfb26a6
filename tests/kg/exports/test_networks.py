"""The graph as networkx has it: in one call, and read back from files."""

import json
from pathlib import Path
from typing import Any

import networkx
import pytest

from kg.assertion import Assertion, Claim
from kg.exports.formats import Format, export
from kg.exports.networks import read_network
from kg.graph.rdf import assertion_quads, concept_quads
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate
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


def test_nodes_are_concepts_and_edges_assertions(graph: EmbeddedStore) -> None:
    network: Any = read_network(graph)
    assert network.nodes["NCBITaxon:853"]["type"] == "bacteria"
    edge = network["NCBITaxon:853"]["NCIT:C26845"]["influence"]
    assert (edge["papers"], edge["belief"]) == (2, pytest.approx(0.92))
    assert network.number_of_edges() > 10
    assert networkx.has_path(network, "FOODON:1", "NCIT:C26845")


def test_two_predicates_between_two_concepts_are_two_edges(graph: EmbeddedStore) -> None:
    network: Any = read_network(graph)
    assert set(network["NCIT:C26845"]["NCBITaxon:853"]) == {"change abundance"}
    assert set(network["NCBITaxon:853"]["NCIT:C26845"]) == {"influence"}


def test_a_least_belief_leaves_out_edges_and_lonely_nodes(graph: EmbeddedStore) -> None:
    network: Any = read_network(graph, min_belief=0.85)
    every: Any = read_network(graph)
    strong = {(a, b) for a, b, belief in every.edges(data="belief") if belief >= 0.85}
    assert set(network.edges()) == strong
    assert set(network) == {end for edge in strong for end in edge}
    assert 0 < len(network) < len(every)


def test_a_name_holds_nothing_that_xml_cannot(store: EmbeddedStore) -> None:
    odd = Concept("CHEBI:1", "a\x0bb", EntityType.CHEMICAL, ("c\x00d",))
    other = Concept("CHEBI:2", "e", EntityType.CHEMICAL)
    said = Assertion(Claim("CHEBI:1", Predicate.INTERACT, "CHEBI:2"), 1, 1, 0.5, is_believed=True)
    store.bulk_load([*concept_quads(odd), *concept_quads(other), *assertion_quads(said)])
    node: Any = read_network(store).nodes["CHEBI:1"]
    assert (node["name"], node["synonyms"]) == ("a b", "c d")
