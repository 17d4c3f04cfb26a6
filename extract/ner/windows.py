"""Texts as word pieces: words, windows with overlap, and the way back to characters.

Used alike in training and in reading, so that a model sees the same input in both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

WINDOW_PIECES = 254
"""Word pieces a window, without [CLS] and [SEP]."""
OVERLAP_PIECES = 64


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text in word pieces. ``ids`` [pieces]; ``firsts`` [words] are the first piece of each word.

    ``words`` [words] are the words' half-open character spans.
    """

    ids: tuple[int, ...]
    firsts: tuple[int, ...]
    words: tuple[tuple[int, int], ...]


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
    def open(cls, path: Path) -> "PieceTokenizer":
        """Read a ``tokenizer.json``."""
        return cls(Tokenizer.from_file(str(path)))

    def _id(self, token: str) -> int:
        number = self._tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"The tokenizer has no {token}")
        return number

    def split(self, text: str) -> Pieces:
        """Cut a text into words (blanks and punctuation end one) and these into pieces."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        firsts: list[int] = []
        words: list[tuple[int, int]] = []
        last: int | None = None
        for index, (word, (start, end)) in enumerate(
            zip(encoding.word_ids, encoding.offsets, strict=True)
        ):
            if word == last:
                words[-1] = (words[-1][0], end)
            else:
                firsts.append(index)
                words.append((start, end))
            last = word
        return Pieces(tuple(encoding.ids), tuple(firsts), tuple(words))

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


def _starts(length: int) -> Sequence[int]:
    if length == 0:
        return ()
    step = WINDOW_PIECES - OVERLAP_PIECES
    return range(0, max(1, length - OVERLAP_PIECES), step)
