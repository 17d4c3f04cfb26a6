"""What a tagger says in ONNX is what it says in torch."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from extract.model import ModelError
from extract.training.recipe import Head
from ontology.lexicon import Lexicon

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
export = pytest.importorskip("extract.training.export")
tagger_module = pytest.importorskip("extract.training.tagger")
transformer = pytest.importorskip("extract.ner.transformer")
torch_recognizer: Any = pytest.importorskip("extract.training.torch_recognizer")


@pytest.mark.parametrize("head", Head)
@pytest.mark.parametrize("tolerance", [1e-5, 0.1], ids=["fp32", "int8"])
def test_logits_are_the_same(
    tiny_encoder: Path, tmp_path: Path, head: Head, tolerance: float
) -> None:
    torch.manual_seed(0)
    tagger = tagger_module.Tagger(transformer.load_encoder(str(tiny_encoder)), 0.1, head)
    export.export_tagger(tagger, str(tiny_encoder), tmp_path, quantize=tolerance > 0.01)
    session = onnxruntime.InferenceSession(str(tmp_path / "tagger.onnx"))
    for rows, pieces in ((1, 5), (3, 17)):
        ids = torch.randint(5, 20, (rows, pieces))
        wanted = tagger(ids).detach().numpy()
        (found,) = session.run(None, {"ids": ids.numpy()})
        assert np.abs(np.asarray(found) - wanted).max() < tolerance
    operators = {node.op_type for node in onnx.load(tmp_path / "tagger.onnx").graph.node}
    assert "MultiHeadAttention" in operators
    assert "Softmax" not in operators
    assert (tmp_path / "transitions.npy").exists() == (head is not Head.LINEAR)


@pytest.mark.parametrize("head", [Head.LINEAR, Head.CRF])
@pytest.mark.parametrize("quantize", [False, True])
def test_torch_reads_the_exported_weights_back(
    tiny_encoder: Path, tmp_path: Path, head: Head, *, quantize: bool
) -> None:
    torch.manual_seed(0)
    tagger = tagger_module.Tagger(transformer.load_encoder(str(tiny_encoder)), 0.1, head)
    with torch.no_grad():
        for values in tagger.crf.parameters() if tagger.crf else ():
            values.normal_()
    before = {name: values.clone() for name, values in tagger.state_dict().items()}
    export.export_tagger(tagger, str(tiny_encoder), tmp_path, quantize=quantize)
    after = torch_recognizer.load_tagger(tmp_path, Lexicon({}), "cpu").tagger.state_dict()
    assert after.keys() == before.keys()
    for name, values in before.items():
        # int8 with a scale a column: at most half a step of 1/127 of its largest value
        step = float(values.abs().max()) / 127 if quantize else 1e-7
        assert torch.allclose(after[name], values, atol=0.6 * step), name


def test_an_exported_lstm_is_no_model_for_torch(tiny_encoder: Path, tmp_path: Path) -> None:
    head = Head.BILSTM_CRF
    tagger = tagger_module.Tagger(transformer.load_encoder(str(tiny_encoder)), 0.1, head)
    export.export_tagger(tagger, str(tiny_encoder), tmp_path)
    with pytest.raises(ModelError, match="no tagger for torch"):
        torch_recognizer.load_tagger(tmp_path, Lexicon({}), "cpu")
