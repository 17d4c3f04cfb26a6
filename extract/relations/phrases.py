"""Words that say what relates two mentions, in groups of one sense.

Single words are too many for a small corpus: "elevated" and "enriched" are one column here. It
matters where they are: between the two mentions, or in a few words before the first or after the
second.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

GROUPS: Mapping[str, str] = {
    "is": r"is|are|was|were|being",
    "a": r"an?",
    "such as": r"such|includ\w*|like|namely|especially|eg",
    "made by": r"produc\w*|deriv\w*|secret\w*|synthesi\w*|metaboli[tz]\w*|releas\w*",
    "of": r"of",
    "in": r"in|within|among",
    "with": r"with",
    "by": r"by|via|through",
    "and": r"and|or|as|well",
    "more": r"increas\w*|elevat\w*|higher|greater|enrich\w*|upregul\w*|enhanc\w*|rais\w*|rise",
    "less": r"decreas\w*|reduc\w*|lower\w*|deplet\w*|downregul\w*|declin\w*|fewer",
    "eased": r"attenuat\w*|inhibit\w*|suppress\w*|alleviat\w*|ameliorat\w*|improv\w*|prevent\w*",
    "amount": r"abundan\w*|composition\w*|diversit\w*|richness|ratio",
    "expressed": r"express\w*|mrna|levels?|activit\w*|activat\w*|concentration\w*",
    "given": r"treat\w*|receiv\w*|administ\w*|supplement\w*|fed|gavage\w*|inject\w*|given|intake",
    "compared": r"compar\w*|versus|vs|than",
    "linked": r"associat\w*|correlat\w*|link\w*|relat\w*|relationship\w*",
    "caused": r"induc\w*|caus\w*|lead\w*|led|contribut\w*|promot\w*|trigger\w*|result\w*",
    "changed": r"modulat\w*|regulat\w*|affect\w*|influenc\w*|impact\w*|alter\w*|chang\w*|disrupt\w*",  # noqa: E501
    "kind": r"characteri\w*|defin\w*|known|forms?|types?|classe?s?|subset\w*|member\w*|genus",
    "who": r"patients?|individuals?|participants?|subjects|mice|rats?|models?|children|adults",
    "not": r"not|no|without|lack\w*|neither|nor",
    "harmed": r"damag\w*|loss|degenerat\w*|injur\w*|dysfunct\w*|inflam\w*|impair\w*",
    "binds": r"interact\w*|bind\w*|recept\w*|signal\w*|pathway\w*|axis",
    "used": r"us(?:ed|ing|e)|measur\w*|assess\w*|analy[sz]\w*|perform\w*|identif\w*|sequenc\w*",
    "role": r"role|effect\w*|involv\w*|mediat\w*|play\w*|target\w*",
}
PLACES = ("between", "before", "after")
NEAR = 6
"""Words before the first and after the second mention that are read."""
FAR = 40
"""Mentions with more words between them are in a list, or in two statements."""
_GROUPS = tuple(re.compile(pattern) for pattern in GROUPS.values())

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
Booleans = NDArray[np.bool_]


def phrase_columns() -> tuple[str, ...]:
    """Name the columns."""
    return tuple(f"{place} says: {group}" for place in PLACES for group in GROUPS)


@lru_cache(maxsize=20_000)
def groups_of(word: str) -> tuple[int, ...]:
    """Say which groups a folded word belongs to.

    >>> [list(GROUPS)[number] for number in groups_of("elevated")]
    ['more']
    """
    return tuple(number for number, group in enumerate(_GROUPS) if group.fullmatch(word))


def describe_phrases(words: Sequence[str], pairs: Sequence[Integers], joined: Booleans) -> Floats:
    """Say which groups are between, before and after; [pairs, 3 * groups].

    ``words`` are those of the document, folded. ``pairs`` are four word numbers for each pair: the
    first at or after the start of its first mention, at or after its end, and the same of its
    second mention. Pairs that are not ``joined`` by a sentence have nothing said.
    """
    seen = np.zeros((len(words) + 1, len(GROUPS)), dtype=np.int32)
    for row, word in enumerate(words, start=1):
        seen[row, list(groups_of(word))] = 1
    seen = seen.cumsum(axis=0)
    first, after_first, second, after_second = pairs
    near = joined & (second - after_first <= FAR)
    spans = (
        (after_first, np.maximum(after_first, second)),
        (np.maximum(first - NEAR, 0), first),
        (after_second, np.minimum(after_second + NEAR, len(words))),
    )
    said = [(seen[end] > seen[start]) & near[:, None] for start, end in spans]
    return np.hstack(said).astype(np.float32)
