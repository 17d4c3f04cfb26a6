"""Entities that overlap: what the 2026 scorer keeps of them, and which of two annotations meet."""

from collections.abc import Iterator

from extract.scoring.scored_items import Item, Key


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
