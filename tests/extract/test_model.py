"""Model folders: what names, manifests and hashes say, and the one line where they cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from extract.model import (
    NAMES_FILE,
    ModelError,
    check_names,
    check_width,
    hash_folder,
    open_session,
    read_json,
    read_names,
    write_manifest,
    write_names,
)

KNOWN = ("affect", "influence", "target")


def test_names_are_read_in_the_model_s_own_order(tmp_path: Path) -> None:
    write_names(tmp_path, predicates=KNOWN[1::-1])
    assert read_names(tmp_path, "predicates", KNOWN) == ("influence", "affect")


def test_what_a_model_knows_and_we_do_not_is_one_line(tmp_path: Path) -> None:
    write_names(tmp_path, predicates=("strike", *KNOWN, "cures"))
    with pytest.raises(ModelError) as error:
        read_names(tmp_path, "predicates", KNOWN)
    told = "trained for 'strike', 'cures', which this version does not have"
    assert str(error.value) == f"{tmp_path / NAMES_FILE}: {told}"
    assert check_names(KNOWN, [*KNOWN, "more"]) == KNOWN


def test_names_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"{NAMES_FILE}: No such file"):
        read_names(tmp_path, "labels", KNOWN)
    write_names(tmp_path, predicates=KNOWN)
    with pytest.raises(ModelError, match=rf"{NAMES_FILE}: 'labels' is missing"):
        read_names(tmp_path, "labels", KNOWN)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": "b"}'])
def test_a_file_of_another_content_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"x\.json: "):
        read_json(path, lambda content: float(content["a"]))
    path.write_text('{"a": "1.5"}', encoding="utf-8")
    assert read_json(path, lambda content: float(content["a"])) == 1.5


@pytest.mark.parametrize("width", [3, "columns", None])
def test_a_width_that_fits_or_is_left_open_passes(width: object) -> None:
    check_width(Path("m.onnx"), width, KNOWN)


@pytest.mark.parametrize("width", [2, 4])
def test_another_width_is_one_line(width: int) -> None:
    told = rf"^m\.onnx: {width} columns, but trained_for\.json names 3$"
    with pytest.raises(ModelError, match=told):
        check_width(Path("m.onnx"), width, KNOWN)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_file_that_is_no_onnx_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "m.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.onnx: "):
        open_session(path)


def test_a_hash_takes_what_decides_a_reading_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint" / "model"
    (folder / "boosted").mkdir(parents=True)
    write_manifest(folder, thresholds={"tag": 0.1})
    assert json.loads((folder / "manifest.json").read_bytes()) == {"thresholds": {"tag": 0.1}}
    before = hash_folder(folder)
    for name in (NAMES_FILE, "metrics.json", "held_out.json", "README.md", "checkpoint"):
        for place in (folder / name, folder / "boosted" / name):
            place.write_text("x", encoding="utf-8")
    assert hash_folder(folder) == before
    hashes = {before}
    for name in ("boosted/trees.json", "trees.json"):
        (folder / name).write_text("x", encoding="utf-8")
        hashes.add(hash_folder(folder))
    (folder / "trees.json").write_text("y", encoding="utf-8")
    assert len({*hashes, hash_folder(folder)}) == 4


def test_reading_a_model_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    tagger = Path(__file__).parents[2] / "extract" / "weights" / "default" / "tagger.onnx"
    code = "import pathlib, sys, extract.model as m; m.open_session(pathlib.Path(sys.argv[1]))"
    home = {"HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tagger)], env=home, check=True)
    assert list(tmp_path.rglob("*")) == []
