"""Groups of words between, before and after two mentions."""

import numpy as np
import pytest

from extract.relations.phrases import (
    FAR,
    GROUPS,
    NEAR,
    describe_phrases,
    groups_of,
    phrase_columns,
)

TEXT = ["the", "elevated", "x", "is", "produced", "by", "y", "in", "treated", "mice"]
X, Y = TEXT.index("x"), TEXT.index("y")


def said(words: list[str], first: int, second: int, *, joined: bool = True) -> set[str]:
    """Name what is said of the pair of the words ``first`` and ``second``."""
    pairs = tuple(np.array([number]) for number in (first, first + 1, second, second + 1))
    (row,) = describe_phrases(words, pairs, np.array([joined]))
    return {name for name, value in zip(phrase_columns(), row, strict=True) if value}


def test_groups_are_said_where_they_are() -> None:
    assert said(TEXT, X, Y) == {
        "between says: is", "between says: made by", "between says: by",
        "before says: more", "after says: in", "after says: given", "after says: who",
    }  # fmt: skip


def test_nothing_is_said_of_two_sentences() -> None:
    assert said(TEXT, X, Y, joined=False) == set()


def test_few_words_around_are_read() -> None:
    words = ["increased", *["w"] * NEAR, "x", "y", *["w"] * NEAR, "mice"]
    assert said(words, NEAR + 1, NEAR + 2) == set()
    assert said(words[1:], NEAR, NEAR + 1) == set()
    assert said(["increased", *words[2:]], NEAR, NEAR + 1) == {"before says: more"}
    assert said([*words[:-2], "mice"], NEAR + 1, NEAR + 2) == {"after says: who"}


@pytest.mark.parametrize(("apart", "is_said"), [(FAR, True), (FAR + 1, False)])
def test_what_is_far_apart_is_not_joined(apart: int, *, is_said: bool) -> None:
    words = ["x", *["of"] * apart, "y"]
    assert bool(said(words, 0, apart + 1)) is is_said


def test_mentions_that_overlap_have_nothing_between() -> None:
    pairs = tuple(np.array([number]) for number in (0, 3, 1, 3))
    (row,) = describe_phrases(["of", "in", "by"], pairs, np.array([True]))
    assert not row[: len(GROUPS)].any()


@pytest.mark.parametrize(
    ("word", "group"),
    [("reduces", "less"), ("an", "a"), ("versus", "compared"), ("mice", "who"), ("lacking", "not")],
)
def test_words_belong_to_groups(word: str, group: str) -> None:
    assert group in [list(GROUPS)[number] for number in groups_of(word)]


def test_no_word_belongs_to_a_group_by_a_part() -> None:
    assert groups_of("offal") == groups_of("island") == ()
