"""A backup puts everything back, or is refused in a line."""

import json
import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app.backup import BackupError, back_up, read_backup, restore
from app.nights.night import NightOrder, NightSource, tonight, work_night
from app.nights.status import read_status
from app.settings import Settings, archive_path, graph_root
from app.update import lock_path
from ingest.archive.archive import Archive
from ingest.archive.ledger import RunState
from ingest.archive.schema import ArchiveError
from ingest.document import Deletion
from ingest.lock import LockedError, lock
from kg.snapshots.snapshot import current_snapshot, fault_of_current, next_snapshot
from kg.writing import MANIFEST, ExportError
from tests.crash_points import extractor_of_words, quad, run_sample, say_nothing
from tests.disk_faults import FAULTS, cut, overwrite
from tests.nights import graph_lines


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    run_sample(folder, extractor_of_words())
    (folder / "alerts").mkdir()
    (folder / "alerts" / "new.rq").write_text("SELECT * { ?s ?p ?o }")
    return folder


@pytest.fixture
def settings(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data directory with a graph, an archive and an alert, and settings beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gutbrain.toml").write_text('email = "me@example.org"')
    return Settings(data=Path(shutil.copytree(made, tmp_path / "data")))


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as base:
        return list(base.iterdump())


def test_what_comes_back_is_what_was_there(settings: Settings, tmp_path: Path) -> None:
    graph, archive = graph_lines(settings.data), dump(archive_path(settings.data))
    made = back_up(settings, tmp_path / "b")
    assert made == read_backup(tmp_path / "b")
    assert (made.snapshot, made.papers) == (1, 28)
    shutil.rmtree(settings.data)
    assert restore(settings, tmp_path / "b") == made
    assert graph_lines(settings.data) == graph
    assert dump(archive_path(settings.data)) == archive
    assert (settings.data / "alerts" / "new.rq").is_file()
    assert not (settings.data / "gutbrain.toml").exists()
    assert fault_of_current(graph_root(settings.data)) == ""
    assert {path.name for path in settings.data.iterdir()} == {
        "archive.sqlite", "graph", "alerts", "update.lock",
    }  # fmt: skip


def test_the_next_night_goes_on_from_what_was_restored(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "b")
    shutil.rmtree(settings.data)
    restore(settings, tmp_path / "b")
    status = read_status(settings)
    assert (status.graph, status.pending, len(status.runs)) == ("000001", 0, 1)
    with Archive(archive_path(settings.data)) as archive:
        (pmid, *_) = archive.hashes()
        archive.store([Deletion(pmid)])
    order = NightOrder(tonight() - timedelta(days=1), NightSource.ARCHIVE)
    report = work_night(settings, order, extractor_of_words, say_nothing)
    assert report.state is RunState.DONE
    assert report.graph is not None
    assert (report.graph.loaded, report.graph.withdrawn) == (0, 1)


def test_the_graph_is_linked_and_stays_when_its_snapshot_goes(
    settings: Settings, tmp_path: Path
) -> None:
    lines = graph_lines(settings.data)
    back_up(settings, tmp_path / "b")
    linked = tmp_path / "b" / "graph" / "snapshots" / "000001" / "graph" / "CURRENT"
    assert linked.stat().st_nlink == 2
    for n in range(6):
        with next_snapshot(graph_root(settings.data)) as store:
            store.change(remove=(), add=[quad(n)])
    read_backup(tmp_path / "b")
    assert graph_lines(tmp_path / "b") == lines


def test_where_files_cannot_be_linked_they_are_copied(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError(f"{path} is on another disk than {target}")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    back_up(settings, tmp_path / "b")
    assert fault_of_current(tmp_path / "b" / "graph") == ""
    assert graph_lines(tmp_path / "b") == graph_lines(settings.data)


def test_a_backup_is_made_while_others_write(settings: Settings, tmp_path: Path) -> None:
    with (
        lock(lock_path(settings.data), "updating"),
        next_snapshot(graph_root(settings.data)) as store,
        Archive(archive_path(settings.data)) as archive,
        archive.transaction(),
    ):
        store.change(remove=(), add=[quad(1)])
        archive.keep_answer(b"not committed yet")
        assert back_up(settings, tmp_path / "b").snapshot == 1
    read_backup(tmp_path / "b")
    with Archive(tmp_path / "b" / "archive.sqlite") as copy:
        assert b"not committed yet" not in list(copy.answers())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
@pytest.mark.parametrize("name", ["archive.sqlite", MANIFEST, "graph/CURRENT", "alerts/new.rq"])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path, fault: Callable[[Path], None], name: str
) -> None:
    back_up(settings, tmp_path / "b")
    fault(tmp_path / "b" / name)
    shutil.rmtree(settings.data)
    with pytest.raises(BackupError) as refused:
        restore(settings, tmp_path / "b")
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not settings.data.exists()


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": "nquads"}', "[" * 100_000])
def test_another_folder_is_no_backup(settings: Settings, tmp_path: Path, content: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MANIFEST).write_text(content)
    with pytest.raises(BackupError, match="not"):
        read_backup(tmp_path / "b")
    with pytest.raises(BackupError, match="No such file"):
        restore(settings, tmp_path / "none")


def test_a_manifest_that_points_outside_is_refused(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "b")
    manifest = tmp_path / "b" / MANIFEST
    content = json.loads(manifest.read_text())
    content["files"][0]["file"] = "../gutbrain.toml"
    manifest.write_text(json.dumps(content))
    with pytest.raises(BackupError, match="outside of the backup"):
        read_backup(tmp_path / "b")


def test_what_is_there_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    lines = graph_lines(settings.data)
    back_up(settings, tmp_path / "b")
    with pytest.raises(BackupError, match="--replace"):
        restore(settings, tmp_path / "b")
    with next_snapshot(graph_root(settings.data)) as store:
        store.change(remove=(), add=[quad(1)])
    later = graph_lines(settings.data)
    restore(settings, tmp_path / "b", replaces=True)
    assert graph_lines(settings.data) == lines
    (aside,) = settings.data.glob("replaced-*")
    assert graph_lines(aside) == later
    assert (aside / "readings.sqlite").is_file()


def test_nothing_is_restored_while_another_process_works(
    settings: Settings, tmp_path: Path
) -> None:
    back_up(settings, tmp_path / "b")
    with (
        lock(lock_path(settings.data), "updating"),
        pytest.raises(LockedError, match="another process"),
    ):
        restore(settings, tmp_path / "b", replaces=True)


def test_a_backup_never_replaces_a_folder(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "b")
    with pytest.raises(BackupError, match="exists already"):
        back_up(settings, tmp_path / "b")
    with pytest.raises(ExportError, match="no such folder"):
        back_up(settings, tmp_path / "none" / "b")


def test_there_is_nothing_to_back_up_before_the_first_run(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to back up"):
        back_up(Settings(data=tmp_path / "data"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_archive_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    cut(archive_path(settings.data))
    with pytest.raises((BackupError, ArchiveError), match="damaged"):
        back_up(settings, tmp_path / "b")
    assert not list(tmp_path.glob("*b*part*"))
    assert not (tmp_path / "b").exists()


def test_a_damaged_graph_leaves_the_archive_to_back_up(settings: Settings, tmp_path: Path) -> None:
    current = current_snapshot(graph_root(settings.data))
    assert current is not None
    overwrite(current.graph / "CURRENT")
    assert back_up(settings, tmp_path / "b").snapshot is None


def test_a_disk_that_fills_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises((OSError, ArchiveError)):
            back_up(settings, tmp_path / "b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "gutbrain.toml"]


def test_a_graph_on_a_server_is_not_in_a_backup(settings: Settings, tmp_path: Path) -> None:
    remote = settings.model_copy(update={"store": "http://127.0.0.1:9/repositories/x"})
    made = back_up(remote, tmp_path / "b")
    assert (made.snapshot, made.papers) == (None, 28)
    assert not (tmp_path / "b" / "graph").exists()
