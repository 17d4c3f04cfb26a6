import pytest

from extract.ner.abbreviations import find_definitions


def definitions(text: str) -> list[tuple[str, str]]:
    return [(d.short, text[d.long_start : d.long_end]) for d in find_definitions(text)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Patients with irritable bowel syndrome (IBS) came", "IBS", "irritable bowel syndrome"),
        ("of gamma-aminobutyric acid (GABA)", "GABA", "gamma-aminobutyric acid"),
        ("the 5-hydroxytryptamine (5-HT) level", "5-HT", "5-hydroxytryptamine"),
        ("interleukin 6 (IL-6) rose", "IL-6", "interleukin 6"),
        ("short-chain fatty acids (SCFAs)", "SCFAs", "short-chain fatty acids"),
        ("Parkinson's disease (PD; n = 12)", "PD", "Parkinson's disease"),
        ("Parkinson's disease (PD, 12 patients)", "PD", "Parkinson's disease"),
        ("bacterial α-synuclein (α-syn)", "α-syn", "α-synuclein"),
    ],
)
def test_a_definition_is_found_with_its_long_form(text: str, short: str, long: str) -> None:
    assert definitions(text) == [(short, long)]


def test_the_first_letter_must_begin_a_word() -> None:
    assert definitions("the sibling bowel syndrome (IBS)") == []


def test_the_long_form_is_the_shortest_that_fits() -> None:
    assert definitions("mild disorders in autism spectrum disorder (ASD)") == [
        ("ASD", "autism spectrum disorder")
    ]


def test_a_definition_within_brackets_begins_after_the_bracket() -> None:
    assert definitions("dysbiosis (small bowel overgrowth (SBO)) rose") == [
        ("SBO", "small bowel overgrowth")
    ]


def test_definitions_come_in_order_with_their_place() -> None:
    text = "Parkinson's disease (PD) and major depressive disorder (MDD)"
    found = list(find_definitions(text))
    assert [d.short for d in found] == ["PD", "MDD"]
    assert [text[d.short_start :][: len(d.short)] for d in found] == ["PD", "MDD"]


def test_words_too_far_before_the_bracket_are_not_looked_at() -> None:
    assert definitions("irritable bowel a b c d e f g (IB)") == []


@pytest.mark.parametrize(
    "text",
    [
        "patients (n = 12) and",
        "controls (n=15) and patients (n=15)",
        "in mice (p=0.001) and other populations (p<0.001)",
        "in the elderly gut (e.g., exercise)",
        "in the end (i.e., late)",
        "two groups (12) of",
        "irritable bowel syndrome (see below)",
        "irritable bowel syndrome [IBS]",
        "(IBS) irritable bowel syndrome",
        "gut (IBS)",
        "IBS (IBS)",
        "nothing in brackets",
        "",
    ],
)
def test_what_defines_nothing_gives_nothing(text: str) -> None:
    assert definitions(text) == []
