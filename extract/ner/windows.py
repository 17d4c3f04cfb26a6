"""Documents as word pieces: words, windows with overlap, and the way back to characters.

Title and abstract are read in one sequence, [SEP] between them, so that each helps to read the
other. Used alike in training and in reading, so that a model sees the same input in both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path

from tokenizers import Encoding, Tokenizer

TOKENIZER_FILE = "tokenizer.json"
WINDOW_PIECES = 510
"""Word pieces a window, without [CLS] and [SEP]: nine abstracts in ten fit into one."""
OVERLAP_PIECES = 128


@dataclass(frozen=True, slots=True)
class Word:
    """Characters ``[start, end)`` of text number ``text``; ``piece`` is the first of its pieces."""

    text: int
    start: int
    end: int
    piece: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Texts in word pieces, one after another with [SEP] between; ``ids`` [pieces]."""

    ids: tuple[int, ...]
    words: tuple[Word, ...]

    def touched(self, text: int, start: int, end: int) -> list[int]:
        """Number the words that share a character with ``[start, end)`` of a text."""
        return [
            number
            for number, word in enumerate(self.words)
            if word.text == text and word.start < end and word.end > start
        ]


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces ``[start, start + len(ids) - 2)`` of a text, between [CLS] and [SEP].

    The words whose first piece is in ``[keep_from, keep_to)`` are read from this window: those
    nearer to its middle than to that of a neighbour.
    """

    ids: tuple[int, ...]
    start: int
    keep_from: int
    keep_to: int


class PieceTokenizer:
    """A tokenizer in use; no padding, no truncation. It must know [CLS] and [SEP]."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._cls = self._id("[CLS]")
        self._sep = self._id("[SEP]")

    @classmethod
    def open(cls, folder: Path) -> "PieceTokenizer":
        """Read the ``tokenizer.json`` of a model folder; raises OSError."""
        return cls(Tokenizer.from_buffer((folder / TOKENIZER_FILE).read_bytes()))

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"The tokenizer has no {token}")
        return number

    def split(self, texts: Sequence[str]) -> Pieces:
        """Cut texts into words (blanks and punctuation end one) and these into pieces."""
        ids: list[int] = []
        words: list[Word] = []
        for number, text in enumerate(texts):
            if number:
                ids.append(self._sep)
            encoding, spans = self._encode(text)
            words.extend(_words(number, encoding.word_ids, spans, len(ids)))
            ids.extend(encoding.ids)
        return Pieces(tuple(ids), tuple(words))

    def _encode(self, text: str) -> tuple[Encoding, Sequence[tuple[int, int]]]:
        """Cut a text; give the characters of each piece."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding, encoding.offsets

    def windows(self, pieces: Pieces) -> Iterator[Window]:
        """Cut pieces into windows that overlap; every piece is kept in exactly one."""
        starts = _starts(len(pieces.ids))
        for number, start in enumerate(starts):
            end = min(start + WINDOW_PIECES, len(pieces.ids))
            is_last = number == len(starts) - 1
            yield Window(
                (self._cls, *pieces.ids[start:end], self._sep),
                start,
                start + OVERLAP_PIECES // 2 if number else 0,
                end if is_last else end - OVERLAP_PIECES // 2,
            )


def _words(
    text: int, word_ids: Sequence[int | None], spans: Sequence[tuple[int, int]], offset: int
) -> Iterator[Word]:
    """Yield the words of one text, whose pieces start at ``offset``."""
    numbered = zip(word_ids, spans, count(offset), strict=False)
    for number, group in groupby(numbered, key=itemgetter(0)):
        pieces = list(group)
        (_, (start, _), first), (_, (_, end), _) = pieces[0], pieces[-1]
        if number is not None:
            yield Word(text, start, end, first)


def _starts(length: int) -> Sequence[int]:
    if length == 0:
        return ()
    step = WINDOW_PIECES - OVERLAP_PIECES
    return range(0, max(1, length - OVERLAP_PIECES), step)
