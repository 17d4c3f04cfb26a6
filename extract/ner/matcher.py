"""Finding many names in running text at once: Aho-Corasick, whole words, longest first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ahocorasick

from extract.text import fold

_WORD = re.compile(r"\w")
_JOINERS = frozenset("-\u2010\u2011\u2012\u2013/")


@dataclass(frozen=True, slots=True)
class Match:
    """Characters ``[start, end)`` of the searched text, spelling the name ``name``."""

    start: int
    end: int
    name: str


class NameMatcher:
    """Names loaded for search; case and the kind of white space do not matter."""

    def __init__(self, names: Iterable[str]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        for name in names:
            self._automaton.add_word(fold(name), name)
        if len(self._automaton):
            self._automaton.make_automaton()

    def find(self, text: str) -> tuple[Match, ...]:
        """Find names in text order, the leftmost and longest of those that overlap.

        Word boundaries are checked before the longest is taken: the automaton's own ``iter_long``
        takes it first and loses 2 % of the matches.
        """
        if not len(self._automaton):
            return ()
        matches = sorted(self._whole_words(fold(text)), key=lambda m: (m.start, -m.end))
        return tuple(leftmost(matches))

    def _whole_words(self, folded: str) -> Iterator[Match]:
        for last, name in self._automaton.iter(folded):
            end = last + 1
            start = end - len(name)
            if is_whole(folded, start, end):
                yield Match(start, end, name)


def leftmost(matches: Iterable[Match]) -> Iterator[Match]:
    """Drop what overlaps an earlier match; ``matches`` come by start, longest first."""
    free_from = 0
    for match in matches:
        if match.start >= free_from:
            yield match
            free_from = match.end


def is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether ``[start, end)`` cuts no word.

    A word goes on across a hyphen or a slash, as the GutBrainIE guidelines have it: no "gut" in
    "gut-brain axis".

    >>> is_whole("gut mice", 0, 3), is_whole("gut-brain", 0, 3), is_whole("gut-", 0, 3)
    (True, False, True)
    """
    return not (_is_inside_word(text, start) or _is_inside_word(text, end))


def _is_inside_word(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return False
    before, after = text[max(0, at - 2) : at], text[at : at + 2]
    return (
        (_is_letter(before[-1:]) and _is_letter(after[:1]))
        or (before[-1] in _JOINERS and _is_letter(before[:-1]) and _is_letter(after[:1]))
        or (after[0] in _JOINERS and _is_letter(after[1:]) and _is_letter(before[-1:]))
    )


def _is_letter(character: str) -> bool:
    return bool(character) and bool(_WORD.match(character))
