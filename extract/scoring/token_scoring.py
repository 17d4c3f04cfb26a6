"""Entities scored token by token, as token classifiers are: the paper has such figures, too.

A token is a run of letters, digits and underscores, or any other single character that is no
white space: ``gut-brain`` is three tokens, ``<i>`` too. A token belongs to the entity that it
shares a character with; of several, to the one that starts first, the longest of those. Its label
is the entity's (IO), or ``B-`` and the label for an entity's first token and ``I-`` for the rest
(BIO). Tokens outside all entities are never counted. Each label is a class of its own, so that BIO
macro averages go over up to 26.
"""

import re
from collections.abc import Iterator, Mapping

from extract.scoring.scored_items import Item, Key, Lists, ScoringError, Task

_TOKEN = re.compile(r"\w+|[^\w\s]")

Texts = Mapping[tuple[str, str], str]
"""(PMID, location) to what the passage reads."""


def token_lists(entities: Lists, texts: Texts, task: Task) -> Lists:
    """Turn entities to labelled tokens of the texts that they mark.

    Raises ScoringError where a text is missing. A token's key is its location, start and label.
    """
    missing = [
        f"PMID {pmid}: the gold file has no {key[2]} to cut into tokens"
        for pmid, items in entities.items()
        for key, _ in items
        if (pmid, key[2]) not in texts
    ]
    if missing:
        raise ScoringError(missing)
    return {pmid: tuple(_tokens(pmid, items, texts, task)) for pmid, items in entities.items()}


def _tokens(pmid: str, items: tuple[Item, ...], texts: Texts, task: Task) -> Iterator[Item]:
    for location in sorted({key[2] for key, _ in items}):
        keys = [key for key, _ in items if key[2] == location]
        labels = label_tokens(texts[pmid, location], keys, is_bio=task is Task.TOKENS_BIO)
        yield from (((location, start, label), (label,)) for start, label in labels.items())


def label_tokens(text: str, entities: list[Key], *, is_bio: bool) -> dict[int, str]:
    """Label a text's tokens, by their first characters; ``entities`` are match keys."""
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    labels: dict[int, str] = {}
    for first, last, _, _, label, *_ in sorted(entities, key=lambda key: (key[0], -key[1])):
        inside = [start for start, end in tokens if start <= last and first < end]
        for number, start in enumerate(inside):
            prefix = ("I-" if number else "B-") if is_bio else ""
            labels.setdefault(start, prefix + label)
    return labels
