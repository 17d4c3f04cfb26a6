"""BIO labels of entity types, and the best legal label sequence.

``O``, then ``B-x``, ``I-x`` for each type: begin is odd, inside is the even after it. A model's
types come in the order it was trained with.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ontology.schema import EntityType

TYPES = tuple(EntityType)
WordSpan = tuple[int, int, EntityType]
Floats = NDArray[np.float32]


def labels_of(types: Sequence[EntityType]) -> tuple[str, ...]:
    """Name the labels of types, in order."""
    return ("O", *(f"{mark}-{entity_type}" for entity_type in types for mark in "BI"))


LABELS = labels_of(TYPES)


def types_of(labels: Sequence[str]) -> tuple[EntityType, ...]:
    """Give the types of labels; raises ValueError where these are not ``labels_of`` any."""
    types = tuple(EntityType(label.removeprefix("B-")) for label in labels[1::2])
    if tuple(labels) != labels_of(types):
        raise ValueError("labels are not O, then B and I of each type")
    return types


def encode_spans(spans: Sequence[WordSpan], length: int) -> list[int]:
    """Write spans of words as labels; [length]."""
    labels = [0] * length
    for start, end, entity_type in spans:
        begin = 1 + 2 * TYPES.index(entity_type)
        labels[start:end] = [begin] + [begin + 1] * (end - start - 1)
    return labels


def decode_labels(labels: Sequence[int], types: Sequence[EntityType] = TYPES) -> Iterator[WordSpan]:
    """Read spans of words from legal labels of types.

    >>> list(decode_labels([0, 1, 2, 1]))
    [(1, 3, <EntityType.ANATOMICAL_LOCATION: 'anatomical location'>), \
(3, 4, <EntityType.ANATOMICAL_LOCATION: 'anatomical location'>)]
    """
    starts = [i for i, label in enumerate(labels) if label % 2 == 1]
    for start in starts:
        end = start + 1
        while end < len(labels) and labels[end] == labels[start] + 1:
            end += 1
        yield start, end, types[labels[start] // 2]


def best_path(scores: Floats, learned: Floats | None = None) -> list[int]:
    """Find the best label sequence in which each I follows its own B or I (Viterbi).

    ``scores`` [words, labels] are log-probabilities; ``learned`` [from, to] are a CRF's scores of
    one label after another. The first word follows an O. Returns [words].
    """
    if not len(scores):
        return []
    legal = _transitions(scores.shape[1])
    moves = legal if learned is None else legal + learned
    best = scores[0] + moves[0]
    back = np.zeros(scores.shape, dtype=np.int64)
    for step in range(1, len(scores)):
        paths = best[:, None] + moves
        back[step] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[step]
    path = [int(best.argmax())]
    for step in range(len(scores) - 1, 0, -1):
        path.append(int(back[step, path[-1]]))
    return path[::-1]


@cache
def _transitions(labels: int) -> Floats:
    """Zero where a label may follow, minus infinity where not; [from, to]."""
    allowed = np.zeros((labels, labels), dtype=np.float32)
    for inside in range(2, labels, 2):
        allowed[:, inside] = -np.inf
        allowed[[inside - 1, inside], inside] = 0
    return allowed
