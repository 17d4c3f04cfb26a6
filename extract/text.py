"""Plain text and sentences, with the way back to the offsets of the original."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import chain, pairwise

from ingest.document import MARKUP
from ontology.namespaces import TYPOGRAPHIC

_BLANK = re.compile(r"\s")
_BOUNDARY = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_NO_BOUNDARY = re.compile(
    r"(?:\b(?:[A-Z]|e\.g|i\.e|vs|cf|al|approx|Fig|Dr|no|sp|spp|subsp|ssp|var|St|resp)\.)$"
)


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text without mark-up. ``origin[i]`` is the place of character ``i`` in the original."""

    text: str
    origin: tuple[int, ...]

    def span_in_original(self, start: int, end: int) -> tuple[int, int]:
        """Map ``[start, end)``; mark-up at the edges is left out, mark-up inside is spanned."""
        return self.origin[start], self.origin[end - 1] + 1

    def span_in_plain(self, start: int, end: int) -> tuple[int, int]:
        """Map ``[start, end)`` of the original; a place inside mark-up counts as after it."""
        return bisect_left(self.origin, start), bisect_left(self.origin, end)


def plain(text: str) -> PlainText:
    """Take known tags out, and make every white space a plain blank.

    >>> marked = plain("CO<sub>2</sub> < 3")
    >>> marked.text, marked.span_in_original(0, 3)
    ('CO2 < 3', (0, 8))
    """
    tags = chain.from_iterable(match.span() for match in MARKUP.finditer(text))
    edges = (0, *tags, len(text))
    kept = zip(edges[::2], edges[1::2], strict=True)
    origin = tuple(chain.from_iterable(range(start, end) for start, end in kept))
    # One for one: U+00A0, U+2009 and their like must not keep a name from being found.
    return PlainText(_BLANK.sub(" ", MARKUP.sub("", text)), origin)


def fold(text: str) -> str:
    """Lower-case, with plain quotes and dashes, without changing the length.

    A Turkish dotted I would grow by ``str.lower``.

    >>> len(fold("İL-6")) == len("İL-6")
    True
    """
    typed = text.translate(TYPOGRAPHIC)
    lower = typed.lower()
    return lower if len(lower) == len(text) else "".join(c.lower()[0] for c in typed)


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Cut a text into sentences: half-open spans in order that cover all of it but blanks.

    A full stop after an initial or an abbreviation of the field ("E. coli", "spp.") is no end.

    >>> sentences("E. coli grew. It stopped!")
    ((0, 13), (14, 25))
    """
    cuts = [0, *(m.end() for m in _BOUNDARY.finditer(text) if _is_boundary(text, m)), len(text)]
    spans = (_trimmed(text, start, end) for start, end in pairwise(cuts))
    return tuple((start, end) for start, end in spans if start < end)


def _is_boundary(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 12) : match.start() + 1]
    return _NO_BOUNDARY.search(before) is None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    stretch = text[start:end]
    return (
        start + len(stretch) - len(stretch.lstrip()),
        end - len(stretch) + len(stretch.rstrip()),
    )
