"""Trained taggers: from what they say of word pieces to the mentions of a document.

A model folder holds ``tagger.onnx`` (ids [batch, pieces] -> logits [batch, pieces, labels]), the
names of its labels, ``tokenizer.json``, ``judge.json`` and, of a model with a CRF,
``transitions.npy`` [from, to]. It is read without torch; ``config.json`` says to torch, where it
reads the same weights, how the encoder is built.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from extract.annotation import Mention
from extract.model import (
    NAMES_FILE,
    ModelError,
    check_names,
    check_width,
    open_session,
    read_json,
)
from extract.ner.bio import LABELS, Floats, best_path, decode_labels, labels_of, types_of
from extract.ner.judging import Described, Judge, describe_label, describe_mentions, read_judge
from extract.ner.windows import Pieces, PieceTokenizer, Window, Word
from extract.text import PlainText, plain
from ingest.document import Document, Passage
from ontology.lexicon import Lexicon
from ontology.schema import EntityType

MODEL_FILE, TRANSITIONS_FILE = "tagger.onnx", "transitions.npy"


class TaggerRecognizer(ABC):
    """A tagger in use, whatever runs it: ``run`` and ``transitions`` are the runtime's.

    The ``lexicon`` is what its judge looks names up in.
    """

    def __init__(
        self,
        tokenizer: PieceTokenizer,
        types: tuple[EntityType, ...],
        lexicon: Lexicon,
        judge: Judge | None,
    ) -> None:
        self._tokenizer, self._types = tokenizer, types
        self._lexicon, self._judge = lexicon, judge

    @abstractmethod
    def run(self, window: Window) -> Floats:
        """Give the logits of a window without [CLS] and [SEP]; [pieces, labels]."""

    @abstractmethod
    def transitions(self) -> Floats | None:
        """Give what the tagger's CRF learned; [from, to]."""

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        described = self.describe(document)
        return self._judge.keep(described) if self._judge else described.mentions

    def describe(self, document: Document) -> Described:
        """Find all that the tagger marks, and what a judge needs to know of it."""
        plains = [plain(passage.text) for passage in document.passages]
        pieces = self._tokenizer.split([text.text for text in plains])
        scores, learned = self._score(pieces), self.transitions()
        found = [
            each
            for number, (passage, text) in enumerate(zip(document.passages, plains, strict=True))
            for words in ([word for word in pieces.words if word.text == number],)
            for each in self._mentions(passage, text, words, scores, learned)
        ]
        mentions, numbers = [mention for mention, _ in found], [local for _, local in found]
        return describe_mentions(mentions, numbers, self._lexicon)

    def _score(self, pieces: Pieces) -> Floats:
        """Give the log-probabilities of a document's pieces; [pieces, labels].

        A window a run: int8 activations are scaled over a run, so that what shares it with a
        document would show in its scores.
        """
        kept = [
            self.run(window)[window.keep_from - window.start : window.keep_to - window.start]
            for window in self._tokenizer.windows(pieces)
        ]
        none = np.zeros((0, 1 + 2 * len(self._types)), dtype=np.float32)
        return _log_softmax(np.concatenate(kept)) if kept else none

    def _mentions(
        self,
        passage: Passage,
        text: PlainText,
        words: Sequence[Word],
        scores: Floats,
        learned: Floats | None,
    ) -> Iterator[tuple[Mention, tuple[float, ...]]]:
        """Read one passage; a mention's score is the mean probability of its labels."""
        rows = scores[[word.piece for word in words]]
        path = best_path(rows, learned)
        for first, end, entity_type in decode_labels(path, self._types):
            start, stop = text.span_in_original(words[first].start, words[end - 1].end)
            local = describe_label(rows, path, first, end)
            score, surface = math.exp(local[0]), passage.text[start:stop]
            yield Mention(passage.name, start, stop, surface, entity_type, score), local


class EncoderRecognizer(TaggerRecognizer):
    """An encoder in ONNX, loaded for reading; deterministic on one machine."""

    def __init__(self, folder: Path, lexicon: Lexicon) -> None:
        path = folder / MODEL_FILE
        self._session = open_session(path)
        inputs = ", ".join(each.name for each in self._session.get_inputs())
        if inputs != "ids":
            raise ModelError(f"{path}: takes {inputs}, not ids alone")
        types, self._learned = read_types(folder), read_transitions(folder)
        check_width(path, self._session.get_outputs()[0].shape[-1], labels_of(types))
        super().__init__(PieceTokenizer.open(folder), types, lexicon, read_judge(folder))

    def run(self, window: Window) -> Floats:
        """Run onnxruntime."""
        ids = np.array([window.ids], dtype=np.int64)
        (logits,) = self._session.run(None, {"ids": ids})
        return np.asarray(logits)[0, 1:-1]

    def transitions(self) -> Floats | None:
        """Hand on what the folder has."""
        return self._learned


def read_types(folder: Path) -> tuple[EntityType, ...]:
    """Read which types a tagger was trained for, in the order of its labels; raises ModelError."""
    return read_json(
        folder / NAMES_FILE, lambda content: types_of(check_names(content["labels"], LABELS))
    )


def read_transitions(folder: Path) -> Floats | None:
    """Read what a CRF learned, None where the model has none."""
    learned = folder / TRANSITIONS_FILE
    return np.load(learned) if learned.is_file() else None


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
