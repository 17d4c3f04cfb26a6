"""What a disk may do to a snapshot is noticed, and another one is read in its place."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.snapshots.damage import FileListError, damage, examine, read_record
from kg.snapshots.snapshot import (
    Snapshot,
    SnapshotError,
    current_snapshot,
    fault_of_current,
    kept_snapshots,
    next_snapshot,
    readable_snapshot,
    roll_back,
)
from kg.stores.answers import DamagedError
from kg.stores.embedded import EmbeddedStore
from tests.disk_faults import FAULTS, cut, overwrite, overwrite_unseen
from tests.small_graph import small_graph


def write(root: Path, n: int) -> Snapshot:
    with next_snapshot(root) as store:
        if n == 1:
            store.bulk_load(small_graph())
        new = Quad(NamedNode(f"x:{n}"), NamedNode("x:p"), Literal(n), NamedNode("x:g"))
        store.change(remove=(), add=[new])
    current = current_snapshot(root)
    assert current is not None
    return current


def file_of(snapshot: Snapshot, pattern: str) -> Path:
    return max(snapshot.graph.glob(pattern), key=lambda path: path.stat().st_size)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two snapshots; the second has a table of its own."""
    write(tmp_path, 1)
    write(tmp_path, 2)
    return tmp_path


@pytest.mark.parametrize("pattern", ["CURRENT", "MANIFEST-*", "*.sst"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_damaged_file_gives_way_to_the_newest_snapshot_without_damage(
    tmp_path: Path, pattern: str, fault: Callable[[Path], None]
) -> None:
    write(tmp_path, 1)
    second = write(tmp_path, 2)
    own = set(second.graph.glob(pattern)) if pattern != "*.sst" else _tables_of_its_own(tmp_path)
    spoiled = max(own)
    fault(spoiled)
    found = current_snapshot(tmp_path)
    assert found is not None
    assert found.number == 1
    assert str(spoiled) in fault_of_current(tmp_path)
    assert "snapshot 000001 is read instead" in fault_of_current(tmp_path)
    assert [kept.is_current for kept in kept_snapshots(tmp_path)] == [True, False]


def _tables_of_its_own(root: Path) -> set[Path]:
    first, second = (root / "snapshots" / name / "graph" for name in ("000001", "000002"))
    shared = {path.name for path in first.glob("*.sst")}
    return {path for path in second.glob("*.sst") if path.name not in shared}


def test_a_snapshot_as_it_was_written_has_no_fault(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    assert (current.number, fault_of_current(root)) == (2, "")
    assert (damage(current.path), examine(current.path, walks=True)) == ("", "")


def test_copies_with_another_time_are_read_and_found_unchanged(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    for path in current.graph.iterdir():
        path.touch()
    assert damage(current.path) == ""


def test_what_a_failing_disk_changes_is_found_by_reading_it(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    table = file_of(current, "*.sst")
    overwrite_unseen(table)
    assert damage(current.path) == ""
    assert str(table) in examine(current.path)
    assert damage(current.path) == examine(current.path)


def test_the_quads_are_counted_where_nothing_was_hashed(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    current.record.write_text(json.dumps({"made_from": 1, "quads": 7}))
    assert examine(current.path).endswith("quads, 7 were written")


@pytest.mark.parametrize("quads", [1363, None])
def test_a_snapshot_of_an_earlier_version_is_opened(root: Path, quads: int | None) -> None:
    current = current_snapshot(root)
    assert current is not None
    current.record.write_text(json.dumps({"made_from": 1, "quads": quads}))
    assert damage(current.path) == ""
    cut(file_of(current, "CURRENT"))
    assert "Corruption" in damage(current.path)


def test_an_earlier_snapshot_whose_manifest_lost_its_end_is_no_empty_graph(tmp_path: Path) -> None:
    with next_snapshot(tmp_path) as store:
        store.bulk_load(small_graph())
    snapshot = Snapshot(tmp_path / "snapshots" / "000001")
    snapshot.record.write_text(json.dumps({"made_from": None, "quads": 1361}))
    manifest = file_of(snapshot, "MANIFEST-*")
    manifest.write_bytes(manifest.read_bytes()[:-200])
    assert damage(snapshot.path).endswith("empty, 1,361 quads were written")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"files": 1}', b"\xff", b"[" * 100_000])
def test_a_record_that_cannot_be_read_is_damage(root: Path, content: bytes) -> None:
    current = current_snapshot(root)
    assert current is not None
    current.record.write_bytes(content)
    with pytest.raises(FileListError, match=r"snapshot\.json"):
        read_record(current.record)
    assert "snapshot.json" in damage(current.path)
    assert "\n" not in damage(current.path)
    assert len(kept_snapshots(root)) == 2


def test_a_record_with_other_entries_is_damage(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    current.record.write_text('{"files": {"CURRENT": [1]}}')
    assert damage(current.path) != ""


@pytest.mark.parametrize("content", ["000009", "", "xx", "²"])
def test_a_pointer_to_nowhere_gives_way_to_the_newest(root: Path, content: str) -> None:
    (root / "CURRENT").write_text(content)
    found = current_snapshot(root)
    assert found is not None
    assert found.number == 2
    assert "CURRENT" in fault_of_current(root)


def test_a_pointer_that_is_gone_gives_way_to_the_newest(root: Path) -> None:
    (root / "CURRENT").unlink()
    found = current_snapshot(root)
    assert found is not None
    assert found.number == 2
    assert "CURRENT is missing" in fault_of_current(root)


def test_where_all_are_damaged_it_says_so_and_the_next_writer_begins_anew(root: Path) -> None:
    for number in ("000001", "000002"):
        overwrite(root / "snapshots" / number / "graph" / "CURRENT")
    with pytest.raises(SnapshotError, match="next run or night makes the graph again"):
        current_snapshot(root)
    assert readable_snapshot(root) is None
    assert write(root, 3).number == 3
    assert fault_of_current(root) == ""


def test_the_next_writer_starts_from_what_is_read(root: Path) -> None:
    overwrite(root / "snapshots" / "000002" / "graph" / "CURRENT")
    third = write(root, 3)
    assert (third.number, fault_of_current(root)) == (3, "")
    assert [kept.made_from for kept in kept_snapshots(root)] == [None, 1, 1]
    assert EmbeddedStore.open_read_only(third.graph).size() == 1363


def test_a_writer_that_finds_nothing_to_do_publishes_what_is_read(root: Path) -> None:
    overwrite(root / "snapshots" / "000002" / "graph" / "CURRENT")
    with next_snapshot(root):
        pass
    assert fault_of_current(root) == ""
    assert (root / "CURRENT").read_text() == "000001"


def test_nobody_can_go_back_to_a_damaged_snapshot(root: Path) -> None:
    overwrite(root / "snapshots" / "000001" / "graph" / "CURRENT")
    with pytest.raises(SnapshotError, match="cannot be made current"):
        roll_back(root, "1")


def test_an_engine_names_the_damaged_file(root: Path) -> None:
    current = current_snapshot(root)
    assert current is not None
    for table in current.graph.glob("*.sst"):
        overwrite_unseen(table, 200)
    with pytest.raises(DamagedError, match=r"damaged: .*\.sst"):
        list(EmbeddedStore.open_read_only(current.graph).select("SELECT * { ?s ?p ?o }"))
