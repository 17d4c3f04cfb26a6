"""Nights that are killed at random points, and the same nights left alone: both must end alike."""

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.settings import archive_path, graph_root
from app.update import lock_path
from ingest.archive.archive import Archive
from ingest.harvest.planning import Topic
from ingest.lock import is_locked
from kg.snapshots.snapshot import current_snapshot
from tests.harvests import State, state_of
from tests.nights import (
    ENTERED,
    QUERY,
    SINCE,
    RetractedPaper,
    finding,
    graph_lines,
    papers,
    slot,
    start,
)
from tests.pubmed_server import Paper, PubMedServer, running_server

NEW_A_NIGHT, DAYS_BETWEEN = 4, 4
FLOOR = Path(__file__).parents[1] / "extract" / "weights" / "floor"
NIGHT_ARGUMENTS = ("--model", str(FLOOR), "--ner", "lexicon", "--relations", "counts")
LOADING_SHARE, LOADING_S = 0.2, 2.0
OVERTIME = 1.4
"""Kills fall anywhere in a night's time and somewhat later, so that some nights come to an end."""
_TOPIC = Topic(QUERY, SINCE)


@dataclass(frozen=True, slots=True)
class End:
    """All that must be the same however often the nights were killed."""

    archive: State
    graph: tuple[str, ...]
    nights: tuple[tuple[str, str], ...]
    left_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Killed:
    """How nights went that were killed: by what they were at, and how long all took."""

    kills: Counter[str]
    nights: int
    seconds: float
    end: End


def evolve(server: PubMedServer, night: int, first_papers: int) -> None:
    """Let days go by: new papers, one revised, one re-indexed, one retracted, one withdrawn.

    Withdrawn papers are found by the weekly sweep: every other night, with days between them.
    """
    if night == 0:
        server.add(*papers(*range(1, first_papers + 1)))
        return
    server.now += timedelta(days=DAYS_BETWEEN)
    today, n = server.now.date(), night % (first_papers // 4) + 1
    first_new = first_papers + night * NEW_A_NIGHT
    new = range(first_new, first_new + NEW_A_NIGHT)
    server.add(*(Paper(pmid, today, title=finding(pmid)) for pmid in new))
    step = first_papers // 4
    revised, reindexed, retracted, gone = (n + step * part for part in range(4))
    title = finding(revised + night)
    server.add(
        Paper(revised, ENTERED, today, title=title),
        Paper(reindexed, ENTERED, today, title=finding(reindexed)),
        RetractedPaper(retracted, ENTERED, today, title=finding(retracted)),
        Paper(gone, ENTERED, today, kind="deleted"),
    )


def left_alone(folder: Path, nights: int, first_papers: int) -> End:
    """Work the nights undisturbed."""
    with running_server() as server:
        for night in range(nights):
            evolve(server, night, first_papers)
            finish(server, folder, night)
    return end_of(folder)


def killed(
    folder: Path, kills: int, first_papers: int, seed: int, tell: Callable[[str], None]
) -> Killed:
    """Kill nights at random points until ``kills`` of them were, then work the last to its end."""
    begun, at, night = time.monotonic(), Counter[str](), 0
    with running_server() as server:
        evolve(server, night, first_papers)
        killer = _Killer(server, folder, random.Random(seed))
        while at.total() < kills:
            if where := killer.kill(night):
                at[where] += 1
                tell(f"kill {at.total()}: night {night}, {where}")
            else:
                night += 1
                evolve(server, night, first_papers)
        finish(server, folder, night)
    return Killed(at, night + 1, time.monotonic() - begun, end_of(folder))


def finish(server: PubMedServer, folder: Path, night: int) -> None:
    """Work a night to its end. Raises where it does not end well."""
    process = _night(server, folder, night)
    _, complaints = process.communicate()
    if process.returncode:
        raise RuntimeError(f"night {night} ended with {process.returncode}: {complaints}")


def end_of(folder: Path) -> End:
    """Read what the nights left behind."""
    with Archive(archive_path(folder)) as archive:
        runs = archive.ledger.nights(1000)
    left = sorted(graph_root(folder).glob("snapshots/*.new"))
    return End(
        state_of(folder, _TOPIC),
        tuple(graph_lines(folder)),
        tuple((str(run.slot), run.state.value) for run in runs),
        (*(path.name for path in left), *(["lock"] if is_locked(lock_path(folder)) else [])),
    )


def differences(one: End, other: End) -> Iterator[str]:
    """Say in what two ends differ."""
    for name in End.__slots__:
        if getattr(one, name) != getattr(other, name):
            yield name


def _night(server: PubMedServer, folder: Path, night: int) -> subprocess.Popen[str]:
    return start(server, folder, "nightly", "--slot", str(slot(night)), *NIGHT_ARGUMENTS)


class _Killer:
    """Kills nights; ``_work_s`` is how long the last whole one took from its first request on."""

    def __init__(self, server: PubMedServer, folder: Path, chance: random.Random) -> None:
        self._server, self._folder, self._chance = server, folder, chance
        self._work_s = 2.0
        self._has_asked = threading.Event()
        server.before = lambda _: self._has_asked.set()

    def kill(self, night: int) -> str:
        """Start a night and kill it; says what it was at, or nothing where it had ended."""
        before = _snapshot_number(self._folder)
        self._server.requests.clear()
        self._has_asked.clear()
        with _night(self._server, self._folder, night) as process:
            if self._is_killed(process):
                return _was_at(self._server, self._folder, night, before)
            if process.returncode:
                raise RuntimeError(process.communicate()[1])
        return ""

    def _is_killed(self, process: subprocess.Popen[str]) -> bool:
        """Kill one in five while it loads, the others while it works."""
        if self._chance.random() < LOADING_SHARE:
            return _is_killed_after(process, self._chance.uniform(0.0, LOADING_S))
        self._has_asked.wait(60)
        began = time.monotonic()
        is_killed = _is_killed_after(process, self._chance.uniform(0.0, OVERTIME * self._work_s))
        if not is_killed:
            self._work_s = time.monotonic() - began
        return is_killed


def _is_killed_after(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    return False


def _was_at(server: PubMedServer, folder: Path, night: int, before: int) -> str:
    if list(graph_root(folder).glob("snapshots/*.new")):
        return "writing the graph"
    if _snapshot_number(folder) > before:
        return "the graph was published"
    if server.requests:
        return "harvesting, or between harvest and graph"
    with Archive(archive_path(folder)) as archive:
        run = archive.ledger.night(slot(night))
    return "loading the program" if run is None or run.finished else "loading, the night begun"


def _snapshot_number(folder: Path) -> int:
    current = current_snapshot(graph_root(folder))
    return current.number if current else 0
