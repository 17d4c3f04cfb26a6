"""Mentions in word pieces, with markers round them: what relation models read."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention
from extract.ner.windows import Pieces, PieceTokenizer
from extract.text import fold, plain
from ingest.document import Document
from ontology.schema import LEGAL_PAIRS, LEGAL_TRIPLES, EntityType, Predicate

PREDICATES = tuple(Predicate)
CLASSES = 1 + len(PREDICATES)
"""Class 0 stands for no relation (pairs) or for the threshold (ATLOP)."""

TypePair = tuple[EntityType, EntityType]
PiecePair = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Located:
    """A document in word pieces; ``spans`` [start, end) are its mentions' pieces, in their order.

    Mentions that cover no piece are left out; ``mentions`` are the others.
    """

    ids: tuple[int, ...]
    mentions: tuple[Mention, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """Word pieces with markers among them; ``places`` tell where each opening marker stands."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """Pieces to put before ``[start, end)`` and after it."""

    start: int
    end: int
    before: tuple[int, ...]
    after: tuple[int, ...]


def locate(document: Document, mentions: Sequence[Mention], tokenizer: PieceTokenizer) -> Located:
    """Find the pieces of mentions: of all words that they touch."""
    plains = {passage.name: plain(passage.text) for passage in document.passages}
    pieces = tokenizer.split([text.text for text in plains.values()])
    numbers = {name: number for number, name in enumerate(plains)}
    ends = _word_ends(pieces)
    found: list[tuple[Mention, tuple[int, int]]] = []
    for mention in mentions:
        start, end = plains[mention.passage].span_in_plain(mention.start, mention.end)
        touched = [
            index
            for index, word in enumerate(pieces.words)
            if word.text == numbers[mention.passage] and word.start < end and word.end > start
        ]
        if touched:
            found.append((mention, (pieces.words[touched[0]].piece, ends[touched[-1]])))
    return Located(pieces.ids, tuple(m for m, _ in found), tuple(span for _, span in found))


def _word_ends(pieces: Pieces) -> list[int]:
    """Give the end of each word's pieces; [SEP] before the next text belongs to no word."""
    following = [*pieces.words[1:], None]
    return [
        len(pieces.ids) if after is None else after.piece - (after.text - word.text)
        for word, after in zip(pieces.words, following, strict=True)
    ]


def insert_markers(
    ids: Sequence[int], markers: Sequence[Marker], start: int = 0, end: int | None = None
) -> Marked:
    """Put markers among pieces ``[start, end)``; where two meet, closing ones come first."""
    end = len(ids) if end is None else end
    closing: defaultdict[int, list[int]] = defaultdict(list)
    opening: defaultdict[int, list[int]] = defaultdict(list)
    for number, marker in enumerate(markers):
        closing[marker.end].append(number)
        opening[marker.start].append(number)
    out: list[int] = []
    places: dict[int, int] = {}
    for position in range(start, end + 1):
        out += (piece for number in closing[position] for piece in markers[number].after)
        for number in opening[position] if position < end else ():
            places[number] = len(out)
            out += markers[number].before
        out += ids[position : position + 1] if position < end else ()
    return Marked(tuple(out), tuple(places[number] for number in sorted(places)))


def mark_all(located: Located, sign: Sequence[int]) -> Marked:
    """Put one sign before and after every mention (ATLOP's entity markers)."""
    sign = tuple(sign)
    return insert_markers(located.ids, [Marker(*span, sign, sign) for span in located.spans])


@dataclass(frozen=True, slots=True)
class TypedSigns:
    """The pieces of typed markers: ``@ * type * … @`` for subjects, ``# ^ type ^ … #`` else."""

    before: Mapping[tuple[bool, EntityType], tuple[int, ...]]
    after: Mapping[bool, tuple[int, ...]]
    separator: tuple[int, ...]


def typed_signs(tokenizer: PieceTokenizer) -> TypedSigns:
    """Cut typed markers into pieces (Zhou and Chen, AACL 2022)."""
    signs = {True: ("@", "*"), False: ("#", "^")}
    before = {
        (is_subject, entity_type): tokenizer.split([f"{outer} {inner} {entity_type} {inner}"]).ids
        for is_subject, (outer, inner) in signs.items()
        for entity_type in EntityType
    }
    after = {is_subject: tokenizer.split([outer]).ids for is_subject, (outer, _) in signs.items()}
    return TypedSigns(before, after, tokenizer.split(("", "")).ids)


def mark_pair(located: Located, pair: tuple[int, int], signs: TypedSigns, window: int) -> Marked:
    """Cut a window round two mentions and mark them; ``places`` are the subject's, the object's.

    Mentions farther apart than ``window`` pieces stand in two halves with [SEP] between.
    """
    markers = [
        Marker(
            *located.spans[index],
            signs.before[is_subject, located.mentions[index].type],
            signs.after[is_subject],
        )
        for index, is_subject in zip(pair, (True, False), strict=True)
    ]
    spans = (located.spans[pair[0]], located.spans[pair[1]])
    low, high = min(s for s, _ in spans), max(e for _, e in spans)
    if high - low <= window:
        start, end = _around(low, high, window, len(located.ids))
        return insert_markers(located.ids, markers, start, end)
    return _in_halves(located.ids, markers, signs.separator, window // 2)


def _around(low: int, high: int, window: int, length: int) -> tuple[int, int]:
    start = max(0, low - max(0, window - (high - low)) // 2)
    end = min(length, max(high, start + window))
    return max(0, min(start, end - window)), end


def _in_halves(
    ids: Sequence[int], markers: Sequence[Marker], separator: tuple[int, ...], half: int
) -> Marked:
    order = sorted((0, 1), key=lambda number: markers[number].start)
    first, second = (
        insert_markers(ids, [marker], *_around(marker.start, marker.end, half, len(ids)))
        for marker in (markers[order[0]], markers[order[1]])
    )
    offset = len(first.ids) + len(separator)
    places = {order[0]: first.places[0], order[1]: second.places[0] + offset}
    return Marked((*first.ids, *separator, *second.ids), (places[0], places[1]))


def group_entities(mentions: Sequence[Mention]) -> tuple[tuple[int, ...], ...]:
    """Group mentions of one type and one normalised surface; indices, by first appearance."""
    groups: defaultdict[tuple[EntityType, str], list[int]] = defaultdict(list)
    for index, mention in enumerate(mentions):
        groups[mention.type, fold(plain(mention.text).text.strip())].append(index)
    return tuple(tuple(group) for group in groups.values())


def schema_pairs(types: Sequence[EntityType]) -> tuple[tuple[int, int], ...]:
    """List the ordered pairs of indices whose types some predicate joins."""
    return tuple(
        (i, j)
        for i, head in enumerate(types)
        for j, tail in enumerate(types)
        if i != j and (head, tail) in LEGAL_PAIRS
    )


def legal_classes(pairs: Sequence[TypePair]) -> NDArray[np.bool_]:
    """Tell which classes the schema allows; [pairs, classes], class 0 always."""
    return np.array([_LEGAL[pair] for pair in pairs], dtype=np.bool_).reshape(-1, CLASSES)


def _legal() -> dict[TypePair, NDArray[np.bool_]]:
    table = {pair: np.zeros(CLASSES, dtype=np.bool_) for pair in LEGAL_PAIRS}
    for row in table.values():
        row[0] = True
    for triple in LEGAL_TRIPLES:
        table[triple.head, triple.tail][1 + PREDICATES.index(triple.predicate)] = True
    return table


_LEGAL = _legal()


def closest(
    document: Document, subjects: Sequence[Mention], objects: Sequence[Mention]
) -> tuple[Mention, Mention]:
    """Choose the two mentions that stand nearest to each other, the first such.

    Experts mostly annotate these: of the relations between entities of platinum and gold, taken
    so, 99 % are annotated, and 97 % of the annotated are found; taking all pairs, 82 % and 100 %.
    """
    starts = dict(_passage_starts(document))
    return min(
        ((s, o) for s in subjects for o in objects),
        key=lambda pair: abs(
            starts[pair[0].passage] + pair[0].start - starts[pair[1].passage] - pair[1].start
        ),
    )


def _passage_starts(document: Document) -> Iterator[tuple[str, int]]:
    start = 0
    for passage in document.passages:
        yield passage.name, start
        start += len(passage.text) + 1
