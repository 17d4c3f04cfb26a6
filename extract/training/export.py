"""A trained tagger to ONNX with int8 weights, and the weights back out of it (extra ``train``).

The file reads windows of one length, without padding. Attention is one operator of onnxruntime's
where the encoder lets it be replaced: step by step it took a fifth longer to read a document.

The exporter keeps the names of all but matrices: these are known by the node that multiplies with
them, ``/encoder/.../query/MatMul``, and lie transposed. Equal arrays are written once, with an
Identity node for each other name. Quantised, a matrix ``x`` is ``x_quantized``, ``x_scale`` and
``x_zero_point``, a scale a column or one for all.
"""
# pyright: reportMissingImports=false, reportUnknownParameterType=false
# pyright: reportUntypedBaseClass=false, reportUntypedFunctionDecorator=false
# pyright: reportPrivateImportUsage=false

import shutil
import tempfile
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.onnx.symbolic_helper import parse_args
from transformers import AttentionInterface

from extract.model import write_names
from extract.ner.bio import Floats, labels_of
from extract.ner.encoder import MODEL_FILE, TRANSITIONS_FILE
from extract.ner.transformer import save_shape
from extract.training.tagger import Tagger

OPSET = 17
_FUSED, _STEPWISE = "onnxruntime", "eager"
_OPERATORS = "com.microsoft"
_QUANTIZED = "_quantized"
_PRODUCTS = {"MatMulInteger": "MatMul_quant", "MatMul": "MatMul"}
Arrays = Mapping[str, NDArray[np.generic]]


def export_tagger(tagger: Tagger, tokenizer: str, out: Path, *, quantize: bool = True) -> None:
    """Write ``tagger.onnx``, its labels, ``config.json``, ``tokenizer.json``, a CRF's transitions.

    ``tokenizer`` is the folder or name of the encoder it comes from.
    """
    out.mkdir(parents=True, exist_ok=True)
    tagger.cpu().eval()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / MODEL_FILE
        _write_onnx(tagger, whole)
        if quantize:
            quantize_dynamic(whole, out / MODEL_FILE, per_channel=True, weight_type=QuantType.QInt8)
        else:
            shutil.copy(whole, out / MODEL_FILE)
    save_shape(tagger.encoder, tokenizer, out)
    write_names(out, labels=labels_of(tagger.types))
    (out / TRANSITIONS_FILE).unlink(missing_ok=True)
    if tagger.crf is not None:
        np.save(out / TRANSITIONS_FILE, tagger.crf.transitions.detach().numpy())


def _write_onnx(tagger: Tagger, path: Path) -> None:
    axes = {0: "batch", 1: "pieces"}
    with warnings.catch_warnings(), _fused_attention(tagger.encoder):
        # The exporter that traces is called legacy; its successor wants one package more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tagger,
            (torch.ones(2, 8, dtype=torch.long),),
            str(path),
            input_names=["ids"],
            output_names=["logits"],
            dynamic_axes={"ids": axes, "logits": axes},
            opset_version=OPSET,
            custom_opsets={_OPERATORS: 1},
            dynamo=False,
        )


@contextmanager
def _fused_attention(encoder: Any) -> Generator[None]:
    """Let an encoder attend by ``_Attention``, if it can, while it is exported."""
    if not encoder.is_backend_compatible():
        yield
        return
    encoder.set_attn_implementation(_FUSED)
    try:
        yield
    finally:
        encoder.set_attn_implementation(_STEPWISE)


class _Attention(torch.autograd.Function):
    """Attention; ``query``, ``key``, ``value`` [batch, heads, pieces, width]."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        heads: int,
        width: int,
    ) -> Tensor:
        """Give [batch, pieces, heads * width]."""
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        return attended.transpose(1, 2).flatten(2)

    @staticmethod
    @parse_args("v", "v", "v", "i", "i")
    def symbolic(graph: Any, query: Any, key: Any, value: Any, heads: int, width: int) -> Any:
        """Write MultiHeadAttention, which takes and gives [batch, pieces, heads * width]."""
        shape = graph.op("Constant", value_t=torch.tensor([0, -1, heads * width]))
        flat = (
            graph.op("Reshape", graph.op("Transpose", each, perm_i=[0, 2, 1, 3]), shape)
            for each in (query, key, value)
        )
        attended = graph.op(f"{_OPERATORS}::MultiHeadAttention", *flat, num_heads_i=heads)
        return attended.setType(query.type().with_sizes([None, None, heads * width]))


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    **settings: object,
) -> tuple[Tensor, None]:
    batch, heads, pieces, width = query.shape
    # numbers of the model, no matter how long a window is
    attended = _Attention.apply(query, key, value, int(heads), int(width))
    return attended.view(batch, pieces, heads, width), None


AttentionInterface.register(_FUSED, _attend)


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
        plain = name.removesuffix(_QUANTIZED)
        if plain.endswith((".weight", ".bias")):
            yield plain, _value(plain, arrays)


def _multiplied(graph: onnx.GraphProto, arrays: Arrays) -> Iterator[tuple[str, Floats]]:
    for node in graph.node:
        module, _, product = node.name.strip("/").replace("/", ".").rpartition(".")
        if product == _PRODUCTS.get(node.op_type) and node.input[1] in arrays:
            yield f"{module}.weight", _value(node.input[1].removesuffix(_QUANTIZED), arrays).T


def _value(name: str, arrays: Arrays) -> Floats:
    packed = arrays.get(name + _QUANTIZED)
    if packed is None:
        return arrays[name].astype(np.float32)
    scale, zero = arrays[f"{name}_scale"], arrays[f"{name}_zero_point"]
    return (packed.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)
