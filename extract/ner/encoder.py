"""The trained recognizer: an encoder in ONNX, read without torch.

A model folder holds ``tagger.onnx`` (ids, mask [batch, pieces] -> logits [batch, pieces, labels])
and ``tokenizer.json``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extract.annotation import Mention
from extract.ner.bio import LABELS, Floats, best_path, decode_labels
from extract.ner.windows import Pieces, PieceTokenizer, Window, Word
from extract.onnx import open_session
from extract.text import PlainText, plain
from ingest.document import Document, Passage

MODEL_FILE, TOKENIZER_FILE = "tagger.onnx", "tokenizer.json"
NO_SCORES: Floats = np.zeros((0, len(LABELS)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Text:
    passage: Passage
    plain: PlainText
    words: tuple[Word, ...]


class EncoderRecognizer:
    """A model loaded for reading; deterministic on one machine."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / MODEL_FILE)
        self._tokenizer = PieceTokenizer.open(folder / TOKENIZER_FILE)

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        plains = [plain(passage.text) for passage in document.passages]
        pieces = self._tokenizer.split([text.text for text in plains])
        rows = self._score(pieces)
        return tuple(
            mention
            for number, (passage, text) in enumerate(zip(document.passages, plains, strict=True))
            for words in (tuple(word for word in pieces.words if word.text == number),)
            for mention in _mentions(_Text(passage, text, words), rows)
        )

    def _score(self, pieces: Pieces) -> Floats:
        """Give the log-probabilities of a document's pieces; [pieces, labels].

        A window a run: int8 activations are scaled over a run, so that what shares it with a
        document would show in its scores.
        """
        kept = [
            self._run(window)[window.keep_from - window.start : window.keep_to - window.start]
            for window in self._tokenizer.windows(pieces)
        ]
        return _log_softmax(np.concatenate(kept)) if kept else NO_SCORES

    def _run(self, window: Window) -> Floats:
        """Give the logits of one window without [CLS] and [SEP]; [pieces, labels]."""
        ids = np.array([window.ids], dtype=np.int64)
        (logits,) = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
        return np.asarray(logits)[0, 1:-1]


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _mentions(text: _Text, scores: Floats) -> Iterator[Mention]:
    rows = scores[[word.piece for word in text.words]]
    path = best_path(rows)
    for first, end, entity_type in decode_labels(path):
        start, stop = text.plain.span_in_original(text.words[first].start, text.words[end - 1].end)
        score = float(np.exp(rows[range(first, end), path[first:end]].mean()))
        surface = text.passage.text[start:stop]
        yield Mention(text.passage.name, start, stop, surface, entity_type, score)
