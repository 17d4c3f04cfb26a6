"""Entities as spans: which overlap, as the 2026 scorer and we see it, and which tokens they label.

A token is a run of letters, digits and underscores, or any other single character that is no
white space: ``gut-brain`` is three tokens, ``<i>`` too. A token belongs to the entity that it
shares a character with; of several, to the one that starts first, the longest of those. Its label
is the entity's (IO), or ``B-`` and the label for an entity's first token and ``I-`` for the rest
(BIO). Tokens outside all entities are never counted. Each label is a class of its own, so that BIO
macro averages go over up to 26. The paper has such figures, too.
"""

import re
from collections.abc import Iterator, Mapping

from extract.corpus import CorpusError
from extract.scoring.items import Item, Key, Lists, Task

_TOKEN = re.compile(r"\w+|[^\w\s]")

Texts = Mapping[tuple[str, str], str]
"""(PMID, location) to what the passage reads."""


def drop_overlapped(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Keep the longest of each cluster of overlapping entities, as the 2026 scorer does.

    Of entities at the same place only the first counts, whatever its label. Clusters are
    transitive. Ends are inclusive, yet the script asks ``start < end``: an entity that starts on
    another's last character does not overlap it. Of equally long ones the first stays.
    """
    first: dict[Key, Item] = {}
    for item in items:
        first.setdefault(item[0][:3], item)
    ordered = sorted(first.values(), key=lambda item: _begin(item[0]))
    return tuple(max(cluster, key=_length) for cluster in _clusters(ordered))


def _length(item: Item) -> int:
    start, end, *_ = item[0]
    return end - start


def _clusters(ordered: list[Item]) -> Iterator[list[Item]]:
    cluster: list[Item] = []
    cluster_place, cluster_end = "", 0
    for item in ordered:
        start, end, place, *_ = item[0]
        if cluster and (place != cluster_place or start >= cluster_end):
            yield cluster
            cluster, cluster_end = [], end
        cluster.append(item)
        cluster_place, cluster_end = place, max(cluster_end, end)
    if cluster:
        yield cluster


def align_overlapping(gold: tuple[Item, ...], predicted: tuple[Item, ...]) -> tuple[Item, ...]:
    """Give predicted entities the key of the gold one of their label that they overlap.

    One to one, in the order of the text, exact ones first; the rest keep their own keys.
    """
    exact = {key for key, _ in gold} & {key for key, _ in predicted}
    free = sorted((key for key, _ in gold if key not in exact), key=_begin)
    aligned: list[Item] = []
    for key, cls in sorted(predicted, key=lambda item: _begin(item[0])):
        met = None if key in exact else next((g for g in free if _meets(g, key)), None)
        if met:
            free.remove(met)
        aligned.append((met or key, cls))
    return tuple(aligned)


def _begin(key: Key) -> tuple[str, int]:
    return key[2], key[0]


def _meets(first: Key, second: Key) -> bool:
    """Say whether two keys of one label and location share a character; ends are inclusive."""
    (start, end, place, _, label), (other_start, other_end, *_) = first, second
    is_alike = (place, label) == (second[2], second[4])
    return is_alike and start <= other_end and other_start <= end


def token_lists(entities: Lists, texts: Texts, task: Task) -> Lists:
    """Turn entities to labelled tokens of the texts that they mark.

    Raises CorpusError where a text is missing. A token's key is its location, start and label.
    """
    missing = [
        f"PMID {pmid}: the gold file has no {key[2]} to cut into tokens"
        for pmid, items in entities.items()
        for key, _ in items
        if (pmid, key[2]) not in texts
    ]
    if missing:
        raise CorpusError(missing)
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
