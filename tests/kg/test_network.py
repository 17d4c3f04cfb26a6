"""The graph as networkx has it, in one call."""

from pathlib import Path
from typing import Any

import networkx
import pytest

from kg.assertion import Assertion, Claim
from kg.graph.rdf import assertion_quads, concept_quads
from kg.network import open_network, read_network
from kg.snapshots.snapshot import SnapshotError, next_snapshot
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate


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


def test_one_call_reads_a_data_directory(graph: EmbeddedStore, tmp_path: Path) -> None:
    with next_snapshot(tmp_path / "graph") as store:
        store.bulk_load(graph.quads())
    network: Any = open_network(tmp_path)
    assert network.number_of_edges() == read_network(graph).number_of_edges()
    with pytest.raises(SnapshotError, match="no snapshot"):
        open_network(str(tmp_path), snapshot="unknown")


def test_a_name_holds_nothing_that_xml_cannot(store: EmbeddedStore) -> None:
    odd = Concept("CHEBI:1", "a\x0bb", EntityType.CHEMICAL, ("c\x00d",))
    other = Concept("CHEBI:2", "e", EntityType.CHEMICAL)
    said = Assertion(Claim("CHEBI:1", Predicate.INTERACT, "CHEBI:2"), 1, 1, 0.5, is_believed=True)
    store.bulk_load([*concept_quads(odd), *concept_quads(other), *assertion_quads(said)])
    node: Any = read_network(store).nodes["CHEBI:1"]
    assert (node["name"], node["synonyms"]) == ("a b", "c d")
