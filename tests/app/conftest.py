"""The small graph as a snapshot, and settings that point at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.graph_access import shared_sandbox
from kg.snapshots.snapshot import next_snapshot
from tests.small_graph import small_graph


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the small graph as its snapshot."""
    folder = tmp_path_factory.mktemp("data")
    with next_snapshot(folder / "graph") as store:
        store.bulk_load(small_graph())
    return folder


@pytest.fixture
def small_data(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings point at the small graph, for one test."""
    monkeypatch.setenv("GUTBRAIN_DATA", str(data_folder))
    yield data_folder
    shared_sandbox().close()
    shared_sandbox.cache_clear()


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The settings point at a data directory where nothing was run yet."""
    monkeypatch.setenv("GUTBRAIN_DATA", str(tmp_path))
    yield tmp_path
    shared_sandbox().close()
    shared_sandbox.cache_clear()
