"""A command that is killed at a random moment, and done again: the graph is as if undisturbed."""

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.settings import graph_root
from kg.snapshots.snapshot import current_snapshot, fault_of_current
from tests.kills import NIGHT_ARGUMENTS, evolve, finish
from tests.nights import graph_lines, slot, start
from tests.pubmed_server import PubMedServer

PAPERS = 12
Start = Callable[[Path], subprocess.Popen[str]]


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill after ``after_s`` seconds; ``problem`` is empty where graph and command held.

    ``is_published``: the command had published its graph, but not come to its end.
    """

    command: str
    after_s: float
    is_published: bool
    problem: str


def run_of_sample(server: PubMedServer) -> Start:
    """``gutbrain run``, on the papers that come with gutbrain."""
    return lambda data: start(server, data, "run", *NIGHT_ARGUMENTS)


def second_night(server: PubMedServer, data: Path) -> Start:
    """Work the first night, let days go by, and hand on what starts the second."""
    evolve(server, 0, PAPERS)
    finish(server, data, 0)
    evolve(server, 1, PAPERS)
    arguments = ("nightly", "--slot", str(slot(1)), *NIGHT_ARGUMENTS)
    return lambda folder: start(server, folder, *arguments)


def kill_at_random(
    base: Path, command: str, begin: Start, times: int, chance: random.Random
) -> Iterator[Kill]:
    """Kill a command ``times`` times, each on a new copy of ``base``, which may be missing.

    A command that ends before its kill is not counted; the next moments fall into its time.
    """
    base.mkdir(parents=True, exist_ok=True)
    before, (after, seconds) = _lines(base), _undisturbed(base, begin)
    while times:
        copy, since = _copy(base), time.monotonic()
        after_s = chance.uniform(0, seconds)
        if not _is_killed(begin(copy), after_s):
            seconds = time.monotonic() - since
            continue
        times -= 1
        is_published = _lines(copy) == after
        problem = _problem(copy, before, after) or _problem_again(copy, begin, after)
        yield Kill(command, after_s, is_published, problem)


def _copy(base: Path) -> Path:
    copy = base.with_name(f"{base.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(base, copy))


def _undisturbed(base: Path, begin: Start) -> tuple[list[str], float]:
    copy, since = _copy(base), time.monotonic()
    process = begin(copy)
    _, complaints = process.communicate()
    if process.returncode:
        raise RuntimeError(complaints)
    return _lines(copy), time.monotonic() - since


def _is_killed(process: subprocess.Popen[str], after_s: float) -> bool:
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    return False


def _problem(data: Path, before: list[str], after: list[str]) -> str:
    if fault := fault_of_current(graph_root(data)):
        return f"the kill left damage: {fault}"
    return "" if _lines(data) in (before, after) else "the kill left half a graph"


def _problem_again(data: Path, begin: Start, after: list[str]) -> str:
    process = begin(data)
    _, complaints = process.communicate()
    if process.returncode:
        return f"again: exit {process.returncode}: {complaints.strip()[-200:]}"
    if list(graph_root(data).glob("snapshots/*.new")):
        return "again: half a snapshot is left over"
    return "" if _lines(data) == after else "again: another graph than undisturbed"


def _lines(data: Path) -> list[str]:
    return graph_lines(data) if current_snapshot(graph_root(data)) else []
