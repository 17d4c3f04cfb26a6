"""What doctor looks at: damage is found by reading."""

import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app import diagnosis
from app.diagnosis import Finding, diagnose
from app.sandbox.network import Network
from app.settings import Settings, archive_path, readings_path
from kg.snapshots.snapshot import Snapshot, current_snapshot
from tests.crash_points import extractor_of_words, run_sample
from tests.disk_faults import FAULTS, cut, empty, overwrite, overwrite_unseen

READ = ("archive", "annotation cache", "graph", "read model")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    run_sample(folder, extractor_of_words())
    return folder


@pytest.fixture
def settings(tmp_path: Path, made: Path) -> Settings:
    """A data directory with all its files."""
    return Settings(data=Path(shutil.copytree(made, tmp_path / "data")))


def findings(settings: Settings) -> dict[str, Finding]:
    return {each.name: each for each in diagnose(settings, READ)}


def bad(settings: Settings) -> set[str]:
    return {each.name for each in diagnose(settings, READ) if not each.is_good}


def snapshot_of(settings: Settings) -> Snapshot:
    current = current_snapshot(settings.data / "graph")
    assert current is not None
    return current


def test_where_nothing_is_damaged_all_is_well(settings: Settings) -> None:
    found = findings(settings)
    assert bad(settings) == set()
    assert all("read" in found[name].detail for name in READ if name != "graph")
    assert found["graph"].detail.endswith("quads, as they were written")


def test_before_the_first_run_nothing_is_missing(tmp_path: Path) -> None:
    found = findings(Settings(data=tmp_path))
    assert bad(Settings(data=tmp_path)) == set()
    assert all(found[name].detail.startswith("none yet") for name in READ)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_damaged_archive_is_found(settings: Settings, fault: Callable[[Path], None]) -> None:
    fault(archive_path(settings.data))
    found = findings(settings)["archive"]
    assert not found.is_good
    assert "archive.sqlite" in found.detail


def test_a_document_that_is_damaged_is_found(settings: Settings) -> None:
    with closing(sqlite3.connect(archive_path(settings.data))) as base:
        (pmid,) = base.execute("UPDATE documents SET body = x'00' RETURNING pmid").fetchone()
        base.commit()
    assert f"PMID {pmid}" in findings(settings)["archive"].detail
    assert bad(settings) == {"archive"}


@pytest.mark.parametrize(("fault", "at"), [(overwrite, (4096,)), (cut, ())])
def test_damaged_annotations_and_read_models_are_found(
    settings: Settings, fault: Callable[..., None], at: tuple[int, ...]
) -> None:
    fault(readings_path(settings.data), *at)
    overwrite(snapshot_of(settings).read_model, 0)
    assert bad(settings) == {"annotation cache", "read model"}


@pytest.mark.parametrize("fault", [overwrite_unseen, cut, empty, Path.unlink])
@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_damaged_graph_is_found(
    settings: Settings, fault: Callable[[Path], None], pattern: str
) -> None:
    spoiled = next(snapshot_of(settings).graph.glob(pattern))
    fault(spoiled)
    assert str(spoiled) in findings(settings)["graph"].detail
    assert "graph" in bad(settings)


def test_a_graph_whose_pointer_is_gone_is_found(settings: Settings) -> None:
    (settings.data / "graph" / "CURRENT").unlink()
    assert bad(settings) == {"graph"}


@pytest.mark.parametrize(
    ("found", "platform", "is_good", "word"),
    [
        (Network.LEFT, "linux", True, "left by namespace"),
        (Network.CLOSED, "linux", True, "closed by seccomp"),
        (Network.OPEN, "linux", False, "only the gate"),
        (Network.OPEN, "darwin", True, "only the gate"),
    ],
)
def test_the_network_of_queries_is_named(
    found: Network,
    platform: str,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_good: bool,
) -> None:
    monkeypatch.setattr(diagnosis, "network_of_worker", lambda: found)
    monkeypatch.setattr(sys, "platform", platform)
    (finding,) = diagnose(Settings(data=tmp_path), ["network of queries"])
    assert finding.is_good is is_good
    assert word in finding.detail
