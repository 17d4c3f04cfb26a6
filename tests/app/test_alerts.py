"""Saved questions run in the sandbox, on two snapshots of one data directory."""

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from app.alerts import alerts_folder, check_alerts
from app.settings import Settings
from kg.snapshots.snapshot import SnapshotError, next_snapshot

ALERT = "SELECT ?s { ?s a <http://example.org/Thing> } ORDER BY ?s"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for n in (1, 2):
        with next_snapshot(tmp_path / "graph") as store:
            triple = f"<http://example.org/{n}> a <http://example.org/Thing> ."
            store.change(remove=(), add=parse(triple.encode(), RdfFormat.TURTLE))
    alerts_folder(tmp_path).mkdir()
    (alerts_folder(tmp_path) / "things.rq").write_text(ALERT)
    return tmp_path


def test_what_is_new_since_the_previous_snapshot_is_found(data: Path) -> None:
    (result,) = check_alerts(Settings(data=data))
    assert (result.new, result.gone) == ((("http://example.org/2",),), ())
    (result,) = check_alerts(Settings(data=data), since="current")
    assert result.new == ()


def test_too_many_rows_are_a_problem_not_half_an_answer(data: Path) -> None:
    (result,) = check_alerts(Settings(data=data, max_rows=1))
    assert result.problem == "More than 1 rows"


def test_a_server_keeps_no_snapshots_to_compare(data: Path) -> None:
    with pytest.raises(SnapshotError, match="server"):
        check_alerts(Settings(data=data, store="http://127.0.0.1:9/repositories/x"))
