"""A trained tagger to ONNX with int8 weights (extra ``train``)."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from extract.ner.encoder import MODEL_FILE, TOKENIZER_FILE, TRANSITIONS_FILE
from extract.ner.transformer import open_tokenizer
from extract.training.tagger import Tagger

OPSET = 17


def export_tagger(tagger: Tagger, tokenizer: str, out: Path, *, quantize: bool = True) -> None:
    """Write ``tagger.onnx``, ``config.json``, ``tokenizer.json`` and with a CRF its transitions.

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
    tagger.encoder.config.save_pretrained(out)
    open_tokenizer(tokenizer).save(str(out / TOKENIZER_FILE))
    (out / TRANSITIONS_FILE).unlink(missing_ok=True)
    if tagger.crf is not None:
        np.save(out / TRANSITIONS_FILE, tagger.crf.transitions.detach().numpy())


def _write_onnx(tagger: Tagger, path: Path) -> None:
    axes = {0: "batch", 1: "pieces"}
    with warnings.catch_warnings():
        # The exporter that traces is called legacy; its successor wants one package more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tagger,
            (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long)),
            str(path),
            input_names=["ids", "mask"],
            output_names=["logits"],
            dynamic_axes={"ids": axes, "mask": axes, "logits": axes},
            opset_version=OPSET,
            dynamo=False,
        )
