"""The trained recognizer: an encoder in ONNX, read without torch.

A model folder holds ``tagger.onnx`` (ids [batch, pieces] -> logits [batch, pieces, labels]),
``tokenizer.json``, ``judge.json`` and, of a model with a CRF, ``transitions.npy`` [from, to].
``config.json`` tells torch, where it reads the same weights, how the encoder is built.
"""

from pathlib import Path

import numpy as np

from extract.annotation import Mention
from extract.ner.bio import Floats
from extract.ner.decoding import Reader, read_mentions
from extract.ner.judging import Described, read_judge
from extract.ner.windows import PieceTokenizer, Window
from extract.onnx import ModelFileError, open_session
from ingest.document import Document
from ontology.lexicon import starter_lexicon

MODEL_FILE, TOKENIZER_FILE = "tagger.onnx", "tokenizer.json"
TRANSITIONS_FILE = "transitions.npy"


class EncoderRecognizer:
    """A model loaded for reading; deterministic on one machine."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / MODEL_FILE)
        inputs = ", ".join(each.name for each in self._session.get_inputs())
        if inputs != "ids":
            raise ModelFileError(f"{folder / MODEL_FILE}: takes {inputs}, not ids alone")
        self._judge = read_judge(folder)
        tokenizer = PieceTokenizer.open(folder / TOKENIZER_FILE)
        self._reader = Reader(tokenizer, self._run, starter_lexicon(), read_transitions(folder))

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Find the mentions of a document, in order of passage and start, without overlaps."""
        described = self.describe(document)
        return self._judge.keep(described) if self._judge else described.mentions

    def describe(self, document: Document) -> Described:
        """Find all that the tagger marks, and what a judge needs to know of it."""
        return read_mentions(document, self._reader)

    def _run(self, window: Window) -> Floats:
        ids = np.array([window.ids], dtype=np.int64)
        (logits,) = self._session.run(None, {"ids": ids})
        return np.asarray(logits)[0, 1:-1]


def read_transitions(folder: Path) -> Floats | None:
    """Read what a CRF learned, None where the model has none."""
    learned = folder / TRANSITIONS_FILE
    return np.load(learned) if learned.is_file() else None
