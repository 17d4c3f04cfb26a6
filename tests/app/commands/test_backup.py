"""Backup and restore, as a user meets them: a process, its exit code, its one line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.settings import archive_path
from ingest.archive.archive import Archive
from tests.disk_faults import overwrite
from tests.nights import graph_lines

ROOT = Path(__file__).parents[3]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are called."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture
def call(data: Path, work: Path) -> Call:
    """Call the command over graph and archive; exit code, stdout, stderr."""
    Archive(archive_path(data)).close()
    (work / "gutbrain.toml").write_text('email = "me@example.org"')
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUTBRAIN_")}
    environment = inherited | {"PYTHONPATH": str(ROOT), "HOME": str(work)}

    def invoke(*arguments: str, **more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments, "--data", str(data)],
            cwd=work, env=environment | more, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return invoke


def test_a_backup_is_made_checked_and_put_back(call: Call, data: Path) -> None:
    lines = graph_lines(data)
    code, out, err = call("backup", "b", "--json", GUTBRAIN_TOPIX="x")
    assert (code, json.loads(out)["snapshot"]) == (0, 2)
    assert err.splitlines() == [
        "GUTBRAIN_TOPIX is ignored: no such setting; did you mean GUTBRAIN_TOPIC?"
    ]
    shutil.rmtree(data)
    assert call("restore", "b", "--check")[0] == 0
    assert not data.exists()
    code, _, err = call("restore", "b")
    assert (code, err) == (0, "settings are not put back: see b/gutbrain.toml\n")
    assert graph_lines(data) == lines


def test_what_is_there_is_only_replaced_when_asked(call: Call, data: Path) -> None:
    assert call("backup", "b")[0] == 0
    code, out, err = call("restore", "b")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "--replace" in err
    assert call("restore", "b", "--replace")[0] == 0
    (aside,) = data.glob("replaced-*")
    assert graph_lines(aside) == graph_lines(data)


@pytest.mark.parametrize("more", [("--check",), ("--replace",)])
def test_a_damaged_backup_is_refused_in_a_line(
    call: Call, data: Path, work: Path, more: tuple[str, ...]
) -> None:
    assert call("backup", "b")[0] == 0
    overwrite(work / "b" / "gutbrain.toml")
    code, out, err = call("restore", "b", *more)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("b/gutbrain.toml: ")
    assert not list(data.glob("replaced-*"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("backup", "none/b"), 1, "none: there is no such folder"),
        (("backup", "gutbrain.toml"), 1, "gutbrain.toml: exists already"),
        (("restore", "none"), 1, "none/manifest.json: No such file"),
        (("restore",), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    status, out, err = call(*arguments)
    assert (status, out) == (code, "")
    assert words in err
    assert code == 2 or err.count("\n") == 1
