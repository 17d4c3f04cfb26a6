"""The direction that a sentence gives to a tie."""

import pytest

from kg.sentence.cues import Cues, Polarity
from ontology.schema import Predicate
from tests.kg.sentence.marked import read

UP, DOWN, SAME = Polarity.INCREASE, Polarity.DECREASE, Polarity.NO_CHANGE


@pytest.mark.parametrize(
    ("marked", "polarity"),
    [
        ("[Blautia] was decreased in [PD] patients.", DOWN),
        ("The abundance of [Blautia] in [PD] was lower than in controls.", DOWN),
        ("In [PD], we saw a lower abundance of [Blautia].", DOWN),
        ("Lower [Blautia], Dorea and Roseburia were found in [PD].", DOWN),
        ("[Blautia] and Dorea were enriched in [PD].", UP),
        ("[Blautia] reduced [anxiety].", DOWN),
        ("[Blautia] attenuated the reduction in [weight loss].", UP),
        ("[Blautia] improved [anxiety].", DOWN),
        ("[Blautia] was positively associated with [anxiety].", UP),
        ("A negative correlation between [Blautia] and [anxiety] was seen.", DOWN),
        ("Lower [Blautia] was associated with worse and higher [anxiety].", DOWN),
        ("[Blautia] increased the risk of [PD].", UP),
        ("[Blautia] increased weight but reduced [anxiety].", DOWN),
        ("[Blautia] was associated with [anxiety].", None),
        ("[Blautia] and [anxiety] were studied in mice with less sleep.", None),
        ("[Blautia] altered [anxiety].", None),
    ],
)
def test_the_direction_is_that_of_the_tie(marked: str, polarity: Polarity | None) -> None:
    assert read(marked).polarity is polarity


def test_a_community_as_a_whole_is_neither_more_nor_less() -> None:
    said = "[Gut microbiota] reduced [anxiety]."
    assert read(said, "md", Predicate.IS_LINKED_TO).polarity is None


def test_two_of_a_list_are_not_tied_by_its_change() -> None:
    said = "Less [Blautia] and [Dorea] were found in mice."
    assert read(said, "bb", Predicate.INTERACT) == Cues()
