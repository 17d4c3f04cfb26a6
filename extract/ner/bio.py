"""BIO labels of the 13 types, and the best legal label sequence."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ontology.schema import EntityType

TYPES = tuple(EntityType)
LABELS = ("O", *(f"{mark}-{entity_type}" for entity_type in TYPES for mark in "BI"))
"""``O``, then ``B-x``, ``I-x`` for each type: begin is odd, inside is the even after it."""

Span = tuple[int, int, EntityType]
Floats = NDArray[np.float32]


def encode_spans(spans: Sequence[Span], length: int) -> list[int]:
    """Write spans of words as labels; [length]."""
    labels = [0] * length
    for start, end, entity_type in spans:
        begin = 1 + 2 * TYPES.index(entity_type)
        labels[start:end] = [begin] + [begin + 1] * (end - start - 1)
    return labels


def decode_labels(labels: Sequence[int]) -> Iterator[Span]:
    """Read spans of words from legal labels.

    >>> list(decode_labels([0, 1, 2, 1]))
    [(1, 3, <EntityType.ANATOMICAL_LOCATION: 'anatomical location'>), \
(3, 4, <EntityType.ANATOMICAL_LOCATION: 'anatomical location'>)]
    """
    starts = [i for i, label in enumerate(labels) if label % 2 == 1]
    for start in starts:
        end = start + 1
        while end < len(labels) and labels[end] == labels[start] + 1:
            end += 1
        yield start, end, TYPES[labels[start] // 2]


def best_path(scores: Floats, learned: Floats | None = None) -> list[int]:
    """Find the best label sequence in which each I follows its own B or I (Viterbi).

    ``scores`` [words, labels] are log-probabilities; ``learned`` [from, to] are a CRF's scores of
    one label after another. The first word follows an O. Returns [words].
    """
    if not len(scores):
        return []
    moves = _TRANSITIONS if learned is None else _TRANSITIONS + learned
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


def _transitions() -> Floats:
    """Zero where a label may follow, minus infinity where not; [from, to]."""
    allowed = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
    for inside in range(2, len(LABELS), 2):
        allowed[:, inside] = -np.inf
        allowed[[inside - 1, inside], inside] = 0
    return allowed


_TRANSITIONS = _transitions()
