"""Model folders: what a model was trained for, its manifest, its ONNX files, its hash.

A manifest holds thresholds and figures. Arrays name nothing, so ``trained_for.json`` says what
their columns, labels or classes mean, in order: an enum may be reordered or grow without harm.
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

# Read when it is imported: it would keep a device ID and a queue of usage events in ~/.cache.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
)

T = TypeVar("T")
MANIFEST_FILE, NAMES_FILE = "manifest.json", "trained_for.json"
_NOT_HASHED = frozenset({NAMES_FILE, "metrics.json", "checkpoint", "held_out.json", "README.md"})
"""What says in a model folder what it is and how training went, not what came of it."""
# onnxruntime's errors share no base of their own.
_UNREADABLE = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile)


class ModelError(ValueError):
    """A model folder cannot be used: names the file and what is wrong with it."""


def read_json(path: Path, parse: Callable[[Any], T]) -> T:
    """Read a file of a model folder; raises ModelError where ``parse`` cannot take its content."""
    try:
        return parse(json.loads(path.read_bytes()))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    except KeyError as error:
        raise ModelError(f"{path}: {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: {error}") from error


def write_manifest(out: Path, **content: object) -> None:
    """Say beside a model what it was made of; ``thresholds`` and ``curve`` are read back."""
    text = json.dumps(content, indent=2)
    (out / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def write_names(out: Path, **names: Sequence[str]) -> None:
    """Say what a model was trained for: the names of its columns, labels or classes, in order."""
    text = json.dumps({kind: list(each) for kind, each in names.items()}, indent=1)
    (out / NAMES_FILE).write_text(text + "\n", encoding="utf-8")


def read_names(folder: Path, kind: str, known: Collection[str]) -> tuple[str, ...]:
    """Read the names of a model's arrays; raises ModelError where one is not among ``known``."""
    return read_json(folder / NAMES_FILE, lambda content: check_names(content[kind], known))


def check_names(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Hand names on; raises ValueError where a model was trained for what there is no more."""
    if gone := [repr(name) for name in names if name not in known]:
        raise ValueError(f"trained for {', '.join(gone)}, which this version does not have")
    return tuple(names)


def check_width(path: Path, width: object, names: Sequence[str]) -> None:
    """Raise ModelError where a file's arrays have another width than there are names.

    A width that an ONNX file leaves open is text or None.
    """
    if isinstance(width, int) and width != len(names):
        raise ModelError(f"{path}: {width} columns, but {NAMES_FILE} names {len(names)}")


def open_session(path: Path) -> ort.InferenceSession:
    """Open an ONNX file for reading on the CPU; raises ModelError."""
    options = ort.SessionOptions()
    # each thread reads a document of its own: that is quicker than two that share one
    options.intra_op_num_threads = 1
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _UNREADABLE as error:
        raise ModelError(f"{path}: {error}") from error


def hash_folder(folder: Path) -> str:
    """SHA-256 of all that decides what a model reads, file by file in order of name."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if _NOT_HASHED.isdisjoint(name.parts):
            digest.update(name.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
