"""Readers keep a whole snapshot, whatever becomes of the writer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from kg.snapshot import (
    KEPT,
    SnapshotError,
    WriterBusyError,
    current_snapshot,
    next_snapshot,
)
from kg.stores.embedded import EmbeddedStore

KILLED = """
import sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from kg.snapshot import next_snapshot

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


def _names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "snapshots").iterdir())


def test_there_is_no_snapshot_before_the_first(tmp_path: Path) -> None:
    assert current_snapshot(tmp_path / "graph") is None


def test_each_snapshot_starts_from_the_one_before(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    _write(tmp_path, 2)
    assert _size(tmp_path) == 2


def test_a_snapshot_has_its_label_index(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    current = current_snapshot(tmp_path)
    assert current is not None
    assert current.labels.is_file()


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
        pytest.raises(WriterBusyError, match="another process"),
        next_snapshot(tmp_path),
    ):
        pass


def test_a_pointer_to_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("000009")
    with pytest.raises(SnapshotError, match="000009"):
        current_snapshot(tmp_path)


def test_a_writer_killed_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, 1)
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"in the middle\n"
    with pytest.raises(WriterBusyError), next_snapshot(tmp_path):
        pass
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert _names(tmp_path) == ["000001", "000002"]
    assert _size(tmp_path) == 1
    _write(tmp_path, 2)
    assert _size(tmp_path) == 2
    assert _names(tmp_path) == ["000001", "000002"]
