"""The endpoint over the small graph, as clients find it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Quad

from app.settings import Settings
from kg.snapshots.snapshot import current_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.endpoint_server import endpoint


@pytest.fixture(scope="module")
def address(data_folder: Path) -> Iterator[str]:
    with endpoint(Settings(data=data_folder, max_bytes=2_000_000)) as base:
        yield base


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def stated(data_folder: Path) -> set[Quad]:
    """All quads of the small graph."""
    snapshot = current_snapshot(data_folder / "graph")
    assert snapshot is not None
    return set(EmbeddedStore.open_read_only(snapshot.graph).quads())
