"""A tagger read with torch: while it is trained, and where it is too large for ONNX."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import Tensor

from extract.annotation import Mention
from extract.ner.bio import LABELS, best_path, decode_labels
from extract.ner.transformer import (
    TOKENIZER_FILE,
    Device,
    choose_device,
    cutter,
    empty_encoder,
    open_tokenizer,
)
from extract.ner.windows import Pieces, PieceTokenizer, Window, Word
from extract.text import PlainText, plain
from extract.training.recipe import Head
from extract.training.tagger import Tagger
from ingest.document import Document, Passage

WEIGHTS_FILE, SETTINGS_FILE = "tagger.safetensors", "tagger.json"


class TaggerError(ValueError):
    """A model folder holds no tagger for torch that can be read."""


@dataclass(frozen=True, slots=True)
class _Text:
    passage: Passage
    plain: PlainText
    words: tuple[Word, ...]


class TorchRecognizer:
    """A tagger in use; it may still be in training."""

    def __init__(self, tagger: Tagger, tokenizer: PieceTokenizer, device: Device) -> None:
        self.tagger = tagger
        self._tokenizer = tokenizer
        self._device = device

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        self.tagger.eval()
        plains = [plain(passage.text) for passage in document.passages]
        pieces = self._tokenizer.split([text.text for text in plains])
        scores = self._score(pieces)
        return tuple(
            mention
            for number, (passage, text) in enumerate(zip(document.passages, plains, strict=True))
            for words in (tuple(word for word in pieces.words if word.text == number),)
            if words
            for mention in self._mentions(_Text(passage, text, words), scores)
        )

    def count_windows(self, document: Document) -> int:
        """Tell how many windows a document is read in."""
        texts = [plain(passage.text).text for passage in document.passages]
        return sum(1 for _ in self._tokenizer.windows(self._tokenizer.split(texts)))

    def _score(self, pieces: Pieces) -> Tensor:
        """Give the log-probabilities of a document's pieces; [pieces, labels]."""
        kept = [
            self._run(window)[window.keep_from - window.start : window.keep_to - window.start]
            for window in self._tokenizer.windows(pieces)
        ]
        return torch.log_softmax(torch.cat(kept), -1) if kept else torch.zeros(0, len(LABELS))

    def _run(self, window: Window) -> Tensor:
        ids = torch.tensor([window.ids], device=self._device.name)
        with torch.inference_mode(), self._device.autocast():
            return self.tagger(ids, torch.ones_like(ids))[0, 1:-1].float().cpu()

    def _mentions(self, text: _Text, scores: Tensor) -> Iterator[Mention]:
        rows = scores[[word.piece for word in text.words]]
        crf = self.tagger.crf
        learned = None if crf is None else crf.transitions.detach().cpu().numpy()
        path = best_path(rows.numpy(), learned)
        for first, end, label in decode_labels(path):
            edges = text.words[first].start, text.words[end - 1].end
            start, stop = text.plain.span_in_original(*edges)
            score = float(rows[range(first, end), path[first:end]].mean().exp())
            surface = text.passage.text[start:stop]
            yield Mention(text.passage.name, start, stop, surface, label, score)


def save_tagger(tagger: Tagger, tokenizer: str, head: Head, out: Path) -> None:
    """Write weights, the encoder's configuration and the tokenizer into a model folder."""
    out.mkdir(parents=True, exist_ok=True)
    save_model(tagger, str(out / WEIGHTS_FILE))
    tagger.encoder.config.save_pretrained(out)
    settings = json.dumps({"head": head})
    (out / SETTINGS_FILE).write_text(settings + "\n", encoding="utf-8")
    open_tokenizer(tokenizer).save(str(out / TOKENIZER_FILE))


def load_recognizer(folder: Path, device: str | None = None) -> TorchRecognizer:
    """Load what ``save_tagger`` wrote; raises TaggerError."""
    chosen = choose_device(device)
    try:
        settings = json.loads((folder / SETTINGS_FILE).read_bytes())
        encoder = empty_encoder(folder)
        tagger = Tagger(encoder, encoder.config.hidden_size, 0.0, Head(settings["head"]))
        load_model(tagger, folder / WEIGHTS_FILE)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise TaggerError(f"{folder}: no tagger for torch: {error}") from error
    tagger = tagger.to(chosen.name).eval()
    return TorchRecognizer(tagger, cutter(open_tokenizer(str(folder))), chosen)
