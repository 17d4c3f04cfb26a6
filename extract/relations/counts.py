"""Relations by counting: how often do two mentions of these types, this far apart, relate?

P(related) is counted over schema-legal pairs in a corpus, given the type pair, the sentence
distance, the order, the character distance and whether nearer mentions compete; each count backs
off to the coarser one. The predicate is the most frequent of the type pair.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from extract.annotation import AnnotatedDocument, Mention, Relation
from extract.model import check_names, read_json
from extract.text import plain, sentences
from ingest.document import Document
from ontology.schema import LEGAL_PAIRS, LEGAL_TRIPLES, EntityType, Predicate, is_legal

COUNTS_FILE = "counts.json"
BACK_OFF = 20.0
"""How many observations the coarser count is worth."""
BIN_WIDTH, LAST_BIN = 40, 4
LAST_SENTENCE_DISTANCE, LAST_RANK = 2, 2

TypePair = tuple[EntityType, EntityType]
Context = tuple[int, ...]
_Key = tuple[TypePair, Context]
_TRIPLES = frozenset(f"{t.head} {t.predicate} {t.tail}" for t in LEGAL_TRIPLES)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two mentions that the schema lets relate, and where they are to each other.

    ``context`` is (sentence distance, order, distance bin, rank); its prefixes are what counts
    back off to.
    """

    subject: Mention
    object: Mention
    context: Context

    @property
    def types(self) -> TypePair:
        """The type pair."""
        return self.subject.type, self.object.type


@dataclass(frozen=True, slots=True)
class CountTable:
    """(pairs seen, pairs related) by type pair and context prefix, and the pairs' predicates.

    ``base`` is P(related) over all legal pairs: what an unseen type pair backs off to.
    """

    base: float
    seen: Mapping[_Key, tuple[int, int]]
    predicates: Mapping[TypePair, Predicate]

    def probability(self, pair: Pair) -> float:
        """P(related), smoothed from coarse to fine; 0 where the corpus never joins the types."""
        if pair.types not in self.predicates:
            return 0.0
        estimate = self.base
        for length in range(len(pair.context) + 1):
            seen, related = self.seen.get((pair.types, pair.context[:length]), (0, 0))
            estimate = (related + BACK_OFF * estimate) / (seen + BACK_OFF)
        return estimate


class CountRelations:
    """A count table in use; relations under ``threshold`` are left out."""

    def __init__(self, table: CountTable, threshold: float) -> None:
        self.predicates = frozenset(table.predicates.values())
        self._table = table
        self._threshold = threshold
        self._scores: dict[_Key, float] = {}

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every pair that the schema allows.

        The score is P(related) times P(mention) of each: a relation needs both its ends.
        """
        scored = (
            (pair, self._score(pair) * pair.subject.score * pair.object.score)
            for pair in legal_pairs(document, mentions)
        )
        return tuple(
            Relation(pair.subject, self._table.predicates[pair.types], pair.object, score)
            for pair, score in scored
            if score >= self._threshold and pair.types in self._table.predicates
        )

    def _score(self, pair: Pair) -> float:
        # Kept, because the pairs of a corpus share few contexts.
        key = pair.types, pair.context
        if key not in self._scores:
            self._scores[key] = self._table.probability(pair)
        return self._scores[key]


@dataclass(frozen=True, slots=True)
class Placed:
    """A mention in the run of title and abstract; ``sentence`` counts from 1."""

    mention: Mention
    start: int
    end: int
    sentence: int


def legal_pairs(document: Document, mentions: Iterable[Mention]) -> Iterator[Pair]:
    """Yield the ordered pairs of mentions whose types some predicate joins."""
    placed = place(document, mentions)
    gaps = _sorted_gaps(placed)
    for subject in placed:
        for target in placed:
            types = subject.mention.type, target.mention.type
            if subject is not target and types in LEGAL_PAIRS:
                yield Pair(subject.mention, target.mention, _context(subject, target, gaps))


def place(document: Document, mentions: Iterable[Mention]) -> list[Placed]:
    """Put the passages one after another, so that distances cross from title to abstract."""
    offsets = passage_starts(document)
    starts = [
        offsets[passage.name] + text.origin[start]
        for passage in document.passages
        for text in (plain(passage.text),)
        for start, _ in sentences(text.text)
    ]
    return [
        Placed(m, at + m.start, at + m.end, bisect_left(starts, at + m.start + 1))
        for m in mentions
        for at in (offsets[m.passage],)
    ]


def passage_starts(document: Document) -> dict[str, int]:
    """Say where each passage begins, one after another with a blank between."""
    lengths = accumulate((len(p.text) + 1 for p in document.passages), initial=0)
    return {p.name: start for p, start in zip(document.passages, lengths, strict=False)}


def _gap(one: Placed, other: Placed) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _sorted_gaps(placed: list[Placed]) -> Callable[[Placed, EntityType], list[int]]:
    gaps: defaultdict[tuple[int, EntityType], list[int]] = defaultdict(list)
    for one in placed:
        for other in placed:
            if one is not other:
                gaps[one.start, other.mention.type].append(_gap(one, other))
    for distances in gaps.values():
        distances.sort()
    return lambda one, entity_type: gaps[one.start, entity_type]


def _context(
    subject: Placed, target: Placed, gaps: Callable[[Placed, EntityType], list[int]]
) -> Context:
    gap = _gap(subject, target)
    nearer = bisect_left(gaps(subject, target.mention.type), gap)
    nearer += bisect_left(gaps(target, subject.mention.type), gap)
    return (
        min(abs(subject.sentence - target.sentence), LAST_SENTENCE_DISTANCE),
        int(subject.start < target.start),
        min(gap // BIN_WIDTH, LAST_BIN),
        min(nearer, LAST_RANK),
    )


def count_relations(documents: Iterable[AnnotatedDocument]) -> CountTable:
    """Fit the table to annotated documents; relations that the schema forbids are left out."""
    seen: Counter[_Key] = Counter()
    related: Counter[_Key] = Counter()
    predicates: defaultdict[TypePair, Counter[Predicate]] = defaultdict(Counter)
    for document in documents:
        relations = [relation for relation in document.relations if _is_legal(relation)]
        joined = {(r.subject, r.object) for r in relations}
        for relation in relations:
            predicates[relation.subject.type, relation.object.type][relation.predicate] += 1
        for pair in legal_pairs(document.document, document.mentions):
            keys = [(pair.types, pair.context[:n]) for n in range(len(pair.context) + 1)]
            seen.update(keys)
            if (pair.subject, pair.object) in joined:
                related.update(keys)
    return CountTable(
        _base(seen, related),
        {key: (count, related[key]) for key, count in seen.items()},
        {types: _most_frequent(counts) for types, counts in predicates.items()},
    )


def _is_legal(relation: Relation) -> bool:
    return is_legal(relation.subject.type, relation.predicate, relation.object.type)


def _base(seen: Mapping[_Key, int], related: Mapping[_Key, int]) -> float:
    whole = [key for key in seen if not key[1]]
    return sum(related[key] for key in whole) / max(1, sum(seen[key] for key in whole))


def _most_frequent(counts: Counter[Predicate]) -> Predicate:
    # The label breaks ties, so that the same corpus makes the same table.
    return max(counts, key=lambda predicate: (counts[predicate], predicate))


def read_counts(folder: Path) -> CountTable:
    """Read a table from a model folder; raises ModelError."""
    return read_json(folder / COUNTS_FILE, _table)


def _table(content: Any) -> CountTable:
    check_names([f"{head} {said} {tail}" for head, tail, said in content["predicates"]], _TRIPLES)
    return CountTable(
        float(content["base"]),
        {
            ((EntityType(head), EntityType(tail)), tuple(context)): (count, related)
            for head, tail, context, count, related in content["counts"]
        },
        {
            (EntityType(head), EntityType(tail)): Predicate(predicate)
            for head, tail, predicate in content["predicates"]
        },
    )


def write_counts(table: CountTable, folder: Path) -> None:
    """Write a table, sorted, so that the same corpus makes the same file."""
    counts = sorted([*types, context, *pair] for (types, context), pair in table.seen.items())
    predicates = sorted([*types, predicate] for types, predicate in table.predicates.items())
    content = {"base": table.base, "counts": counts, "predicates": predicates}
    text = json.dumps(content, separators=(",", ":"))
    (folder / COUNTS_FILE).write_text(text + "\n", encoding="utf-8")
