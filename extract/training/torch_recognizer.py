"""A tagger read with torch: while it is trained, and where it is too large for ONNX."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
from pathlib import Path

import torch
from google.protobuf.message import DecodeError
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model

from extract.model import ModelError, write_names
from extract.ner.bio import Floats, labels_of
from extract.ner.encoder import (
    MODEL_FILE,
    TaggerRecognizer,
    read_transitions,
    read_types,
)
from extract.ner.judging import Judge, read_judge
from extract.ner.transformer import (
    Device,
    choose_device,
    empty_encoder,
    save_shape,
    saved_cutter,
)
from extract.ner.windows import PieceTokenizer, Window
from extract.training.export import read_weights
from extract.training.recipe import Head
from extract.training.tagger import Tagger
from ontology.lexicon import Lexicon

WEIGHTS_FILE, SETTINGS_FILE = "tagger.safetensors", "tagger.json"


class TorchRecognizer(TaggerRecognizer):
    """A tagger in use; it may still be in training."""

    def __init__(
        self,
        tagger: Tagger,
        tokenizer: PieceTokenizer,
        device: Device,
        lexicon: Lexicon,
        judge: Judge | None = None,
    ) -> None:
        super().__init__(tokenizer, tagger.types, lexicon, judge)
        self.tagger, self._device = tagger, device

    def run(self, window: Window) -> Floats:
        """Run torch."""
        ids = torch.tensor([window.ids], device=self._device.name)
        self.tagger.eval()
        with torch.inference_mode(), self._device.autocast():
            return self.tagger(ids)[0, 1:-1].float().cpu().numpy()

    def transitions(self) -> Floats | None:
        """Give what the CRF has learned so far."""
        crf = self.tagger.crf
        return None if crf is None else crf.transitions.detach().cpu().numpy()


def save_tagger(tagger: Tagger, tokenizer: str, head: Head, out: Path) -> None:
    """Write weights, labels, the encoder's configuration and the tokenizer into a model folder."""
    out.mkdir(parents=True, exist_ok=True)
    save_model(tagger, str(out / WEIGHTS_FILE))
    save_shape(tagger.encoder, tokenizer, out)
    write_names(out, labels=labels_of(tagger.types))
    settings = json.dumps({"head": head})
    (out / SETTINGS_FILE).write_text(settings + "\n", encoding="utf-8")


def load_tagger(folder: Path, lexicon: Lexicon, device: str | None = None) -> TorchRecognizer:
    """Load what ``save_tagger`` or ``export_tagger`` wrote; raises ModelError."""
    chosen = choose_device(device)
    is_exported = not (folder / WEIGHTS_FILE).is_file()
    try:
        tagger = _load_exported(folder) if is_exported else _load_saved(folder)
        tokenizer = saved_cutter(folder)
    except (OSError, KeyError, RuntimeError, SafetensorError, DecodeError) as error:
        raise ModelError(f"{folder}: no tagger for torch: {error}") from error
    tagger = tagger.to(chosen.name).eval()
    return TorchRecognizer(tagger, tokenizer, chosen, lexicon, read_judge(folder))


def _load_saved(folder: Path) -> Tagger:
    settings = json.loads((folder / SETTINGS_FILE).read_bytes())
    tagger = Tagger(empty_encoder(folder), 0.0, Head(settings["head"]), read_types(folder))
    load_model(tagger, folder / WEIGHTS_FILE)
    return tagger


def _load_exported(folder: Path) -> Tagger:
    """Take the weights out of ONNX, int8 times their scales; the head must be linear, or a CRF."""
    transitions = read_transitions(folder)
    head = Head.LINEAR if transitions is None else Head.CRF
    tagger = Tagger(empty_encoder(folder), 0.0, head, read_types(folder))
    weights = read_weights(folder / MODEL_FILE)
    if transitions is not None:
        weights["crf.transitions"] = transitions
    tagger.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return tagger
