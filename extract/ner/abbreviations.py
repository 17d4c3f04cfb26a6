"""Abbreviations that a text defines: "irritable bowel syndrome (IBS)".

Method: A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text", PSB 2003: the characters of the short form are found backwards in
the words before the bracket, the first of them at the start of a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BRACKET = re.compile(r"\(([^\s()\[\]]{2,12}?)(?:[;,][^()]*)?\)")

_COMPARISON = frozenset("=<>≤≥±")
_GREEK = frozenset("αβγδεζηθικλμνξοπρστυφχψω")


@dataclass(frozen=True, slots=True)
class Definition:
    """``text[long_start:long_end]`` is what ``short`` abbreviates; ``short_start`` is its place."""

    short: str
    short_start: int
    long_start: int
    long_end: int


def find_definitions(text: str) -> Iterator[Definition]:
    """Yield the definitions of a text, in order.

    >>> text = "irritable bowel syndrome (IBS) and mice"
    >>> [(d.short, text[d.long_start : d.long_end]) for d in find_definitions(text)]
    [('IBS', 'irritable bowel syndrome')]
    """
    for bracket in _BRACKET.finditer(text):
        short = bracket[1]
        if not _is_short_form(short):
            continue
        long_end = len(text[: bracket.start()].rstrip())
        long_start = _start_of_long_form(text, short, long_end)
        if long_start is not None:
            yield Definition(short, bracket.start(1), long_start, long_end)


def _is_short_form(short: str) -> bool:
    # All three were seen to find a "long form": (n=15), (p<0.001) and (e.g., exercise).
    has_capital = any(character.isupper() or character in _GREEK for character in short)
    return short[0].isalnum() and has_capital and not _COMPARISON.intersection(short)


def _start_of_long_form(text: str, short: str, end: int) -> int | None:
    """Find the best start, or None; at most min(|A| + 5, 2 |A|) words are looked at (the paper)."""
    words = list(re.finditer(r"\S+", text[:end]))[-min(len(short) + 5, len(short) * 2) :]
    if not words:
        return None
    lowest, at = words[0].start(), end
    for position, character in enumerate(reversed(short)):
        if not character.isalnum():
            continue
        is_first = position == len(short) - 1
        at = _previous(text, character, lowest, at, at_word_start=is_first)
        if at < lowest:
            return None
    # The definition itself may be in brackets: "dysbiosis (small bowel overgrowth (SBO))".
    start = max(lowest, text.rfind(" ", lowest, at) + 1, text.rfind("(", lowest, at) + 1)
    return start if end - start > len(short) else None


def _previous(text: str, character: str, lowest: int, at: int, *, at_word_start: bool) -> int:
    for index in range(at - 1, lowest - 1, -1):
        follows_letter = index > 0 and text[index - 1].isalnum()
        if text[index].lower() == character.lower() and not (at_word_start and follows_letter):
            return index
    return lowest - 1
