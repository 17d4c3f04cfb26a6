import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.ner.matcher import NameMatch, NameMatcher
from extract.ner.trie_matcher import TrieMatcher

WORDS = ("gut", "brain", "gut-brain", "axis", "brain axis", "gut brain axis", "IL-6", "IL", "6")
PIECES = st.sampled_from((*WORDS, " ", " ", ", ", "x", "-", "(", "\u0130"))


def spans(matcher: NameMatcher | TrieMatcher, text: str) -> list[tuple[int, int]]:
    return [(match.start, match.end) for match in matcher.find(text)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True),
    st.lists(PIECES, max_size=12).map("".join),
)
def test_both_matchers_find_the_same(names: list[str], text: str) -> None:
    assert spans(TrieMatcher.of_names(names), text) == spans(NameMatcher(names), text)


@pytest.mark.parametrize(("text", "count"), [("gut-brain", 0), ("(gut)", 1), ("guts", 0)])
def test_a_part_of_a_word_is_no_match(text: str, count: int) -> None:
    assert len(TrieMatcher.of_names(["gut"]).find(text)) == count


def test_a_letter_that_grows_in_lower_case_shifts_no_offset() -> None:
    assert TrieMatcher.of_names(["IL-6"]).find("\u0130 IL-6") == (NameMatch(2, 6, "il-6"),)


def test_a_longer_name_that_cuts_a_word_does_not_hide_a_shorter_one() -> None:
    assert spans(TrieMatcher.of_names(["gut", "gut bra"]), "the gut brain") == [(4, 7)]
