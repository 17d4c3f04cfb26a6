"""What a tagger says in ONNX is what it says in torch, padding or not."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from extract.training.recipe import Head

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
export = pytest.importorskip("extract.training.export")
tagger_module = pytest.importorskip("extract.training.tagger")
transformer = pytest.importorskip("extract.ner.transformer")


@pytest.mark.parametrize("head", Head)
@pytest.mark.parametrize("tolerance", [1e-5, 0.1], ids=["fp32", "int8"])
def test_logits_are_the_same(
    tiny_encoder: Path, tmp_path: Path, head: Head, tolerance: float
) -> None:
    torch.manual_seed(0)
    tagger = tagger_module.Tagger(transformer.load_encoder(str(tiny_encoder)), 32, 0.1, head)
    export.export_tagger(tagger, str(tiny_encoder), tmp_path, quantize=tolerance > 0.01)
    session = onnxruntime.InferenceSession(str(tmp_path / "tagger.onnx"))
    for rows, pieces in ((1, 5), (3, 17)):
        ids = torch.randint(5, 20, (rows, pieces))
        mask = torch.ones_like(ids)
        mask[1:, pieces // 2 :] = 0
        wanted = tagger(ids, mask).detach().numpy()
        (found,) = session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})
        difference = np.abs(np.asarray(found) - wanted)[mask.numpy() > 0]
        assert difference.max() < tolerance
    assert (tmp_path / "transitions.npy").exists() == (head is not Head.LINEAR)
