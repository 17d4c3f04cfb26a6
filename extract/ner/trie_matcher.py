"""Finding names in running text with a trie: prefix search where words start.

The trie (marisa) may be mapped from disk and hold millions of names; ``NameMatcher`` is quicker up
to about 200,000, and finds the same.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import marisa_trie

from extract.ner.matcher import NameMatch, is_whole, leftmost
from extract.text import fold

_START = re.compile(r"(?<!\w)(?<!\w[-/])\S|(?<=[^\w\s])\S")


class TrieMatcher:
    """A trie of folded names, such as the ``text`` index of a lexicon, in use for search."""

    def __init__(self, trie: Any) -> None:
        self._trie = trie

    @classmethod
    def of_names(cls, names: Iterable[str]) -> "TrieMatcher":
        """Load names into memory."""
        return cls(marisa_trie.Trie(sorted({fold(name) for name in names})))

    def find(self, text: str) -> tuple[NameMatch, ...]:
        """Find names in text order, the leftmost and longest of those that overlap."""
        return tuple(leftmost(self._whole_words(fold(text))))

    def _whole_words(self, folded: str) -> Iterator[NameMatch]:
        for place in _START.finditer(folded):
            start = place.start()
            for name in reversed(self._trie.prefixes(folded[start:])):
                if name and is_whole(folded, start, start + len(name)):
                    yield NameMatch(start, start + len(name), name)
                    break
