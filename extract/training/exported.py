"""The weights of a tagger out of its ONNX file (extra ``train``).

The exporter keeps the names of all but matrices: these are known by the node that multiplies with
them, ``/encoder/.../query/MatMul``, and lie transposed. Equal arrays are written once, with an
Identity node for each other name. Quantised, a matrix ``x`` is ``x_quantized``, ``x_scale`` and
``x_zero_point``, a scale a column or one for all.
"""
# pyright: reportMissingImports=false, reportMissingTypeStubs=false

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from extract.ner.bio import Floats

QUANTIZED = "_quantized"
_PRODUCTS = {"MatMulInteger": "MatMul_quant", "MatMul": "MatMul"}
Arrays = Mapping[str, NDArray[np.generic]]


def read_weights(path: Path) -> dict[str, Floats]:
    """Read a tagger's state, [out, in] a matrix."""
    graph = onnx.load(path).graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]]
    return {**dict(_kept(arrays)), **dict(_multiplied(graph, arrays))}


def _kept(arrays: Arrays) -> Iterator[tuple[str, Floats]]:
    """Yield what the exporter left under its own name; embeddings may be quantised."""
    for name in arrays:
        plain = name.removesuffix(QUANTIZED)
        if plain.endswith((".weight", ".bias")):
            yield plain, _value(plain, arrays)


def _multiplied(graph: onnx.GraphProto, arrays: Arrays) -> Iterator[tuple[str, Floats]]:
    for node in graph.node:
        module, _, product = node.name.strip("/").replace("/", ".").rpartition(".")
        if product == _PRODUCTS.get(node.op_type) and node.input[1] in arrays:
            yield f"{module}.weight", _value(node.input[1].removesuffix(QUANTIZED), arrays).T


def _value(name: str, arrays: Arrays) -> Floats:
    packed = arrays.get(name + QUANTIZED)
    if packed is None:
        return arrays[name].astype(np.float32)
    scale, zero = arrays[f"{name}_scale"], arrays[f"{name}_zero_point"]
    return (packed.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)
