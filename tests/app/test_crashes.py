"""A process that is killed at any point leaves the graph before or after, and the next one goes on.

The points are found, not guessed: see ``tests/crash_points.py``.
"""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import graph_root
from kg.checks.invariants import find_breaches
from kg.snapshots.snapshot import current_snapshot, kept_snapshots, name_snapshot
from kg.stores.embedded import EmbeddedStore
from tests.crash_points import operation, quad, write
from tests.kills import differences, killed, left_alone
from tests.pubmed_server import running_server
from tests.random_kills import kill_at_random, run_of_sample, second_night

ROOT = Path(__file__).parents[2]
UNFINISHED = {".new", ".old", ".part"}
EVERY_POINT = pytest.param(1, marks=pytest.mark.slow)


def killed_at_every_point(folder: Path, name: str, step: int = 1) -> list[Path]:
    """Kill an operation at every ``step``-th point.

    The data directories it left, the last by an operation that ended.
    """
    command = [sys.executable, "-m", "tests.crash_points", str(folder), name, str(step)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return [folder / str(n) for n in range(0, int(told.stdout) + 1, step)]


def quads(data: Path) -> set[str]:
    """Every quad of the current snapshot, none before the first."""
    current = current_snapshot(graph_root(data))
    if current is None:
        return set()
    return set(map(str, EmbeddedStore.open_read_only(current.graph).quads()))


def files(data: Path) -> set[str]:
    """What stands in the graph's folder: snapshots without their content, names, pointers."""
    root = graph_root(data)
    return {
        str(path.relative_to(root))
        for folder in (root, root / "snapshots", root / "names")
        for path in folder.glob("*")
    }


def all_open(data: Path) -> bool:
    """Whether every snapshot that could be rolled back to is whole."""
    for kept in kept_snapshots(graph_root(data)):
        store = EmbeddedStore.open_read_only(kept.snapshot.graph)
        assert store.size() == len(list(store.quads()))
        assert kept.quads in {None, store.size()}
        assert kept.snapshot.read_model.is_file()
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A graph of four snapshots, the first with a name: the next writer removes the second."""
    for n in range(4):
        write(tmp_path / "base")
        if n == 0:
            name_snapshot(graph_root(tmp_path / "base"), "1", "kept")
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("step", [9, EVERY_POINT])
def test_a_writer_killed_anywhere_leaves_the_graph_before_or_after(folder: Path, step: int) -> None:
    before = {str(quad(n)) for n in range(4)}
    after = before | {str(quad(4))}
    *killed, whole = killed_at_every_point(folder, "write", step)
    assert len(killed) > 10 // step
    assert quads(whole) == after
    seen = [quads(data) for data in killed]
    assert all(each in (before, after) for each in seen)
    assert before in seen
    assert after in seen or step > 1
    assert all(map(all_open, killed))


@pytest.mark.parametrize("step", [9, EVERY_POINT])
def test_the_next_writer_after_any_kill_goes_on_and_clears_up(folder: Path, step: int) -> None:
    *killed, whole = killed_at_every_point(folder, "write", step)
    for data in killed:
        wanted = len(quads(data)) + 1
        write(data)
        assert len(quads(data)) == wanted
        assert all_open(data)
        left = [name for name in files(data) if Path(name).suffix in UNFINISHED]
        assert left == []
        assert len(kept_snapshots(graph_root(data))) <= len(kept_snapshots(graph_root(whole))) + 1


@pytest.mark.parametrize("name", ["back", "name", "forget"])
def test_what_is_done_to_snapshots_is_done_or_not(folder: Path, name: str) -> None:
    base = folder / "base"
    before = (quads(base), files(base))
    *killed, whole = killed_at_every_point(folder, name)
    after = (quads(whole), files(whole))
    assert killed
    for data in killed:
        now = {each for each in files(data) if not Path(each).name.startswith(".")}
        assert quads(data) in (before[0], after[0])
        assert now <= before[1] | after[1]
        assert all_open(data)
        operation(name)(data) if name != "forget" or now != after[1] else None
        assert (quads(data), files(data)) == after


@pytest.mark.parametrize(("step", "kills"), [(20, 1), pytest.param(4, 5, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_ends_as_one_left_alone(tmp_path: Path, step: int, kills: int) -> None:
    (tmp_path / "base").mkdir()
    *killed, whole = killed_at_every_point(tmp_path, "run", step)
    expected = quads(whole)
    assert len(expected) > 1000
    assert len(killed) >= kills
    again = operation("run")
    for data in killed:
        assert quads(data) in (set(), expected)
        again(data)
        assert quads(data) == expected
        assert not [name for name in files(data) if Path(name).suffix in UNFINISHED]
    last = current_snapshot(graph_root(killed[-1]))
    assert last is not None
    assert list(find_breaches(EmbeddedStore.open_read_only(last.graph))) == []


@pytest.mark.slow
def test_nights_that_are_killed_end_as_nights_left_alone(tmp_path: Path) -> None:
    done = killed(tmp_path / "killed", 4, 8, 7, lambda _: None)
    undisturbed = left_alone(tmp_path / "alone", done.nights, 8)
    assert list(differences(done.end, undisturbed)) == []
    assert done.end.left_over == ()
    assert len(done.end.archive.documents) >= 8


@pytest.mark.slow
def test_commands_killed_at_random_moments_end_as_undisturbed(tmp_path: Path) -> None:
    chance = random.Random(3)
    with running_server() as server:
        run, night = run_of_sample(server), second_night(server, tmp_path / "night")
        kills = [
            *kill_at_random(tmp_path / "run", "run", run, 3, chance),
            *kill_at_random(tmp_path / "night", "nightly", night, 3, chance),
        ]
    assert [kill.problem for kill in kills] == [""] * 6
