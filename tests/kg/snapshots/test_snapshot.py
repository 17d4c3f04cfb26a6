"""Readers keep a whole snapshot, whatever becomes of the writer."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from ingest.lock import LockedError
from kg.snapshots.snapshot import (
    KEPT,
    SnapshotError,
    current_snapshot,
    find_snapshot,
    forget_name,
    kept_snapshots,
    name_snapshot,
    next_snapshot,
    roll_back,
)
from kg.stores.embedded import EmbeddedStore

KILLED = """
import sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from kg.snapshots.snapshot import next_snapshot

with next_snapshot(Path(sys.argv[1])) as store:
    for n in range(1000):
        store.change(remove=(), add=[Quad(NamedNode(f"x:{n}{i}"), NamedNode("x:p"), Literal(i))
                                     for i in range(50)])
        if n == 20:
            print("in the middle", flush=True)
            sys.stdin.readline()
"""


def _quad(n: int) -> Quad:
    return Quad(NamedNode(f"x:{n}"), NamedNode("x:p"), Literal(n), NamedNode("x:g"))


def _write(root: Path, n: int) -> None:
    with next_snapshot(root) as store:
        store.change(remove=(), add=[_quad(n)])


def _size(root: Path) -> int:
    current = current_snapshot(root)
    assert current is not None
    return EmbeddedStore.open_read_only(current.graph).size()


def _numbers(root: Path) -> list[int]:
    return [kept.snapshot.number for kept in kept_snapshots(root)]


def _names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "snapshots").iterdir())


def test_there_is_no_snapshot_before_the_first(tmp_path: Path) -> None:
    assert current_snapshot(tmp_path / "graph") is None


def test_each_snapshot_starts_from_the_one_before(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    _write(tmp_path, 2)
    assert _size(tmp_path) == 2


def test_a_snapshot_has_its_read_model(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    current = current_snapshot(tmp_path)
    assert current is not None
    assert current.read_model.is_file()


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    current = current_snapshot(tmp_path)
    assert current is not None
    reader = EmbeddedStore.open_read_only(current.graph)
    for n in range(2, KEPT + 3):
        _write(tmp_path, n)
    assert len(list(reader.select("SELECT * { ?s ?p ?o }"))) == 1
    assert not current.path.exists()


def test_the_next_snapshot_is_not_seen_before_its_block_ends(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    with next_snapshot(tmp_path) as store:
        store.change(remove=(), add=[_quad(2)])
        assert _size(tmp_path) == 1
    assert _size(tmp_path) == 2


def test_a_block_that_raises_publishes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, 1)

    def write_and_fail() -> None:
        with next_snapshot(tmp_path) as store:
            store.change(remove=(), add=[_quad(2)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert _size(tmp_path) == 1
    assert _names(tmp_path) == ["000001"]


def test_a_block_that_changes_nothing_publishes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    with next_snapshot(tmp_path) as store:
        assert store.size() == 1
    assert _names(tmp_path) == ["000001"]


def test_the_first_snapshot_is_published_even_when_empty(tmp_path: Path) -> None:
    with next_snapshot(tmp_path):
        pass
    assert _size(tmp_path) == 0


def test_the_last_three_are_kept(tmp_path: Path) -> None:
    for n in range(5):
        _write(tmp_path, n)
    assert _names(tmp_path) == ["000003", "000004", "000005"]


def test_a_second_writer_is_told_at_once(tmp_path: Path) -> None:
    with (
        next_snapshot(tmp_path),
        pytest.raises(LockedError, match="another process"),
        next_snapshot(tmp_path),
    ):
        pass


def test_a_pointer_to_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("000009")
    with pytest.raises(SnapshotError, match="000009"):
        current_snapshot(tmp_path)


def test_a_writer_killed_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    root = Path(__file__).parents[3]
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"in the middle\n"
    with pytest.raises(LockedError), next_snapshot(tmp_path):
        pass
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert _names(tmp_path) == ["000001", "000002.new"]
    assert _size(tmp_path) == 1
    _write(tmp_path, 2)
    assert _size(tmp_path) == 2
    assert _names(tmp_path) == ["000001", "000002"]


def test_the_list_says_what_each_snapshot_is(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    _write(tmp_path, 2)
    name_snapshot(tmp_path, "1", "paper")
    first, second = kept_snapshots(tmp_path)
    assert (first.names, first.made_from, first.quads, first.is_current) == (
        ("paper",), None, 1, False,
    )  # fmt: skip
    assert (second.names, second.made_from, second.quads, second.is_current) == ((), 1, 2, True)
    assert first.made <= second.made


def test_there_is_nothing_to_list_before_the_first(tmp_path: Path) -> None:
    assert kept_snapshots(tmp_path / "graph") == ()


def test_rolling_back_and_forth_removes_nothing(tmp_path: Path) -> None:
    for n in range(3):
        _write(tmp_path, n)
    roll_back(tmp_path, "1")
    assert _size(tmp_path) == 1
    roll_back(tmp_path, "3")
    assert _size(tmp_path) == 3
    assert _numbers(tmp_path) == [1, 2, 3]


def test_after_a_roll_back_no_number_is_used_again(tmp_path: Path) -> None:
    for n in range(3):
        _write(tmp_path, n)
    roll_back(tmp_path, "previous")
    _write(tmp_path, 9)
    assert _numbers(tmp_path) == [2, 3, 4]
    assert _size(tmp_path) == 3
    assert find_snapshot(tmp_path, "previous").number == 2


def test_what_the_current_was_made_from_is_kept(tmp_path: Path) -> None:
    for n in range(KEPT):
        _write(tmp_path, n)
    for n in range(KEPT):
        roll_back(tmp_path, "1")
        _write(tmp_path, 10 + n)
    assert _numbers(tmp_path) == [1, 4, 5, 6]


def test_a_snapshot_with_a_name_is_kept_until_the_name_is_forgotten(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    name_snapshot(tmp_path, "current", "release-1.0")
    for n in range(1, 6):
        _write(tmp_path, n)
    assert _numbers(tmp_path) == [1, 4, 5, 6]
    assert find_snapshot(tmp_path, "release-1.0").number == 1
    forget_name(tmp_path, "release-1.0")
    _write(tmp_path, 6)
    assert _numbers(tmp_path) == [5, 6, 7]


def test_a_name_moves_to_where_it_is_given_again(tmp_path: Path) -> None:
    _write(tmp_path, 0)
    name_snapshot(tmp_path, "1", "tested")
    _write(tmp_path, 1)
    name_snapshot(tmp_path, "2", "tested")
    assert [kept.names for kept in kept_snapshots(tmp_path)] == [(), ("tested",)]


def test_a_day_stands_for_the_last_snapshot_until_its_end(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    _write(tmp_path, 2)
    first, second = (kept.snapshot for kept in kept_snapshots(tmp_path))
    for snapshot, day in ((first, 1), (second, 3)):
        moment = datetime(2026, 11, day, 12, tzinfo=UTC).timestamp()
        os.utime(snapshot.record, (moment, moment))
    assert find_snapshot(tmp_path, "2026-11-02") == first
    assert find_snapshot(tmp_path, "2026-11-03") == second
    with pytest.raises(SnapshotError, match="2026-10-31"):
        find_snapshot(tmp_path, "2026-10-31")


@pytest.mark.parametrize("which", ["7", "unknown", "previous", "", "../1"])
def test_what_is_not_there_is_not_found(tmp_path: Path, which: str) -> None:
    _write(tmp_path, 1)
    with pytest.raises(SnapshotError, match=r"no (snapshot|previous)"):
        find_snapshot(tmp_path, which)
    with pytest.raises(SnapshotError, match=r"no (snapshot|previous)"):
        roll_back(tmp_path, which)


@pytest.mark.parametrize("name", ["", "1", "current", "a/b", "../x", "2026-11-01", ".hidden"])
def test_a_name_is_a_word(tmp_path: Path, name: str) -> None:
    _write(tmp_path, 1)
    with pytest.raises(SnapshotError, match="cannot be a name"):
        name_snapshot(tmp_path, "1", name)


def test_nobody_rolls_back_while_another_writes(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    with next_snapshot(tmp_path), pytest.raises(LockedError):
        roll_back(tmp_path, "1")


def test_a_finished_snapshot_that_was_never_published_is_not_overwritten(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    _write(tmp_path, 2)
    (tmp_path / "CURRENT").write_text("000001")
    _write(tmp_path, 3)
    assert _numbers(tmp_path) == [1, 2, 3]
    assert _size(tmp_path) == 2
