"""Each kind of fault once and each command once; ``benchmarks/disk_faults.py`` tries them all."""

import shutil
from pathlib import Path

import pytest

from tests.disk_trials import (
    COMMANDS,
    PLACES,
    Fault,
    all_faults,
    further_faults,
    obstacle,
    prepare,
    storage_faults,
    try_all,
)

TRIALS = (
    ("graph/CURRENT: emptied", "status"),
    ("snapshot.json: cut", "status --check"),
    ("RocksDB's CURRENT: removed", "snapshots"),
    ("manifest: cut", "query"),
    ("table: bytes changed", "search"),
    ("read model: bytes changed", "export"),
    ("archive: removed", "validate"),
    ("annotation cache: cut", "doctor"),
    ("table: bytes changed, time as before", "run"),
    ("snapshot: removed", "nightly"),
    ("every snapshot: damaged", "run"),
    ("archive: first page", "backup"),
    ("archive: garbage for a log", "nightly"),
    ("disk: full", "status"),
    ("disk: read-only", "run"),
    ("files: limited in size", "export"),
    ("files: limited in size", "status"),
    ("folder of another user", "status"),
)
FAULTS = {fault.name: fault for fault in all_faults()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory and what commands are given beside it."""
    place = tmp_path_factory.mktemp("disk")
    prepare(place)
    return place


@pytest.mark.parametrize(("name", "command"), TRIALS)
def test_a_command_holds_under_a_fault(folder: Path, name: str, command: str) -> None:
    if reason := obstacle(FAULTS[name]):
        pytest.skip(reason)
    (trial,) = try_all(folder, iter([FAULTS[name]]), (command,))
    assert trial.problem == "", trial.printed


def test_no_place_no_fault_and_no_command_is_left_out() -> None:
    names = [name for name, _ in TRIALS]
    assert {name.split(":")[0] for name in names} >= PLACES.keys()
    assert {fault.name for fault in (*further_faults(), *storage_faults())} <= set(names)
    assert {command for _, command in TRIALS} == COMMANDS.keys()


def test_a_command_that_does_not_hold_is_found_out(folder: Path) -> None:
    unnamed = Fault("", lambda data: (data / "archive.sqlite").write_bytes(b"x"), ("nobody says",))
    unanswered = Fault("", lambda data: shutil.rmtree(data / "graph"), ())
    (first,) = try_all(folder, iter([unnamed]), ("doctor",))
    (second,) = try_all(folder, iter([unanswered]), ("query",))
    assert first.problem == "the cause is not named"
    assert second.problem == "exit 1: no answer"
