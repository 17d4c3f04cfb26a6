"""The trained recognizer: an encoder in ONNX, read without torch.

A model folder holds ``tagger.onnx`` (ids, mask [batch, pieces] -> logits [batch, pieces, labels]),
``tokenizer.json`` and, of a model with a CRF, ``transitions.npy`` [from, to].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extract.annotation import Mention
from extract.ner.bio import LABELS, Floats, best_path, decode_labels
from extract.ner.windows import Pieces, PieceTokenizer, Window, Word
from extract.onnx import open_session
from extract.platt import IDENTITY, Platt
from extract.text import PlainText, plain
from ingest.document import Document, Passage

MODEL_FILE, TOKENIZER_FILE = "tagger.onnx", "tokenizer.json"
TRANSITIONS_FILE = "transitions.npy"
NO_SCORES: Floats = np.zeros((0, len(LABELS)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Text:
    passage: Passage
    plain: PlainText
    words: tuple[Word, ...]

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Give the characters of words ``[first, end)`` in the passage."""
        return self.plain.span_in_original(self.words[first].start, self.words[end - 1].end)


class EncoderRecognizer:
    """A model loaded for reading; deterministic on one machine."""

    def __init__(self, folder: Path, curve: Platt = IDENTITY) -> None:
        self._curve = curve
        learned = folder / TRANSITIONS_FILE
        self._transitions: Floats | None = np.load(learned) if learned.is_file() else None
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
            for mention in self._mentions(_Text(passage, text, words), rows)
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

    def _mentions(self, text: _Text, scores: Floats) -> Iterator[Mention]:
        """Read one passage; a mention's score is its labels' mean probability, on the curve."""
        rows = scores[[word.piece for word in text.words]]
        path = best_path(rows, self._transitions)
        spans = list(decode_labels(path))
        means = [rows[range(a, b), path[a:b]].mean(dtype=np.float64) for a, b, _ in spans]
        scores = self._curve.apply(np.exp(np.array(means))).tolist()
        for (first, end, kind), score in zip(spans, scores, strict=True):
            start, stop = text.span(first, end)
            surface = text.passage.text[start:stop]
            yield Mention(text.passage.name, start, stop, surface, kind, score)


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
