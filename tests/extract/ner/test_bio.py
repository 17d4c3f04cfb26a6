"""Labels and spans, and the best legal path."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extract.ner.bio import LABELS, best_path, decode_labels, encode_spans, labels_of, types_of
from ontology.schema import EntityType

SPANS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.sampled_from(EntityType)), max_size=5
)


@given(SPANS)
def test_spans_survive_the_way_through_labels(parts: list[tuple[int, int, EntityType]]) -> None:
    spans: list[tuple[int, int, EntityType]] = []
    at = 0
    for length, gap, entity_type in parts:
        spans.append((at + gap, at + gap + length, entity_type))
        at += gap + length
    labels = encode_spans(spans, at + 1)
    assert list(decode_labels(labels)) == spans
    certain = np.full((at + 1, len(LABELS)), -9, dtype=np.float32)
    certain[range(at + 1), labels] = 0
    assert best_path(certain) == labels


def test_the_best_path_is_the_best_legal_one() -> None:
    scores = np.log(np.full((2, len(LABELS)), 0.01, dtype=np.float32))
    inside = LABELS.index("I-drug")
    begin = LABELS.index("B-drug")
    scores[0, inside], scores[0, begin], scores[0, 0] = np.log([0.5, 0.2, 0.3])
    scores[1, inside], scores[1, 0] = np.log([0.7, 0.3])
    # "I-drug I-drug" scores best but is illegal; then 0.2 * 0.7 beats 0.3 * 0.3.
    assert best_path(scores) == [begin, inside]


def test_learned_transitions_decide_where_scores_are_equal() -> None:
    scores = np.zeros((2, len(LABELS)), dtype=np.float32)
    learned = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
    learned[0, 3] = learned[3, 4] = 1
    assert best_path(scores, learned) == [3, 4]
    learned[0, 4] = 9  # inside after outside: illegal, whatever was learned
    assert best_path(scores, learned) == [3, 4]


def test_labels_and_types_say_the_same() -> None:
    some = (EntityType.DRUG, EntityType.DDF)
    assert labels_of(some) == ("O", "B-drug", "I-drug", "B-DDF", "I-DDF")
    assert types_of(labels_of(some)) == some
    assert list(decode_labels([3, 4, 1], some)) == [(0, 2, EntityType.DDF), (2, 3, EntityType.DRUG)]
