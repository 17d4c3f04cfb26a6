"""Models in ONNX, opened for reading on the CPU."""

from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
)

# onnxruntime's errors share no base of their own.
UNREADABLE = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile)


class ModelFileError(ValueError):
    """A model file is missing or cannot be read: names it."""


def open_session(path: Path) -> ort.InferenceSession:
    """Open a model file; raises ModelFileError."""
    options = ort.SessionOptions()
    # each thread reads a document of its own: that is quicker than two that share one
    options.intra_op_num_threads = 1
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise ModelFileError(f"{path}: {error}") from error
