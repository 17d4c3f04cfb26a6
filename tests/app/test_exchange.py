"""The commands that exchange the graph with other tools and times."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from typer.testing import CliRunner

from app.cli import app
from app.exchange import check_alerts, readable_graph
from app.settings import Settings
from kg.exports.writing import ExportError
from kg.snapshots.snapshot import SnapshotError, next_snapshot

GUTBRAIN = Path(sys.executable).with_name("gutbrain")
ASSERTION = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
<https://w3id.org/gutbrain/graph/concepts> {{
  obo:CHEBI_{n} a skos:Concept, gb:Chemical ; skos:prefLabel "chemical {n}" .
  obo:NCIT_C26845 a skos:Concept, gb:DDF ; skos:prefLabel "Parkinson's disease" }}
<https://w3id.org/gutbrain/graph/assertions> {{
  obo:CHEBI_{n} gb:influence obo:NCIT_C26845 .
  <https://w3id.org/gutbrain/assertion/{n:016x}> a biolink:Association ;
    biolink:subject obo:CHEBI_{n} ; biolink:predicate gb:influence ;
    biolink:object obo:NCIT_C26845 ;
    gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.5e0 ; gb:isBelieved true }}
"""
ALERT = """#+ summary: What influences Parkinson's disease
PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX obo: <http://purl.obolibrary.org/obo/>
SELECT ?chemical WHERE { ?chemical gb:influence obo:NCIT_C26845 } ORDER BY ?chemical
"""
Run = Callable[..., tuple[int, str]]


def write(data: Path, *numbers: int) -> None:
    """Add an assertion a number, as the next snapshot."""
    with next_snapshot(data / "graph") as store:
        for n in numbers:
            store.change(remove=(), add=parse(ASSERTION.format(n=n).encode(), RdfFormat.TRIG))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two snapshots: with two assertions, with three."""
    write(tmp_path, 1, 2)
    write(tmp_path, 3)
    return tmp_path


@pytest.fixture
def run(data: Path) -> Run:
    def invoke(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--data", str(data)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout

    return invoke


def _json(told: tuple[int, str]) -> Any:
    assert told[0] == 0, told[1]
    return json.loads(told[1])


def test_export_writes_a_file_and_says_how_much(run: Run, tmp_path: Path) -> None:
    told = _json(run("export", "--format", "graphml", "--out", str(tmp_path / "g"), "--json"))
    assert (told["count"], told["what"]) == (3, "edges")
    assert (tmp_path / "g").read_text().count("<edge ") == 3


def test_an_older_snapshot_can_be_exported(run: Run, tmp_path: Path) -> None:
    order = ("export", "--format", "csv", "--snapshot", "1", "--out", str(tmp_path / "g"), "--json")
    assert _json(run(*order))["count"] == 0
    order = ("export", "--format", "graphml", "--snapshot", "1", "--out", str(tmp_path / "g"))
    assert _json(run(*order, "--json"))["count"] == 2


def test_what_changed_since_a_snapshot_is_exported(run: Run, tmp_path: Path) -> None:
    order = ("export", "--format", "nquads", "--since", "1", "--out", str(tmp_path / "delta"))
    told = _json(run(*order, "--json"))
    assert (told["remove"], told["add"]) == (0, 12)
    with pytest.raises(ExportError, match="nquads"):
        run("export", "--format", "csv", "--since", "1", "--out", str(tmp_path / "x"))


def test_diff_tells_what_is_new(run: Run) -> None:
    told = _json(run("diff", "previous", "current", "--json"))
    assert (told["new"], told["gone"], told["changed"]) == (1, 0, 0)
    (found,) = told["assertions"]
    assert (found["subject_name"], found["before"]) == ("chemical 3", None)
    assert found["after"]["belief"] == 0.5
    told = _json(run("diff", "2", "1", "--json"))
    assert (told["new"], told["gone"]) == (0, 1)


def test_diff_is_a_table_for_people(run: Run) -> None:
    _, table = run("diff")
    head, row = table.splitlines()
    assert head.split("\t")[0] == "change"
    assert row.split("\t")[:4] == ["new", "chemical 3", "influence", "Parkinson's disease"]


def test_diff_can_be_narrowed_to_a_pair(run: Run) -> None:
    pair = ("--concept", "CHEBI:3", "--concept", "NCIT:C26845")
    assert _json(run("diff", *pair, "--json"))["new"] == 1
    assert _json(run("diff", "--concept", "CHEBI:1", "--json"))["new"] == 0


def test_snapshots_are_listed_named_and_rolled_back(run: Run) -> None:
    assert run("snapshots", "name", "1", "paper")[0] == 0
    first, second = _json(run("snapshots", "--json"))
    assert (first["names"], first["is_current"], second["is_current"]) == (["paper"], False, True)
    assert run("snapshots", "back")[0] == 0
    first, second = _json(run("snapshots", "--json"))
    assert (first["is_current"], second["is_current"]) == (True, False)
    _, table = run("snapshots")
    assert "paper" in table
    assert run("snapshots", "forget", "paper")[0] == 0
    with pytest.raises(SnapshotError, match="paper"):
        run("snapshots", "back", "paper")


def test_alerts_tell_what_is_new(run: Run, data: Path) -> None:
    (data / "alerts").mkdir()
    (data / "alerts" / "parkinson.rq").write_text(ALERT)
    (told,) = _json(run("alerts", "--json"))
    assert told["new"] == [{"chemical": "http://purl.obolibrary.org/obo/CHEBI_3"}]
    code, table = run("alerts")
    assert code == 0
    assert table.splitlines()[1] == "parkinson\thttp://purl.obolibrary.org/obo/CHEBI_3"


def test_an_alert_that_reaches_out_or_fails_is_told_and_the_rest_runs(run: Run, data: Path) -> None:
    (data / "alerts").mkdir()
    (data / "alerts" / "a.rq").write_text(
        "#+ summary: x\nSELECT ?s { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
    )
    (data / "alerts" / "b.rq").write_text("#+ summary: x\nASK { ?s ?p ?o }")
    (data / "alerts" / "c.rq").write_text(ALERT)
    code, told = run("alerts", "--json")
    assert code == 3
    problems = {alert["name"]: alert["problem"] for alert in json.loads(told)}
    assert "SERVICE" in problems["a"]
    assert "SELECT" in problems["b"]
    assert problems["c"] == ""


def test_an_alert_with_too_many_rows_is_a_problem_not_half_an_answer(data: Path) -> None:
    (data / "alerts").mkdir()
    (data / "alerts" / "c.rq").write_text(ALERT)
    (result,) = check_alerts(Settings(data=data, max_rows=2))
    assert "2 rows" in result.problem


def test_without_alerts_there_is_nothing_to_do(run: Run) -> None:
    assert _json(run("alerts", "--json")) == []


def test_a_server_keeps_no_snapshots(data: Path) -> None:
    settings = Settings(data=data, store="http://127.0.0.1:9/repositories/x")
    with pytest.raises(SnapshotError, match="server"):
        readable_graph(settings, "previous")
    with pytest.raises(SnapshotError, match="server"):
        check_alerts(settings)


def test_the_page_of_the_ontology_is_written(tmp_path: Path) -> None:
    page = tmp_path / "o.html"
    assert CliRunner().invoke(app, ["ontology", "--html", str(page)]).exit_code == 0
    assert page.stat().st_size > 1000
    assert CliRunner().invoke(app, ["ontology"]).exit_code == 2


def test_an_unknown_snapshot_is_one_line(data: Path) -> None:
    done = subprocess.run(
        [GUTBRAIN, "diff", "unknown", "current", "--data", str(data)],
        env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no snapshot 'unknown'" in done.stderr
