"""A sentence says which way two things go together, denies it, or leaves it open."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cues import CUES, labelled_pairs, tally, training_documents
from extract.scoring.scores import total
from kg.sentence.cue_words import Place
from kg.sentence.cues import Cues, Polarity, read_cues
from ontology.schema import EntityType as Type
from ontology.schema import Predicate
from tests.kg.sentence.marked import read

UP, DOWN, SAME = Polarity.INCREASE, Polarity.DECREASE, Polarity.NO_CHANGE
DATA = Path(os.environ.get("GUTBRAIN_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))
FLOORS = {
    "increase": 0.70, "decrease": 0.75, "no change": 0.78, "negated": 0.78, "speculative": 0.75,
}  # fmt: skip
"""Each 0.07 to 0.1 below the F1 that was measured on the held half."""


@pytest.mark.parametrize(
    "marked",
    [
        "[Blautia] did not affect [anxiety].",
        "No significant difference in [Blautia] was found between [PD] and controls.",
        "[Blautia] failed to reduce [anxiety].",
        "[Blautia] remained unchanged in [PD].",
        "[Blautia] had no effect on [anxiety].",
        "[Blautia] in [PD] did not differ from that in controls.",
        "[Blautia] helped sleep but did not reduce [anxiety].",
        "We did not find that [Blautia] is linked to [anxiety].",
    ],
)
def test_a_denied_tie_is_no_change(marked: str) -> None:
    assert read(marked) == Cues(SAME, is_negated=True)


@pytest.mark.parametrize(
    "marked",
    [
        "[Blautia] not only reduced [anxiety] but also pain.",
        "[Blautia] reduced [anxiety], but not pain.",
        "Dorea did not help; [Blautia] reduced [anxiety].",
        "[Blautia] reduced [anxiety] with no change in weight.",
        "[Blautia] reduced [anxiety] in patients with or without pain.",
    ],
)
def test_a_denial_of_something_else_is_none(marked: str) -> None:
    assert read(marked) == Cues(DOWN)


def test_what_is_said_to_be_absent_denies_without_a_direction() -> None:
    assert read("[Blautia] rose in the absence of [anxiety].") == Cues(is_negated=True)
    apart = "We saw [patients] with pain without [anxiety]."
    assert read(apart, "hd", Predicate.TARGET) == Cues(is_negated=True)
    compared = "We saw [patients] with pain, sleep and mood disorders, and some without [anxiety]."
    assert read(compared, "hd", Predicate.TARGET) == Cues()
    assert read("[Blautia] helped pain, but not [anxiety], in mice.") == Cues(is_negated=True)


@pytest.mark.parametrize(
    ("marked", "polarity"),
    [
        ("[Blautia] may reduce [anxiety].", DOWN),
        ("These results suggest that [Blautia] reduces [anxiety].", DOWN),
        ("[Blautia] is thought to cause [anxiety].", UP),
        ("We asked whether [Blautia] affects [anxiety].", None),
        ("The role of [Blautia] in [anxiety] remains unclear.", None),
        ("The link of [Blautia] to [anxiety] has not been studied.", None),
        ("We investigated the effect of [Blautia] on [anxiety].", None),
    ],
)
def test_what_is_supposed_or_asked_is_speculative(marked: str, polarity: Polarity | None) -> None:
    assert read(marked) == Cues(polarity, is_speculative=True)


def test_a_question_that_is_answered_is_none() -> None:
    assert read("We examined mice and found that [Blautia] reduced [anxiety].") == Cues(DOWN)


def test_a_place_or_a_kind_has_no_direction_and_aims_leave_it_standing() -> None:
    said = "We investigated [pain] in [patients] with less sleep that may last."
    assert read(said, "dh", Predicate.TARGET) == Cues()
    absent = "[Blautia] was not detected in [patients]."
    assert read(absent, "bh", Predicate.LOCATED_IN) == Cues(is_negated=True)


def test_words_inside_a_mention_are_no_cues() -> None:
    assert read("[Reduced Blautia] and [no anxiety] were seen together.") == Cues()


@settings(deadline=None)
@given(st.text(alphabet="no may less in,;. but", max_size=60), st.integers(0, 20))
def test_any_text_can_be_read(text: str, at: int) -> None:
    first = Place(min(at, len(text)), min(at + 2, len(text)), Type.BACTERIA)
    second = Place(len(text), len(text), Type.DDF)
    assert read_cues(text, first, Predicate.INFLUENCE, second) == read_cues(
        text, second, Predicate.INFLUENCE, first
    )


@pytest.mark.corpus
def test_the_held_half_is_read_as_well_as_measured() -> None:
    corpus = DATA / "gutbrainie"
    if not corpus.is_dir():
        pytest.skip(f"no GutBrainIE files at {corpus}")
    pairs = [pair for pair in labelled_pairs(training_documents(corpus)) if pair.half == "held"]
    assert len(pairs) >= 150
    scores = {name: total(tally(pairs, name)).f1 for name in CUES}
    assert {name: f1 for name, f1 in scores.items() if f1 < FLOORS[name]} == {}
