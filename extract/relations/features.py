"""What a pair of mentions looks like, in numbers.

Where the two are, what competes with them, how often their names meet in the document, and which
words are between. Types and predicate come as indicator columns, so that one model serves all 59
legal triples and rare ones borrow from common ones.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extract.annotation import AnnotatedDocument, Mention
from extract.relations.counts import Placed, TypePair, place
from extract.relations.phrases import describe_phrases, phrase_columns
from extract.text import fold
from ingest.document import Document
from ontology.schema import LEGAL_TRIPLES, EntityType, LegalTriple, Predicate

NUMBERS = (
    "sentences apart", "subject first", "characters between", "nearer objects", "nearer subjects",
    "nearest of both", "mentions between", "subjects between", "objects between",
    "subject in title", "object in title", "subject named in title", "object named in title",
    "subject's mentions", "object's mentions", "shared sentences", "closest sentences apart",
    "mentions of subject type", "mentions of object type", "names of subject type",
    "names of object type", "mentions", "sentences", "subject's place", "object's place",
    "sentences after", "mentions in subject's sentence", "mentions in object's sentence",
    "subject's length", "object's length", "same name",
)  # fmt: skip
TYPES, PREDICATES = tuple(EntityType), tuple(Predicate)
FAR_SENTENCES, FAR_CHARACTERS = 6, 600
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Triple = tuple[EntityType, Predicate, EntityType]
LegalPredicates = Mapping[TypePair, tuple[Predicate, ...]]


@dataclass(frozen=True, slots=True)
class WordColumns:
    """The words that have columns: those between two mentions, and those inside one."""

    between: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be related: row ``i`` says ``mentions[subjects[i]] predicates[i] objects[i]``.

    ``matrix`` [rows, columns] describes them; its columns are those of ``columns(words)``.
    """

    mentions: tuple[Mention, ...]
    subjects: Integers
    predicates: tuple[Predicate, ...]
    objects: Integers
    matrix: Floats

    def named(self) -> tuple[tuple[Mention, ...], list[tuple[int, Predicate, int]]]:
        """Give the mentions, and the rows by their numbers."""
        rows = zip(self.subjects.tolist(), self.predicates, self.objects.tolist(), strict=True)
        return self.mentions, list(rows)

    def triples(self) -> Iterator[Triple]:
        """Yield what each row says of types."""
        kinds = [mention.type for mention in self.mentions]
        rows = zip(self.subjects.tolist(), self.predicates, self.objects.tolist(), strict=True)
        return ((kinds[s], predicate, kinds[o]) for s, predicate, o in rows)


def columns(words: WordColumns) -> tuple[str, ...]:
    """Name the columns of a matrix."""
    return (
        *NUMBERS,
        *phrase_columns(),
        *(f"between: {word}" for word in words.between),
        *(f"in subject: {word}" for word in words.inside),
        *(f"in object: {word}" for word in words.inside),
        *(f"subject: {entity_type}" for entity_type in TYPES),
        *(f"object: {entity_type}" for entity_type in TYPES),
        *(f"predicate: {predicate}" for predicate in PREDICATES),
    )


def legal_predicates(triples: Iterable[LegalTriple] = LEGAL_TRIPLES) -> LegalPredicates:
    """Give the predicates of each pair of types, in alphabetical order."""
    predicates: defaultdict[TypePair, list[Predicate]] = defaultdict(list)
    for triple in triples:
        predicates[triple.head, triple.tail].append(triple.predicate)
    return {pair: tuple(sorted(found)) for pair, found in predicates.items()}


_LEGAL = legal_predicates()


def describe(
    document: Document,
    mentions: tuple[Mention, ...],
    words: WordColumns,
    legal: LegalPredicates = _LEGAL,
) -> Candidates:
    """Describe every triple that is allowed between the mentions of a document."""
    scene = _Scene.of(document, mentions)
    rows = list(_allowed(mentions, legal))
    subjects = np.array([row[0] for row in rows], dtype=np.int64)
    objects = np.array([row[1] for row in rows], dtype=np.int64)
    predicates = tuple(row[2] for row in rows)
    held = _words_inside(mentions, words.inside)
    parts = (
        scene.numbers(subjects, objects),
        *_said(document, scene, subjects, objects, words.between),
        held[subjects],
        held[objects],
        np.eye(len(TYPES), dtype=np.float32)[scene.types[subjects]],
        np.eye(len(TYPES), dtype=np.float32)[scene.types[objects]],
        np.eye(len(PREDICATES), dtype=np.float32)[[PREDICATES.index(p) for p in predicates]],
    )
    return Candidates(mentions, subjects, predicates, objects, np.hstack(parts))


def _allowed(
    mentions: Sequence[Mention], legal: LegalPredicates
) -> Iterator[tuple[int, int, Predicate]]:
    for subject, head in enumerate(mentions):
        for target, tail in enumerate(mentions):
            if subject != target:
                for predicate in legal.get((head.type, tail.type), ()):
                    yield subject, target, predicate


@dataclass(frozen=True, slots=True)
class _Scene:
    """The mentions of a document as arrays, [mentions] each.

    ``names`` numbers the distinct (folded text, type); ``ranks`` is the order in the text.
    """

    starts: Integers
    ends: Integers
    sentences: Integers
    types: Integers
    names: Integers
    ranks: Integers
    in_title: NDArray[np.bool_]

    @classmethod
    def of(cls, document: Document, mentions: tuple[Mention, ...]) -> "_Scene":
        placed = place(document, mentions)
        starts = _integers(p.start for p in placed)
        return cls(
            starts,
            _integers(p.end for p in placed),
            _integers(p.sentence for p in placed),
            _integers(TYPES.index(p.mention.type) for p in placed),
            _integers(_name_numbers(placed)),
            np.argsort(np.argsort(starts, kind="stable")),
            np.array([p.mention.passage == "title" for p in placed], dtype=np.bool_),
        )

    def numbers(self, subjects: Integers, objects: Integers) -> Floats:
        """Describe pairs in the columns NUMBERS; [pairs, numbers]."""
        if not len(subjects):
            return np.zeros((0, len(NUMBERS)), dtype=np.float32)
        pairs = (
            *self._distances(subjects, objects),
            *self._between(subjects, objects),
            *self._repeats(subjects, objects),
            *self._crowd(subjects, objects),
            *self._places(subjects, objects),
        )
        return np.stack([np.asarray(pair, dtype=np.float32) for pair in pairs], axis=1)

    def _distances(self, s: Integers, o: Integers) -> Iterator[NDArray[np.generic]]:
        gaps = np.maximum.outer(self.starts, self.starts) - np.minimum.outer(self.ends, self.ends)
        nearer = _nearer(gaps, self.types)
        yield np.minimum(abs(self.sentences[s] - self.sentences[o]), FAR_SENTENCES)
        yield self.starts[s] < self.starts[o]
        yield np.minimum(gaps[s, o], FAR_CHARACTERS)
        yield nearer[s, o]
        yield nearer[o, s]
        yield np.minimum(nearer[s, o], nearer[o, s])

    def _between(self, s: Integers, o: Integers) -> Iterator[NDArray[np.generic]]:
        low, high = (
            np.minimum(self.ranks[s], self.ranks[o]),
            np.maximum(self.ranks[s], self.ranks[o]),
        )
        seen = np.zeros((len(self.types) + 1, len(TYPES)), dtype=np.int64)
        seen[1:][self.ranks, self.types] = 1
        seen = seen.cumsum(axis=0)
        yield high - low - 1
        yield seen[high, self.types[s]] - seen[low + 1, self.types[s]]
        yield seen[high, self.types[o]] - seen[low + 1, self.types[o]]

    def _repeats(self, s: Integers, o: Integers) -> Iterator[NDArray[np.generic]]:
        count = int(self.names.max()) + 1
        named = np.zeros((count, int(self.sentences.max()) + 1), dtype=np.int64)
        named[self.names, self.sentences] = 1
        titled = np.zeros(count, dtype=np.bool_)
        titled[self.names[self.in_title]] = True
        apart = abs(np.subtract.outer(self.sentences, self.sentences))
        closest = np.full((count, count), FAR_SENTENCES)
        np.minimum.at(closest, (self.names[:, None], self.names[None, :]), apart)
        mentions = np.bincount(self.names)
        one, other = self.names[s], self.names[o]
        yield from (self.in_title[s], self.in_title[o], titled[one], titled[other])
        yield from (mentions[one], mentions[other])
        yield (named @ named.T)[one, other]
        yield closest[one, other]

    def _crowd(self, s: Integers, o: Integers) -> Iterator[NDArray[np.generic]]:
        mentions = np.bincount(self.types, minlength=len(TYPES))
        _, first = np.unique(self.names, return_index=True)
        names = np.bincount(self.types[first], minlength=len(TYPES))
        yield from (mentions[self.types[s]], mentions[self.types[o]])
        yield from (names[self.types[s]], names[self.types[o]])
        yield np.full(len(s), len(self.types))

    def _places(self, s: Integers, o: Integers) -> Iterator[NDArray[np.generic]]:
        sentences = int(self.sentences.max()) + 1
        crowd = np.bincount(self.sentences)
        yield np.full(len(s), sentences)
        yield from (self.sentences[s] / sentences, self.sentences[o] / sentences)
        yield sentences - 1 - np.maximum(self.sentences[s], self.sentences[o])
        yield from (crowd[self.sentences[s]], crowd[self.sentences[o]])
        yield from ((self.ends - self.starts)[s], (self.ends - self.starts)[o])
        yield self.names[s] == self.names[o]


def _integers(values: Iterator[int]) -> Integers:
    return np.fromiter(values, dtype=np.int64)


def _name_numbers(placed: Sequence[Placed]) -> Iterator[int]:
    numbers: dict[tuple[str, EntityType], int] = {}
    for mention in (p.mention for p in placed):
        yield numbers.setdefault((fold(mention.text), mention.type), len(numbers))


def _nearer(gaps: Integers, types: Integers) -> Integers:
    """Count the mentions of the other's type that are nearer; [from, to]."""
    nearer = np.zeros_like(gaps)
    own = gaps.copy()
    np.fill_diagonal(own, np.iinfo(np.int64).max)
    for entity_type in np.unique(types):
        column = np.flatnonzero(types == entity_type)
        block = own[:, column]
        nearer[:, column] = (block[:, None, :] < block[:, :, None]).sum(axis=2)
    return nearer


def _said(
    document: Document, scene: _Scene, subjects: Integers, objects: Integers, words: Sequence[str]
) -> tuple[Floats, Floats]:
    """Say which groups of words, and which words, are where a sentence holds both mentions."""
    tokens = list(_WORD.finditer(fold(" ".join(p.text for p in document.passages))))
    starts = _integers(token.start() for token in tokens)
    said = [token.group() for token in tokens]
    one, other = np.minimum, np.maximum
    pairs = tuple(
        np.searchsorted(starts, which(edge[subjects], edge[objects]))
        for which in (one, other)
        for edge in (scene.starts, scene.ends)
    )
    joined = scene.sentences[subjects] == scene.sentences[objects]
    between = _words_between(said, (pairs[1], pairs[2]), joined, words)
    return describe_phrases(said, pairs, joined), between


def _words_between(
    said: Sequence[str],
    ends: tuple[Integers, Integers],
    joined: NDArray[np.bool_],
    words: Sequence[str],
) -> Floats:
    """Say which words are between the two; [pairs, words]."""
    numbers = {word: number for number, word in enumerate(words)}
    seen = np.zeros((len(said) + 1, len(words)), dtype=np.int32)
    for row, word in enumerate(said, start=1):
        if word in numbers:
            seen[row, numbers[word]] = 1
    seen = seen.cumsum(axis=0)
    start, end = ends
    return ((seen[end] > seen[start]) & joined[:, None]).astype(np.float32)


def _words_inside(mentions: tuple[Mention, ...], words: Sequence[str]) -> Floats:
    """Say which words each mention holds; [mentions, words]."""
    held = [set(_WORD.findall(fold(mention.text))) for mention in mentions]
    rows = [[word in found for word in words] for found in held]
    return np.array(rows, dtype=np.float32).reshape(len(mentions), len(words))


def choose_words(annotated: Iterable[AnnotatedDocument], size: int) -> WordColumns:
    """Take the words that are between neighbours, and in mentions, of most documents."""
    between: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for document in annotated:
        between.update(set(_between_neighbours(document.document, document.mentions)))
        inside.update({w for m in document.mentions for w in _WORD.findall(fold(m.text))})
    return WordColumns(_commonest(between, size), _commonest(inside, size))


def _between_neighbours(document: Document, mentions: tuple[Mention, ...]) -> Iterator[str]:
    text = fold(" ".join(p.text for p in document.passages))
    placed = sorted(place(document, mentions), key=lambda p: p.start)
    for one, other in pairwise(placed):
        if one.sentence == other.sentence:
            yield from _WORD.findall(text[one.end : other.start])


def _commonest(counts: Counter[str], size: int) -> tuple[str, ...]:
    return tuple(sorted(sorted(counts), key=lambda word: -counts[word])[:size])
