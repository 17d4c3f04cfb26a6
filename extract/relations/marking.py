"""Mentions in word pieces, with markers round them: what ATLOP reads."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention
from extract.ner.windows import Pieces, PieceTokenizer
from extract.text import fold, plain
from ingest.document import Document
from ontology.schema import LEGAL_PAIRS, EntityType, Predicate, is_legal

TypePair = tuple[EntityType, EntityType]


@dataclass(frozen=True, slots=True)
class Located:
    """A document in word pieces; ``spans`` [start, end) are its mentions' pieces, in their order.

    Mentions that cover no piece are left out; ``mentions`` are the others.
    """

    ids: tuple[int, ...]
    mentions: tuple[Mention, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class MarkedPieces:
    """Word pieces with markers among them; ``places`` say where each opening marker is."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


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


def mark_all(located: Located, sign: tuple[int, ...]) -> MarkedPieces:
    """Put one sign before and after every mention; where two meet, closing ones come first."""
    closing = Counter(end for _, end in located.spans)
    opening: defaultdict[int, list[int]] = defaultdict(list)
    for number, (start, _) in enumerate(located.spans):
        opening[start].append(number)
    out: list[int] = []
    places: dict[int, int] = {}
    for position in range(len(located.ids) + 1):
        out += sign * closing[position]
        for number in opening[position]:
            places[number] = len(out)
            out += sign
        out += located.ids[position : position + 1]
    return MarkedPieces(tuple(out), tuple(places[number] for number in sorted(places)))


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


def legal_classes(
    pairs: Sequence[TypePair], predicates: tuple[Predicate, ...]
) -> NDArray[np.bool_]:
    """Say which classes the schema allows: class 0 always; [pairs, 1 + predicates]."""
    rows = [_legal_row(pair, predicates) for pair in pairs]
    return np.array(rows, dtype=np.bool_).reshape(-1, 1 + len(predicates))


@cache
def _legal_row(pair: TypePair, predicates: tuple[Predicate, ...]) -> tuple[bool, ...]:
    head, tail = pair
    return (True, *(is_legal(head, predicate, tail) for predicate in predicates))


def closest(
    document: Document, subjects: Sequence[Mention], objects: Sequence[Mention]
) -> tuple[Mention, Mention]:
    """Choose the two mentions that are nearest to each other, the first such.

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
