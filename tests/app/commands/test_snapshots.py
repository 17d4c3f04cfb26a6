"""Snapshots, alerts, validate, as a user meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.snapshots.snapshot import SnapshotError

ALERT = """#+ summary: What influences Parkinson's disease
PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX obo: <http://purl.obolibrary.org/obo/>
SELECT ?chemical WHERE { ?chemical gb:influence obo:NCIT_C26845 } ORDER BY ?chemical
"""
Run = Callable[..., tuple[int, str]]


def _json(done: tuple[int, str]) -> Any:
    assert done[0] == 0, done[1]
    return json.loads(done[1])


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
    (done,) = _json(run("alerts", "--json"))
    assert done["new"] == [{"chemical": "http://purl.obolibrary.org/obo/CHEBI_3"}]
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
    code, done = run("alerts", "--json")
    assert code == 3
    problems = {alert["name"]: alert["problem"] for alert in json.loads(done)}
    assert "SERVICE" in problems["a"]
    assert "SELECT" in problems["b"]
    assert problems["c"] == ""


def test_without_alerts_there_is_nothing_to_do(run: Run) -> None:
    assert _json(run("alerts", "--json")) == []


def test_validate_lists_what_is_violated(run: Run) -> None:
    code, done = run("validate", "--json")
    assert code == 3
    assert {"name", "message", "count", "example"} == set(json.loads(done)[0])
    code, table = run("validate", "1")
    assert code == 3
    assert table.splitlines()[0].split("\t") == [
        "violation", "nodes", "example", "what should hold",
    ]  # fmt: skip
