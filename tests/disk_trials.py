"""Commands over a data directory whose files or disk have a fault: each in a process of its own.

A trial copies the data directory, does the damage, and calls the command. It holds where there is
no traceback, where an exit status other than 0 comes with a line that names the cause, where a
reading command answers as long as one snapshot and the archive can be read, and where after ``run``
or ``nightly`` the graph is what it was before the damage.
"""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from app.extraction import open_extractor
from app.settings import Settings, archive_path, graph_root, readings_path
from app.update import run
from extract.method_names import RecognizerName, RelationMethod
from kg.snapshots.snapshot import Snapshot, current_snapshot, fault_of_current
from tests.crash_points import say_nothing
from tests.disk_faults import FAULTS, overwrite, overwrite_unseen
from tests.nights import COMMAND, graph_lines, papers
from tests.pubmed_server import Paper

QUICK = {"NER": "lexicon", "RELATIONS": "counts", "MAX_SHRINK": "1"}
SECONDS = 120
NOBODY = 65534
ROOT = Path(__file__).parents[1]
NIGHT = ("nightly", "--from", "archive", "--slot", "2026-11-01")
READING = ("status", "snapshots", "query", "search", "export", "validate")
COMMANDS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "status --check": ("status", "--check"),
    "doctor": ("doctor",),
    "snapshots": ("snapshots",),
    "query": ("query", "count.rq"),
    "search": ("search", "anxiety"),
    "export": ("export", "--format", "turtle", "--out", "graph.ttl"),
    "validate": ("validate",),
    "backup": ("backup", "backup"),
    "run": ("run", "papers.xml"),
    "nightly": NIGHT,
}
WRITING = ("run", "nightly")


def _free() -> None:
    """Confine a process in nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Damage to a data directory; ``words`` must be in what doctor, or who writes, prints.

    ``is_answered``: a snapshot and the archive can still be read. ``is_storage``: nothing can be
    written while it lasts. ``is_seen``:
    doctor must find it. ``confine`` is called in the process before the command.
    """

    name: str
    damage: Callable[[Path], object]
    words: tuple[str, ...]
    is_answered: bool = True
    is_storage: bool = False
    is_seen: bool = True
    confine: Callable[[], None] = _free


@dataclass(frozen=True, slots=True)
class Trial:
    """What a command did under a fault; ``problem`` is empty where it held."""

    fault: str
    command: str
    status: int
    printed: str
    problem: str


def prepare(folder: Path) -> Path:
    """Make a data directory of two snapshots, with papers to repeat the second."""
    data = folder / "data"
    settings = Settings(
        data=data, ner=RecognizerName.LEXICON, relations=RelationMethod.COUNTS, max_shrink=1
    )
    extractor = open_extractor(settings)
    for first, last in ((1, 20), (1, 30)):
        (folder / "papers.xml").write_bytes(_article_set(papers(*range(first, last))))
        run([folder / "papers.xml"], settings, lambda: extractor, say_nothing)
    (folder / "count.rq").write_text("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    return data


def _article_set(found: tuple[Paper, ...]) -> bytes:
    return f"<PubmedArticleSet>{''.join(each.xml() for each in found)}</PubmedArticleSet>".encode()


def _current(data: Path) -> Snapshot:
    return Snapshot(graph_root(data) / "snapshots" / "000002")


def _table_of_its_own(data: Path) -> Path:
    first = {path.name for path in Snapshot(data / "graph/snapshots/000001").graph.iterdir()}
    tables = (path for path in _current(data).graph.glob("*.sst") if path.name not in first)
    return max(tables, key=lambda path: path.stat().st_size)


PLACES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "graph/CURRENT": (lambda data: graph_root(data) / "CURRENT", "CURRENT"),
    "snapshot.json": (lambda data: _current(data).record, "snapshot.json"),
    "RocksDB's CURRENT": (lambda data: _current(data).graph / "CURRENT", "CURRENT"),
    "manifest": (lambda data: next(_current(data).graph.glob("MANIFEST-*")), "MANIFEST"),
    "table": (_table_of_its_own, ".sst"),
    "read model": (lambda data: _current(data).read_model, "read_model"),
    "archive": (archive_path, "archive.sqlite"),
    "annotation cache": (readings_path, "readings.sqlite"),
}


REMADE = frozenset({"read model", "annotation cache"})
"""Files that may be made anew: one that is gone or empty is not missed."""


def file_faults() -> Iterator[Fault]:
    """Every kind of damage to every kind of file."""
    for place, (path_of, word) in PLACES.items():
        for name in FAULTS:
            damage = _damage(place, name)
            yield Fault(
                f"{place}: {name}",
                lambda data, damage=damage, path_of=path_of: damage(path_of(data)),
                (word,),
                is_answered=place != "archive" or name in {"removed", "emptied"},
                is_seen=_is_seen(place, name),
            )


def _damage(place: str, name: str) -> Callable[[Path], None]:
    """Bytes of SQLite's files change at page 2: the middle may be a free page."""
    is_sqlite = place in REMADE | {"archive"}
    is_page = is_sqlite and name == "bytes changed"
    return partial(overwrite, at=4096) if is_page else FAULTS[name]


def _is_seen(place: str, name: str) -> bool:
    if place == "snapshot.json":
        return name != "removed"  # as in snapshots of earlier versions: the graph is opened instead
    return place not in REMADE or name not in {"removed", "emptied"}


def further_faults() -> Iterator[Fault]:
    """Faults of more than one file."""
    yield Fault(
        "table: bytes changed, time as before",
        lambda data: overwrite_unseen(_table_of_its_own(data)),
        (".sst",),
    )
    yield Fault("snapshot: removed", lambda data: shutil.rmtree(_current(data).path), ("CURRENT",))
    yield Fault("every snapshot: damaged", _spoil_all, ("CURRENT",), is_answered=False)
    yield Fault(
        "archive: first page",
        lambda data: overwrite(archive_path(data), 0),
        ("first page",),
        is_answered=False,
    )
    yield Fault("archive: garbage for a log", _spoil_log, (), is_seen=False)


def _spoil_all(data: Path) -> None:
    for path in graph_root(data).glob("snapshots/*/graph/CURRENT"):
        overwrite(path)


def _spoil_log(data: Path) -> None:
    log = archive_path(data).with_name("archive.sqlite-wal")
    log.write_bytes(os.urandom(50_000))


def storage_faults() -> Iterator[Fault]:
    """Disks that are full or read-only, a limit of sizes, a folder of somebody else."""
    yield Fault("disk: full", _fill, ("no space left",), is_storage=True)
    yield Fault("disk: read-only", _fix, ("read-only",), is_storage=True)
    yield Fault("files: limited in size", _leave, ("too large", "disk failed", "no space"),
                is_storage=True, confine=_limit)  # fmt: skip
    yield Fault("folder of another user", _give_away, ("permission denied", "cannot be opened"),
                is_storage=True, confine=_become_nobody)  # fmt: skip


def obstacle(fault: Fault) -> str:
    """Say why a fault cannot be tried on this machine; empty where it can."""
    if fault.name.startswith("disk: ") and not _mounts():
        return "nothing can be mounted here"
    if fault.name == "folder of another user" and not _runs_as_nobody():
        return "the user nobody cannot run this Python"
    return ""


def _runs_as_nobody() -> bool:
    if os.getuid() != 0:
        return False
    try:
        done = subprocess.run([sys.executable, "-c", "import app.cli"], cwd=ROOT, check=False,
                              preexec_fn=_become_nobody, stderr=subprocess.DEVNULL)  # fmt: skip
    except PermissionError:
        return False
    return done.returncode == 0


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _leave(_: Path) -> None:
    """Do no damage."""


def _give_away(data: Path) -> None:
    """Let anybody read the data and only root write; what is beside it is free to all."""
    for folder in (data.parent, data.parent.parent):
        folder.chmod(0o777)
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def all_faults() -> Iterator[Fault]:
    """Every fault, also those that cannot be tried here; see ``obstacle``."""
    return chain(file_faults(), further_faults(), storage_faults())


def _mounts() -> bool:
    command = ["unshare", "-m", "true"]
    return os.getuid() == 0 and subprocess.run(command, check=False).returncode == 0


def _fill(data: Path) -> None:
    """Put the data directory on a disk of its own size, and fill what is left of it."""
    copy = data.with_name("copy")
    data.rename(copy)
    data.mkdir()
    size = sum(path.stat().st_size + 4096 for path in copy.rglob("*")) + (1 << 20)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(data)]
    subprocess.run(command, check=True)
    shutil.copytree(copy, data, dirs_exist_ok=True)
    with suppress(OSError), (data / "filler.lock").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass


def _fix(data: Path) -> None:
    subprocess.run(["mount", "--bind", str(data), str(data)], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)


def try_all(
    folder: Path, faults: Iterator[Fault], commands: tuple[str, ...] = tuple(COMMANDS)
) -> Iterator[Trial]:
    """Try every command under every fault; ``folder`` has ``prepare``'s files."""
    expected = graph_lines(folder / "data")
    for fault in faults:
        for command in commands:
            place = folder / "trial"
            shutil.copytree(folder, place, ignore=shutil.ignore_patterns("trial"))
            try:
                yield _tried(place, fault, command, expected)
            finally:
                subprocess.run(["umount", "-q", str(place / "data")], check=False, stderr=-3)
                shutil.rmtree(place)


def _tried(place: Path, fault: Fault, command: str, expected: list[str]) -> Trial:
    data = place / "data"
    fault.damage(data)
    status = _called(place, COMMANDS[command], fault)
    printed = (place / "err").read_text(errors="replace")
    answer = printed + (place / "out").read_text(errors="replace")
    problem = _problem(fault, command, status, printed, answer)
    if (
        not problem
        and command in WRITING
        and not fault.is_storage
        and _is_repaired_by(fault, command)
    ):
        problem = _left(data, expected)
    lines = [line for line in printed.splitlines() if line.strip()]
    return Trial(fault.name, command, status, lines[-1] if lines else "", problem)


def _is_repaired_by(fault: Fault, command: str) -> bool:
    """A lost archive has nothing to rebuild from: the graph stays as it was."""
    return fault.is_answered or fault.name.startswith("every snapshot")


def _problem(  # noqa: C901, PLR0911 a list of what must not be
    fault: Fault, command: str, status: int, printed: str, answer: str
) -> str:
    if "Traceback" in answer:
        return "traceback"
    if status < 0:
        return f"ended by signal {-status}"
    if status and not printed.strip() and command != "doctor":
        return f"exit {status} without a line"
    if max(map(len, printed.splitlines()), default=0) > 600:
        return "a line of over 600 characters"
    if command in READING and status and fault.is_answered and not _is_too_large(command, fault):
        return f"exit {status}: no answer"
    is_damage = not fault.is_storage
    if command == "doctor" and is_damage and fault.is_seen and not status:
        return "doctor finds nothing"
    if command == "doctor" and is_damage and not fault.is_seen and status:
        return "doctor finds what is none"
    writing = (*WRITING, "export")
    names_cause = command == "doctor" if is_damage else command in writing
    if (
        names_cause
        and status
        and not any(word in answer.lower() for word in map(str.lower, fault.words))
    ):
        return "the cause is not named"
    return ""


def _is_too_large(command: str, fault: Fault) -> bool:
    """What is exported is larger than the limit."""
    return command == "export" and fault.confine is _limit


def _left(data: Path, expected: list[str]) -> str:
    """Say what is wrong with the graph that was left."""
    if fault := fault_of_current(graph_root(data)):
        return f"left as it was: {fault}"
    if current_snapshot(graph_root(data)) is None:
        return "there is no graph"
    return "" if graph_lines(data) == expected else "another graph than before"


def _called(place: Path, arguments: tuple[str, ...], fault: Fault) -> int:
    """Call the command in a new process; its exit status, or the negative of a signal."""
    settings = {f"GUTBRAIN_{name}": value for name, value in QUICK.items()}
    with (place / "out").open("w") as out, (place / "err").open("w") as err:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=place,
            env=os.environ
            | settings
            | {"PYTHONPATH": str(ROOT), "GUTBRAIN_DATA": "data", "HOME": "."},
            stdout=out,
            stderr=err,
            timeout=SECONDS,
            check=False,
            preexec_fn=fault.confine,
        ).returncode


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
