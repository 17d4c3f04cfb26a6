"""Export, diff, ontology, as a user meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from typer.testing import CliRunner

from app.cli import app
from kg.snapshots.snapshot import next_snapshot
from kg.writing import ExportError
from tests.app.commands.conftest import ASSERTION

Run = Callable[..., tuple[int, str]]


def _json(done: tuple[int, str]) -> Any:
    assert done[0] == 0, done[1]
    return json.loads(done[1])


def test_export_writes_a_file_and_says_how_much(run: Run, tmp_path: Path) -> None:
    done = _json(run("export", "--format", "graphml", "--out", str(tmp_path / "g"), "--json"))
    assert (done["count"], done["what"]) == (3, "edges")
    assert (tmp_path / "g").read_text().count("<edge ") == 3


def test_an_older_snapshot_can_be_exported(run: Run, tmp_path: Path) -> None:
    order = ("export", "--format", "csv", "--snapshot", "1", "--out", str(tmp_path / "g"), "--json")
    assert _json(run(*order))["count"] == 0
    order = ("export", "--format", "graphml", "--snapshot", "1", "--out", str(tmp_path / "g"))
    assert _json(run(*order, "--json"))["count"] == 2


def test_what_changed_since_a_snapshot_is_exported(run: Run, tmp_path: Path) -> None:
    order = ("export", "--format", "nquads", "--since", "1", "--out", str(tmp_path / "delta"))
    done = _json(run(*order, "--json"))
    assert (done["remove"], done["add"]) == (0, 12)
    with pytest.raises(ExportError, match="nquads"):
        run("export", "--format", "csv", "--since", "1", "--out", str(tmp_path / "x"))
    with pytest.raises(ExportError, match="nquads"):
        run(*order, "--min-belief", "0.1")


def test_diff_tells_what_is_new(run: Run) -> None:
    done = _json(run("diff", "previous", "current", "--json"))
    assert (done["new"], done["gone"], done["changed"]) == (1, 0, 0)
    (found,) = done["assertions"]
    assert (found["subject_name"], found["before"]) == ("chemical 3", None)
    assert found["after"]["belief"] == 0.5
    done = _json(run("diff", "2", "1", "--json"))
    assert (done["new"], done["gone"]) == (0, 1)


def test_diff_is_a_table_for_people(run: Run) -> None:
    _, table = run("diff")
    head, row = table.splitlines()
    assert head.split("\t")[0] == "change"
    assert row.split("\t")[:4] == ["new", "chemical 3", "influence", "Parkinson's disease"]


def test_diff_shows_no_belief_as_a_certainty(run: Run, data: Path) -> None:
    sure = ASSERTION.format(n=9).replace("0.5e0", "0.9999e0")
    with next_snapshot(data / "graph") as store:
        store.change(remove=(), add=parse(sure.encode(), RdfFormat.TRIG))
    _, row = run("diff")[1].splitlines()
    assert row.split("\t")[4] == "> 0.99"


def test_diff_shows_so_many_rows_and_json_all(run: Run, data: Path) -> None:
    with next_snapshot(data / "graph") as store:
        store.change(remove=list(store.quads()), add=())
    _, table = run("diff", "--limit", "2")
    assert len(table.splitlines()) == 1 + 2
    assert len(_json(run("diff", "--limit", "2", "--json"))["assertions"]) == 3


def test_diff_can_be_narrowed_to_a_pair(run: Run) -> None:
    pair = ("--concept", "CHEBI:3", "--concept", "NCIT:C26845")
    assert _json(run("diff", *pair, "--json"))["new"] == 1
    assert _json(run("diff", "--concept", "CHEBI:1", "--json"))["new"] == 0


def test_the_page_of_the_ontology_is_written(tmp_path: Path) -> None:
    page, context = tmp_path / "o.html", tmp_path / "c.jsonld"
    assert CliRunner().invoke(app, ["ontology", "--html", str(page)]).exit_code == 0
    both = ["ontology", "--html", str(page), "--context", str(context)]
    assert CliRunner().invoke(app, both).exit_code == 0
    assert page.stat().st_size > 1000
    assert "gb:belief" in context.read_text()
    assert CliRunner().invoke(app, ["ontology"]).exit_code == 2
