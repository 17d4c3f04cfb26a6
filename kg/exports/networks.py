"""Concepts and assertions as networks: GraphML and Cytoscape JSON, as networkx writes them."""

import json
from pathlib import Path

import networkx

from kg.exports.writing import new_file
from kg.network import read_network
from kg.stores import TripleStore

_CYTOSCAPE = {
    "format_version": "1.0",
    "generated_by": "gutbrain",
    "target_cytoscapejs_version": "~2.1",
}
_NAME = {"name": "gut-brain graph", "shared_name": "gut-brain graph"}


def write_graphml(store: TripleStore, out: Path, _: Path, min_belief: float = 0.0) -> int:
    """Write the network for Gephi, yEd, igraph and networkx; returns the number of edges."""
    network = read_network(store, min_belief)
    with new_file(out) as file:
        networkx.write_graphml(
            network, file, named_key_ids=True, edge_id_from_attribute="assertion"
        )
    return network.number_of_edges()


def write_cytoscape(store: TripleStore, out: Path, _: Path, min_belief: float = 0.0) -> int:
    """Write the network for Cytoscape desktop (.cyjs) and Cytoscape.js; returns the edges.

    networkx keeps an edge's ``key``, by which parallel edges stay apart when it is read back.
    """
    network = read_network(store, min_belief)
    for _subject, _object, edge in network.edges(data=True):
        edge |= {"id": edge["assertion"], "interaction": edge["predicate"]}
    written = _CYTOSCAPE | networkx.cytoscape_data(network) | {"data": _NAME}
    with new_file(out) as file:
        file.write(json.dumps(written, ensure_ascii=False).encode() + b"\n")
    return network.number_of_edges()
