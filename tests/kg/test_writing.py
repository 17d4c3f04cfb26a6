"""Files appear whole or not at all."""

import errno
import gzip
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kg.writing import MANIFEST, ExportError, is_stream, new_file, new_folder, write_manifest

SLOW = """
import sys
from pathlib import Path
from kg.writing import new_file, new_folder

path = Path(sys.argv[1])
with new_folder(path / "folder") as folder, new_file(path / "file.gz") as file:
    (folder / "half").write_text("half")
    file.write(b"half" * 100_000)
    print("in the middle", flush=True)
    sys.stdin.readline()
"""


def test_a_file_is_not_there_before_its_block_ends(tmp_path: Path) -> None:
    with new_file(tmp_path / "x") as file:
        file.write(b"whole")
        assert not (tmp_path / "x").exists()
    assert (tmp_path / "x").read_bytes() == b"whole"


def test_a_block_that_raises_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    def write_and_fail() -> None:
        with new_file(tmp_path / "x") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_file_that_finds_no_room_is_named(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match=r"too large: .*'.*/x'"), new_file(tmp_path / "x") as file:
            file.write(bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_another_error_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError) as raised, new_file(tmp_path / "x"):
        raise BlockingIOError(errno.EAGAIN, "x")
    assert raised.value.filename is None
    with pytest.raises(OSError, match="x") as raised, new_file(tmp_path / "x"):
        raise OSError(errno.EIO, "x", "other")
    assert raised.value.filename == "other"


def test_compressed_bytes_hold_no_time_and_no_name(tmp_path: Path) -> None:
    for name in ("a.gz", "b.gz"):
        with new_file(tmp_path / name) as file:
            file.write(b"same")
    packed = (tmp_path / "a.gz").read_bytes()
    assert packed == (tmp_path / "b.gz").read_bytes()
    assert packed[4:8] == bytes(4)
    assert gzip.decompress(packed) == b"same"


def test_a_folder_replaces_an_export_only(tmp_path: Path) -> None:
    for content in ("first", "second"):
        with new_folder(tmp_path / "out") as folder:
            write_manifest(folder, {"content": content})
    assert json.loads((tmp_path / "out" / MANIFEST).read_text()) == {"content": "second"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_other_things_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear")
    with pytest.raises(ExportError, match="not an export"), new_folder(tmp_path):
        pass
    assert (tmp_path / "mine").read_text() == "dear"


def test_a_folder_whose_block_raises_keeps_what_was_there(tmp_path: Path) -> None:
    with new_folder(tmp_path / "out") as folder:
        write_manifest(folder, {"content": "old"})

    def write_and_fail() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MANIFEST]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_killed_export_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"in the middle\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert not (tmp_path / "folder").exists()
    assert not (tmp_path / "file.gz").exists()
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())


def test_no_folder_is_made_for_a_file_or_a_folder(tmp_path: Path) -> None:
    for write in (new_file, new_folder):
        with (
            pytest.raises(ExportError, match="none: there is no such folder"),
            write(tmp_path / "none" / "x"),
        ):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["pipe", "pipe.gz"])
def test_a_pipe_is_written_into(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        with new_file(pipe) as file:
            file.write(b"content")
        received = reader.communicate()[0]
    assert (gzip.decompress(received) if name.endswith(".gz") else received) == b"content"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_full_device_stays_what_it_is_and_is_named() -> None:
    full = Path("/dev/full")

    def fill() -> None:
        with new_file(full) as file:
            file.write(b"x" * 100_000)

    with pytest.raises(OSError, match="No space left"):
        fill()
    assert full.is_char_device()


def test_what_stands_among_devices_is_written_into(tmp_path: Path) -> None:
    code = "from pathlib import Path; from kg.writing import new_file\n"
    code += "with new_file(Path('/dev/stdout')) as file: file.write(b'content')"
    with (tmp_path / "x").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "x").read_bytes() == b"content"
    assert Path("/dev/stdout").is_symlink()


def test_a_file_of_any_other_folder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    assert not is_stream(tmp_path / "x")
    assert not is_stream(tmp_path)
    assert is_stream(Path("/dev/null"))
