"""From what a tagger says of word pieces to the mentions of a document, whatever runs it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from extract.annotation import Mention
from extract.ner.bio import LABELS, Floats, best_path, decode_labels
from extract.ner.judging import Described, describe_label, describe_mentions
from extract.ner.windows import Pieces, PieceTokenizer, Window, Word
from extract.text import PlainText, plain
from ingest.document import Document, Passage
from ontology.lexicon import Lexicon

Run = Callable[[Window], Floats]
"""Gives the logits of a window without [CLS] and [SEP]; [pieces, labels]."""
_NO_SCORES: Floats = np.zeros((0, len(LABELS)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads pieces: a tokenizer, a tagger, the ``transitions`` [from, to] of its CRF.

    ``lexicon`` is what its judge may look names up in.
    """

    tokenizer: PieceTokenizer
    run: Run
    lexicon: Lexicon
    transitions: Floats | None = None


@dataclass(frozen=True, slots=True)
class _Text:
    passage: Passage
    plain: PlainText
    words: tuple[Word, ...]

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Give the characters of words ``[first, end)`` in the passage."""
        return self.plain.span_in_original(self.words[first].start, self.words[end - 1].end)


def read_mentions(document: Document, reader: Reader) -> Described:
    """Find the mentions of a document, in order of passage and start, without overlaps."""
    plains = [plain(passage.text) for passage in document.passages]
    pieces = reader.tokenizer.split([text.text for text in plains])
    rows = _score(pieces, reader)
    found = [
        each
        for number, (passage, text) in enumerate(zip(document.passages, plains, strict=True))
        for words in (tuple(word for word in pieces.words if word.text == number),)
        for each in _mentions(_Text(passage, text, words), rows, reader.transitions)
    ]
    mentions, numbers = [mention for mention, _ in found], [local for _, local in found]
    return describe_mentions(mentions, numbers, reader.lexicon)


def _score(pieces: Pieces, reader: Reader) -> Floats:
    """Give the log-probabilities of a document's pieces; [pieces, labels].

    A window a run: int8 activations are scaled over a run, so that what shares it with a document
    would show in its scores.
    """
    kept = [
        reader.run(window)[window.keep_from - window.start : window.keep_to - window.start]
        for window in reader.tokenizer.windows(pieces)
    ]
    return _log_softmax(np.concatenate(kept)) if kept else _NO_SCORES


def _mentions(
    text: _Text, scores: Floats, transitions: Floats | None
) -> Iterator[tuple[Mention, tuple[float, ...]]]:
    """Read one passage; a mention's score is the mean probability of its labels."""
    rows = scores[[word.piece for word in text.words]]
    path = best_path(rows, transitions)
    for first, end, kind in decode_labels(path):
        start, stop = text.span(first, end)
        local = describe_label(rows, path, first, end)
        score, surface = math.exp(local[0]), text.passage.text[start:stop]
        yield Mention(text.passage.name, start, stop, surface, kind, score), local


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
