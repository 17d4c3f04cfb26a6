"""Finding many names in running text at once: Aho-Corasick, whole words, longest first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ahocorasick

from extract.text import fold

_INSIDE_WORD = re.compile(r"(?<=\w)(?=[-/]?\w)|(?<=\w[-/])(?=\w)")


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Characters ``[start, end)`` of the searched text, spelling the name ``name``."""

    start: int
    end: int
    name: str


class NameMatcher:
    """Names loaded for search; case and the kind of quotes and dashes do not matter."""

    def __init__(self, names: Iterable[str]) -> None:
        self._automaton: Any = ahocorasick.Automaton()
        for name in names:
            self._automaton.add_word(fold(name), name)
        if len(self._automaton):
            self._automaton.make_automaton()

    def find(self, text: str) -> tuple[NameMatch, ...]:
        """Find names in text order, the leftmost and longest of those that overlap.

        Word boundaries are checked before the longest is taken: the automaton's own ``iter_long``
        takes it first and loses 2 % of the matches.
        """
        if not len(self._automaton):
            return ()
        matches = sorted(self._whole_words(fold(text)), key=lambda m: (m.start, -m.end))
        return tuple(leftmost(matches))

    def _whole_words(self, folded: str) -> Iterator[NameMatch]:
        for last, name in self._automaton.iter(folded):
            end = last + 1
            start = end - len(name)
            if is_whole(folded, start, end):
                yield NameMatch(start, end, name)


def leftmost(matches: Iterable[NameMatch]) -> Iterator[NameMatch]:
    """Drop what overlaps an earlier match; ``matches`` come by start, longest first."""
    free_from = 0
    for match in matches:
        if match.start >= free_from:
            yield match
            free_from = match.end


def is_whole(text: str, start: int, end: int) -> bool:
    """Say whether ``[start, end)`` of a folded text cuts no word.

    A word goes on across a hyphen or a slash, as the GutBrainIE guidelines have it: no "gut" in
    "gut-brain axis".

    >>> is_whole("gut mice", 0, 3), is_whole("gut-brain", 0, 3), is_whole("gut-", 0, 3)
    (True, False, True)
    """
    return not (_INSIDE_WORD.match(text, start) or _INSIDE_WORD.match(text, end))
