"""KGX tables are read by every reader, and say what Biolink knows."""

import csv
import json
from pathlib import Path
from typing import Any

import pandas

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from tests.kg.exports.readers import rows, table


def test_kgx_tables_join_and_carry_publications(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.KGX, tmp_path / "kgx")
    nodes, edges = (table(tmp_path / "kgx" / name) for name in ("nodes.tsv", "edges.tsv"))
    assert len(edges) == count
    by_id = {node["id"]: node for node in nodes}
    assert {edge[end] for edge in edges for end in ("subject", "object")} <= by_id.keys()
    assert by_id["gbc:bacteria.strain-x"]["iri"].endswith("concept/bacteria/strain-x")
    (edge,) = (edge for edge in edges if edge["publications"].count("|") == 1)
    assert edge["publications"] == "PMID:3|PMID:36517457"
    assert (edge["predicate"], edge["original_predicate"]) == ("biolink:affects", "gb:influence")


def test_every_reader_finds_every_row_of_kgx(odd: EmbeddedStore, tmp_path: Path) -> None:
    export(odd, Format.KGX, tmp_path)
    names = ["'sd microbiota", "so-called 'dysbiosis'", "tab here", "line break", "'both'", "a/b"]
    for name, number in (("nodes.tsv", 6), ("edges.tsv", 6)):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            plain = list(csv.DictReader(file, delimiter="\t"))
        frame: Any = pandas.read_csv(tmp_path / name, sep="\t", dtype=str, keep_default_na=False)
        assert frame.to_dict("records") == plain == table(tmp_path / name)
        assert len(plain) == number
    assert sorted(row["name"] for row in table(tmp_path / "nodes.tsv")) == sorted(names)


def test_kgx_says_only_what_the_biolink_model_knows(graph: EmbeddedStore, tmp_path: Path) -> None:
    known = json.loads((Path(__file__).parents[2] / "data" / "biolink_terms.json").read_text())
    export(graph, Format.KGX, tmp_path / "kgx")
    nodes, edges = (table(tmp_path / "kgx" / name) for name in ("nodes.tsv", "edges.tsv"))
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


def test_a_denied_edge_is_negated_in_kgx(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.KGX, tmp_path / "kgx")
    (edge,) = rows(tmp_path / "kgx" / "edges.tsv", "\t")
    assert (edge["negated"], edge["publications"]) == ("true", "PMID:1")
    assert edge["has_confidence_score"] == "0.8"
    assert edge["no_change_paper_count"] == "1"
