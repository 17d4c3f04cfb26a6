"""A tagger read with torch: while it is trained, and where it is too large for ONNX."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
from pathlib import Path

import torch
from google.protobuf.message import DecodeError
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model

from extract.annotation import Mention
from extract.ner.bio import Floats
from extract.ner.decoding import Reader, read_mentions
from extract.ner.encoder import MODEL_FILE, read_transitions
from extract.ner.judging import Described, Judge, read_judge
from extract.ner.transformer import (
    TOKENIZER_FILE,
    Device,
    choose_device,
    cutter,
    empty_encoder,
    open_tokenizer,
)
from extract.ner.windows import PieceTokenizer, Window
from extract.text import plain
from extract.training.exported import read_weights
from extract.training.recipe import Head
from extract.training.tagger import Tagger
from ingest.document import Document
from ontology.lexicon import starter_lexicon

WEIGHTS_FILE, SETTINGS_FILE = "tagger.safetensors", "tagger.json"


class TaggerError(ValueError):
    """A model folder holds no tagger for torch that can be read."""


class TorchRecognizer:
    """A tagger in use; it may still be in training."""

    def __init__(
        self,
        tagger: Tagger,
        tokenizer: PieceTokenizer,
        device: Device,
        judge: Judge | None = None,
    ) -> None:
        self.tagger = tagger
        self._tokenizer = tokenizer
        self._device = device
        self._judge = judge
        self._lexicon = starter_lexicon()

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        described = self.describe(document)
        return self._judge.keep(described) if self._judge else described.mentions

    def describe(self, document: Document) -> Described:
        """Find all that the tagger marks, and what a judge needs to know of it."""
        self.tagger.eval()
        crf = self.tagger.crf
        learned = None if crf is None else crf.transitions.detach().cpu().numpy()
        return read_mentions(document, Reader(self._tokenizer, self._run, self._lexicon, learned))

    def count_windows(self, document: Document) -> int:
        """Tell how many windows a document is read in."""
        texts = [plain(passage.text).text for passage in document.passages]
        return sum(1 for _ in self._tokenizer.windows(self._tokenizer.split(texts)))

    def _run(self, window: Window) -> Floats:
        ids = torch.tensor([window.ids], device=self._device.name)
        with torch.inference_mode(), self._device.autocast():
            return self.tagger(ids)[0, 1:-1].float().cpu().numpy()


def save_tagger(tagger: Tagger, tokenizer: str, head: Head, out: Path) -> None:
    """Write weights, the encoder's configuration and the tokenizer into a model folder."""
    out.mkdir(parents=True, exist_ok=True)
    save_model(tagger, str(out / WEIGHTS_FILE))
    tagger.encoder.config.save_pretrained(out)
    settings = json.dumps({"head": head})
    (out / SETTINGS_FILE).write_text(settings + "\n", encoding="utf-8")
    open_tokenizer(tokenizer).save(str(out / TOKENIZER_FILE))


def load_recognizer(folder: Path, device: str | None = None) -> TorchRecognizer:
    """Load what ``save_tagger`` or ``export_tagger`` wrote; raises TaggerError."""
    chosen = choose_device(device)
    is_exported = not (folder / WEIGHTS_FILE).is_file()
    try:
        tagger = _load_exported(folder) if is_exported else _load_saved(folder)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, DecodeError) as error:
        raise TaggerError(f"{folder}: no tagger for torch: {error}") from error
    tagger = tagger.to(chosen.name).eval()
    return TorchRecognizer(tagger, cutter(open_tokenizer(str(folder))), chosen, read_judge(folder))


def _load_saved(folder: Path) -> Tagger:
    settings = json.loads((folder / SETTINGS_FILE).read_bytes())
    tagger = _empty_tagger(folder, Head(settings["head"]))
    load_model(tagger, folder / WEIGHTS_FILE)
    return tagger


def _load_exported(folder: Path) -> Tagger:
    """Take the weights out of ONNX, int8 times their scales; the head must be linear, or a CRF."""
    transitions = read_transitions(folder)
    tagger = _empty_tagger(folder, Head.LINEAR if transitions is None else Head.CRF)
    weights = read_weights(folder / MODEL_FILE)
    if transitions is not None:
        weights["crf.transitions"] = transitions
    tagger.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return tagger


def _empty_tagger(folder: Path, head: Head) -> Tagger:
    encoder = empty_encoder(folder)
    return Tagger(encoder, encoder.config.hidden_size, 0.0, head)
