import numpy as np
import pytest

from extract.linking.ngrams import buckets, index_names

NAMES = ["gut microbiota", "gut microbiome", "parkinson disease", "il 6"]


def test_the_nearest_names_come_best_first() -> None:
    found = index_names(NAMES).nearest("gut microbiotas", most=2, least=0.1)
    assert [number for number, _ in found] == [0, 1]
    assert found[0][1] > found[1][1] > 0.1


def test_a_name_is_nearest_to_itself() -> None:
    index = index_names(NAMES)
    for number, name in enumerate(NAMES):
        best, cosine = index.nearest(name, most=1, least=0.0)[0]
        assert best == number
        assert cosine == pytest.approx(1, abs=1e-5)


def test_what_is_less_alike_than_asked_is_left_out() -> None:
    index = index_names(NAMES)
    assert index.nearest("zzzz qqqq", most=4, least=0.3) == []
    assert len(index.nearest("gut", most=4, least=0.99)) == 0


def test_no_names_are_near_nothing() -> None:
    assert index_names([]).nearest("gut", most=3, least=0.0) == []
    assert index_names(NAMES).nearest("", most=3, least=0.1) == []


def test_ngrams_do_not_span_words() -> None:
    together, apart = set(buckets("ab cd").tolist()), set(buckets("ab").tolist())
    assert apart < together
    assert together == apart | set(buckets("cd").tolist())


def test_ngrams_that_nearly_all_names_share_are_not_looked_up() -> None:
    names = [f"disease {number}" for number in range(400)]
    assert index_names(names).nearest("disease", most=3, least=0.1) == []
    assert index_names(names).nearest("disease 399", most=1, least=0.1)[0][0] == 399


def test_vectors_have_the_length_of_their_weights() -> None:
    index = index_names(NAMES)
    expected = np.sqrt(index.weights[np.unique(buckets("il 6"))].sum())
    assert index.lengths[3] == pytest.approx(float(expected))
