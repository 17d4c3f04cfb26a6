"""The settings choose a snapshot, or a server."""

from pathlib import Path

import pytest

from app.chosen_graph import chosen_graph
from app.settings import Settings, graph_root
from kg.snapshots.snapshot import SnapshotError, next_snapshot
from tests.endpoint_server import endpoint
from tests.small_graph import small_graph


def test_a_snapshot_comes_with_its_lists(data_folder: Path) -> None:
    graph = chosen_graph(Settings(data=data_folder))
    assert graph.store.size() > 0
    assert graph.lists().totals().relations == 64


def test_lists_that_are_missing_are_made(tmp_path: Path) -> None:
    with next_snapshot(graph_root(tmp_path)) as store:
        store.bulk_load(small_graph())
    graph = chosen_graph(Settings(data=tmp_path))
    graph.read_model.unlink()
    assert graph.lists().totals().relations == 64


def test_the_lists_of_a_server_follow_its_graph(data_folder: Path, tmp_path: Path) -> None:
    with endpoint(Settings(data=data_folder)) as address:
        settings = Settings(data=tmp_path, store=f"{address}/repositories/gutbrain")
        graph = chosen_graph(settings)
        try:
            assert graph.lists().totals().relations == 64
            assert graph.lists().state != ""
        finally:
            graph.store.close()
    assert graph.read_model.parent == tmp_path / "cache"


def test_an_earlier_snapshot_can_be_chosen(tmp_path: Path) -> None:
    with next_snapshot(graph_root(tmp_path)):
        pass
    with pytest.raises(SnapshotError, match="there is no previous"):
        chosen_graph(Settings(data=tmp_path), "previous")
    assert chosen_graph(Settings(data=tmp_path), "1").store.size() == 0


def test_before_the_first_run_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="gutbrain run"):
        chosen_graph(Settings(data=tmp_path))


def test_a_server_has_the_current_state_only(data_folder: Path) -> None:
    settings = Settings(data=data_folder, store="http://127.0.0.1:9/repositories/x")
    with pytest.raises(SnapshotError, match="server has no snapshots"):
        chosen_graph(settings, "previous")
