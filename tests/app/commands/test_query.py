"""Names on the command line: taken, or refused with what to choose from."""

import json
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from typer.testing import CliRunner

from app.cli import app
from kg.snapshots.snapshot import next_snapshot

TWINS = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
<https://w3id.org/gutbrain/graph/concepts> {
  obo:NCIT_C401 a skos:Concept, gb:DDF ; skos:prefLabel "twin" .
  obo:NCIT_C402 a skos:Concept, gb:DDF ; skos:prefLabel "Twin" }
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with next_snapshot(tmp_path / "graph") as store:
        store.change(remove=(), add=parse(TWINS.encode(), RdfFormat.TRIG))
    return tmp_path


def test_a_name_of_several_concepts_is_a_mistake_of_usage(data: Path) -> None:
    order = ["query", "taxa_for_disease", "disease=twin", "--data", str(data)]
    result = CliRunner().invoke(app, order)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "'twin' names 2 concepts; choose one:",
        "  NCIT:C401  twin (DDF, 0 relations)",
        "  NCIT:C402  Twin (DDF, 0 relations)",
    ]


@pytest.mark.parametrize(
    ("query", "out"),
    [
        (
            "CONSTRUCT { ?s a 'one' } WHERE { ?s ?p 'twin' }",
            '<http://purl.obolibrary.org/obo/NCIT_C401> a "one" .\n',
        ),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p 'none' . ?s ?p ?o }", ""),
        ("ASK { ?s ?p 'twin' }", "answer\ntrue\n"),
    ],
)
def test_triples_are_printed_in_turtle(data: Path, query: str, out: str) -> None:
    (data / "q.rq").write_text(query)
    order = ["query", str(data / "q.rq"), "--data", str(data)]
    result = CliRunner().invoke(app, order)
    assert (result.exit_code, result.stdout) == (0, out)


def test_no_rows_are_nothing_on_stdout(data: Path) -> None:
    order = ["query", "taxa_for_disease", "disease=NCIT:C401", "--data", str(data)]
    result = CliRunner().invoke(app, order)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no rows\n")
    assert json.loads(CliRunner().invoke(app, [*order, "--json"]).stdout) == []
