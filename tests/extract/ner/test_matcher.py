import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.ner.matcher import NameMatch, NameMatcher, is_whole

WORDS = (
    "gut",
    "brain",
    "gut-brain",
    "axis",
    "brain axis",
    "gut brain axis",
    "ax",
    "IL-6",
    "IL",
    "6",
)


def found(names: list[str], text: str) -> list[str]:
    return [text[match.start : match.end] for match in NameMatcher(names).find(text)]


def naive(names: list[str], text: str) -> list[tuple[int, int]]:
    """Leftmost-longest by trying all names at all places, with word edges by the guideline."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        ends = [
            at + len(name)
            for name in names
            if text[at:].lower().startswith(name.lower())
            and not re.search(r"\w[-/]?$", text[:at])
            and not re.match(r"[-/]?\w", text[at + len(name) :])
        ]
        ends = [end for end in ends if end > at]
        spans += [(at, max(ends))] if ends else []
        at = max(ends, default=at + 1)
    return spans


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from((*WORDS, " ", " ", ", ", "x")), max_size=12).map("".join),
)
def test_matches_are_those_of_a_naive_search(names: list[str], text: str) -> None:
    spans = [(match.start, match.end) for match in NameMatcher(names).find(text)]
    assert spans == naive(names, text)


def test_a_longer_name_that_cuts_a_word_does_not_hide_a_shorter_one() -> None:
    assert found(["gut", "gut bra"], "the gut brain") == ["gut"]


def test_a_name_inside_a_cut_longer_one_is_found_too() -> None:
    assert found(["a gut b", "gut"], "a gut bx") == ["gut"]


def test_the_leftmost_wins_and_then_the_longest() -> None:
    assert found(["gut", "gut brain", "brain axis"], "gut brain axis") == ["gut brain"]


@pytest.mark.parametrize(
    "text", ["gut-brain axis", "brain-gut", "gut/brain", "guts", "regut", "gut2", "gut_x", "2gut"]
)
def test_a_part_of_a_word_is_no_match(text: str) -> None:
    assert found(["gut"], text) == []


@pytest.mark.parametrize("text", ["gut", "(gut)", "gut,", "gut- and", "the /gut", "'gut'", "gut.x"])
def test_punctuation_parts_words(text: str) -> None:
    assert found(["gut"], text) == ["gut"]


def test_case_quotes_and_dashes_do_not_matter() -> None:
    assert found(["Parkinson's disease"], "PARKINSON\u2019S Disease") == [
        "PARKINSON\u2019S Disease"
    ]
    assert found(["gut\u2013brain axis"], "Gut-Brain Axis") == ["Gut-Brain Axis"]
    assert found(["gut"], "gut\u2013brain") == []


def test_a_match_names_the_name_as_it_was_given() -> None:
    assert NameMatcher(["IBS"]).find("an ibs") == (NameMatch(3, 6, "IBS"),)


def test_a_letter_that_grows_in_lower_case_shifts_no_offset() -> None:
    assert NameMatcher(["IL-6"]).find("\u0130 IL-6") == (NameMatch(2, 6, "IL-6"),)


def test_without_names_nothing_is_found() -> None:
    assert NameMatcher([]).find("gut") == ()


def test_the_edges_of_the_text_cut_no_word() -> None:
    assert is_whole("gut", 0, 3)
    assert not is_whole("gut", 0, 2)
