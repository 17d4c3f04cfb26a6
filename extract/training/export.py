"""A trained tagger to ONNX with int8 weights (extra ``train``)."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

from extract.ner.encoder import MODEL_FILE, TOKENIZER_FILE
from extract.training.tagger import Tagger

OPSET = 17


def average_weights(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Average the weights of branches of one trunk (model soup)."""
    return {
        name: sum((state[name] for state in states[1:]), states[0][name]) / len(states)
        for name in states[0]
    }


def export_tagger(tagger: Tagger, tokenizer: Path, out: Path, *, quantize: bool = True) -> None:
    """Write ``tagger.onnx`` and ``tokenizer.json`` into a model folder."""
    out.mkdir(parents=True, exist_ok=True)
    tagger.eval()
    axes = {0: "batch", 1: "pieces"}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / MODEL_FILE
        torch.onnx.export(
            tagger,
            (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long)),
            str(whole),
            input_names=["ids", "mask"],
            output_names=["logits"],
            dynamic_axes={"ids": axes, "mask": axes, "logits": axes},
            opset_version=OPSET,
            dynamo=False,
        )
        if quantize:
            quantize_dynamic(whole, out / MODEL_FILE, per_channel=True, weight_type=QuantType.QInt8)
        else:
            shutil.copy(whole, out / MODEL_FILE)
    shutil.copy(tokenizer, out / TOKENIZER_FILE)
