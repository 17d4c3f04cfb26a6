"""The trained recognizer: an encoder in ONNX, read without torch.

A model folder holds ``tagger.onnx`` (ids, mask [batch, pieces] -> logits [batch, pieces, labels])
and ``tokenizer.json``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
)

from extract.annotation import Mention
from extract.ner.bio import Floats, best_path, decode_labels
from extract.ner.windows import Pieces, PieceTokenizer, Window
from extract.text import PlainText, plain
from ingest.document import Document, Passage

MODEL_FILE, TOKENIZER_FILE = "tagger.onnx", "tokenizer.json"
BATCH_PIECES = 1024
THREADS = 2
# onnxruntime's errors share no base of their own.
UNREADABLE = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile)


class EncoderError(ValueError):
    """A model folder lacks a file, or holds one that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Text:
    passage: Passage
    plain: PlainText
    pieces: Pieces
    windows: tuple[Window, ...]


class EncoderRecognizer:
    """A model loaded for reading; deterministic on one machine."""

    def __init__(self, folder: Path) -> None:
        self._session = _open(folder / MODEL_FILE)
        self._tokenizer = PieceTokenizer.open(folder / TOKENIZER_FILE)

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        texts = [self._prepare(passage) for passage in document.passages]
        scores = self._score([window for text in texts for window in text.windows])
        return tuple(mention for text in texts for mention in _mentions(text, scores))

    def _prepare(self, passage: Passage) -> _Text:
        text = plain(passage.text)
        pieces = self._tokenizer.split(text.text)
        return _Text(passage, text, pieces, tuple(self._tokenizer.windows(pieces)))

    def _score(self, windows: Sequence[Window]) -> Mapping[Window, Floats]:
        """Give the log-probabilities of each window's pieces; [pieces, labels]."""
        scores: dict[Window, Floats] = {}
        for batch in _batches(windows):
            ids = np.zeros((len(batch), max(len(w.ids) for w in batch)), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, window in enumerate(batch):
                ids[row, : len(window.ids)] = window.ids
                mask[row, : len(window.ids)] = 1
            (logits,) = self._session.run(None, {"ids": ids, "mask": mask})
            for window, rows in zip(batch, _log_softmax(np.asarray(logits)), strict=True):
                scores[window] = rows[1 : len(window.ids) - 1]
        return scores


def _open(path: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise EncoderError(f"{path}: {error}") from error


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Yield windows of like length, at most BATCH_PIECES with padding."""
    batch: list[Window] = []
    for window in sorted(set(windows), key=lambda w: (len(w.ids), w.ids, w.start)):
        if batch and (len(batch) + 1) * len(window.ids) > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _mentions(text: _Text, scores: Mapping[Window, Floats]) -> Iterator[Mention]:
    rows = _word_scores(text, scores)
    path = best_path(rows)
    for first, end, entity_type in decode_labels(path):
        start, stop = text.plain.span_in_original(
            text.pieces.words[first][0], text.pieces.words[end - 1][1]
        )
        score = float(np.exp(rows[range(first, end), path[first:end]].mean()))
        surface = text.passage.text[start:stop]
        yield Mention(text.passage.name, start, stop, surface, entity_type, score)


def _word_scores(text: _Text, scores: Mapping[Window, Floats]) -> Floats:
    """Pick each word's row from the window that keeps its first piece; [words, labels]."""
    rows = [
        scores[window][first - window.start]
        for window in text.windows
        for first in text.pieces.firsts
        if window.keep_from <= first < window.keep_to
    ]
    return np.array(rows, dtype=np.float32)
