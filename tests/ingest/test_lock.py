"""The lock of a file: one process holds it, says who it is, and lets go of it when it ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.lock import LockedError, is_locked, lock

ROOT = Path(__file__).parents[2]
HOLDER = """
import signal, sys
from pathlib import Path
from ingest.lock import lock

with lock(Path(sys.argv[1]), "testing"):
    print("held", flush=True)
    signal.pause()
"""


def test_who_comes_second_reads_what_the_first_does_and_who_it_is(tmp_path: Path) -> None:
    me = f"process {os.getpid()} on {socket.gethostname()}"
    with (
        lock(tmp_path / "lock", "harvesting"),
        pytest.raises(LockedError, match=f"^another process is harvesting: {me}$"),
        lock(tmp_path / "lock", "harvesting"),
    ):
        pass


def test_a_lock_is_free_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lock"
    assert not is_locked(path)
    assert not path.parent.exists()
    with lock(path, "testing"):
        assert is_locked(path)
    assert not is_locked(path)
    with lock(path, "testing"):
        pass


def test_only_the_present_holder_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"process {10**20} on a machine with a longer name\n" * 2)
    with lock(tmp_path / "lock", "testing"):
        assert (tmp_path / "lock").read_text().splitlines() == [
            f"process {os.getpid()} on {socket.gethostname()}"
        ]


def test_a_killed_process_frees_its_lock_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert path.read_text().startswith(f"process {holder.pid} on ")
        with pytest.raises(LockedError, match=f"process {holder.pid} on"), lock(path, "testing"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with lock(path, "testing"):
            assert path.read_text() == f"process {os.getpid()} on {socket.gethostname()}\n"


def test_whoever_waits_gets_the_file_as_the_one_before_left_it(tmp_path: Path) -> None:
    with lock(tmp_path / "lock") as file:
        file.write("17")
    with lock(tmp_path / "lock") as file:
        assert file.read() == "17"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), lock(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()
