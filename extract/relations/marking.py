"""Mentions in word pieces, with markers round them: what ATLOP reads."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention
from extract.ner.windows import Pieces, PieceTokenizer
from extract.relations.counts import TypePair, passage_starts
from extract.text import fold, plain
from ingest.document import Document
from ontology.schema import LEGAL_PAIRS, EntityType, Predicate, is_legal

SIGN = "*"


@dataclass(frozen=True, slots=True)
class MarkedPieces:
    """A document in word pieces, a sign before and after every mention.

    ``places`` say where the opening sign of each of the ``mentions`` is; mentions that cover no
    piece are left out.
    """

    ids: tuple[int, ...]
    mentions: tuple[Mention, ...]
    places: tuple[int, ...]


def mark_mentions(
    document: Document, mentions: Sequence[Mention], tokenizer: PieceTokenizer
) -> MarkedPieces:
    """Mark the words that mentions touch; where two mentions meet, closing signs come first."""
    texts = {passage.name: plain(passage.text) for passage in document.passages}
    pieces = tokenizer.split([text.text for text in texts.values()])
    numbers, ends = {name: number for number, name in enumerate(texts)}, _word_ends(pieces)
    found = [
        (mention, pieces.words[touched[0]].piece, ends[touched[-1]])
        for mention in mentions
        for span in (texts[mention.passage].span_in_plain(mention.start, mention.end),)
        if (touched := pieces.touched(numbers[mention.passage], *span))
    ]
    closing = [(end, -1) for _, _, end in found]
    opening = [(start, number) for number, (_, start, _) in enumerate(found)]
    ids, places = _insert(pieces.ids, sorted(closing + opening), tokenizer.split([SIGN]).ids)
    return MarkedPieces(ids, tuple(mention for mention, _, _ in found), places)


def _insert(
    ids: tuple[int, ...], signs: Sequence[tuple[int, int]], sign: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Put a sign before each position; give the pieces, and the places of numbered signs."""
    out: list[int] = []
    places: dict[int, int] = {}
    done = 0
    for position, number in signs:
        out += ids[done:position]
        done, places[number] = position, len(out)
        out += sign
    out += ids[done:]
    return tuple(out), tuple(places[number] for number in sorted(places) if number >= 0)


def _word_ends(pieces: Pieces) -> list[int]:
    """Give the end of each word's pieces; [SEP] before the next text belongs to no word."""
    following = [*pieces.words[1:], None]
    return [
        len(pieces.ids) if after is None else after.piece - (after.text - word.text)
        for word, after in zip(pieces.words, following, strict=True)
    ]


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
    starts = passage_starts(document)
    return min(
        ((s, o) for s in subjects for o in objects),
        key=lambda pair: abs(
            starts[pair[0].passage] + pair[0].start - starts[pair[1].passage] - pair[1].start
        ),
    )
