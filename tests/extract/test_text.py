import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.text import fold, plain, sentences

PIECES = (
    "<i>",
    "</i>",
    "<sub>",
    "</SUP>",
    "<math display='block'>",
    "<",
    ">",
    " < 0.05, ",
    "\u2009",
)
MARKED_UP = st.lists(st.sampled_from(PIECES) | st.text(max_size=8)).map("".join)
RUNNING = st.lists(
    st.sampled_from(
        (". ", "! ", "? ", ".) ", " ", "E.", "vs.", "A", "b", "1", "(", "\u00a0", "</i>")
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<i>E. coli</i> and CO<sub>2</sub>", "E. coli and CO2"),
        ("a<SUP>+</SUP>", "a+"),
        ('<math xmlns="http://x/y"><mrow><mo>+</mo></mrow></math>', "+"),
        ("<msubsup><mn>3</mn></msubsup>", "3"),
        ("<mo/>x", "x"),
    ],
)
def test_known_tags_are_taken_out(text: str, expected: str) -> None:
    assert plain(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "rose (p < 0.001), fell (r > 0.3)",
        "(score < 14) and >= 3",
        "if a<b, then c>d",
        "x <i and y> 3",
        "<section>text</section>",
        "x<0.05>y",
    ],
)
def test_signs_of_comparison_and_unknown_tags_stay(text: str) -> None:
    assert plain(text).text == text


def test_every_white_space_becomes_one_blank() -> None:
    assert plain("a\u00a0b\u2009c\nd\te").text == "a b c d e"


@settings(deadline=None)
@given(MARKED_UP)
def test_origin_strictly_increases_and_leads_back_to_the_same_characters(text: str) -> None:
    bare = plain(text)
    assert len(bare.origin) == len(bare.text)
    assert list(bare.origin) == sorted(set(bare.origin))
    for character, index in zip(bare.text, bare.origin, strict=True):
        assert character == text[index] or (character == " " and text[index].isspace())


@settings(deadline=None)
@given(MARKED_UP, st.data())
def test_a_span_of_the_plain_text_reads_the_same_in_the_original(
    text: str, data: st.DataObject
) -> None:
    bare = plain(text)
    if not bare.text:
        return
    start = data.draw(st.integers(0, len(bare.text) - 1))
    end = data.draw(st.integers(start + 1, len(bare.text)))
    first, last = bare.span_in_original(start, end)
    assert 0 <= first < last <= len(text)
    inside = [index for index in bare.origin if first <= index < last]
    assert inside == list(bare.origin[start:end])


def test_markup_inside_a_span_is_spanned_and_at_its_edges_left_out() -> None:
    text = "the <i>IL-1<sub>β</sub></i> rose"
    bare = plain(text)
    start = bare.text.index("IL-1β")
    first, last = bare.span_in_original(start, start + 5)
    assert text[first:last] == "IL-1<sub>β"


@settings(deadline=None)
@given(st.text())
def test_folding_keeps_the_length_of_any_text(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_folding_keeps_the_length_of_every_character() -> None:
    assert [c for c in map(chr, range(0x110000)) if len(fold(c)) != 1] == []


def test_folding_makes_case_quotes_and_dashes_one() -> None:
    assert fold("PARKINSON\u2019S gut\u2013brain \u2212") == "parkinson's gut-brain -"


@settings(deadline=None)
@given(RUNNING | st.text())
def test_sentences_cover_all_but_blanks_in_order_without_overlap(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize("text", ["", "   ", "\u00a0\n"])
def test_a_blank_text_has_no_sentences(text: str) -> None:
    assert sentences(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "We grew E. coli K-12.",
        "We grew <i>E. coli</i> K-12.",
        "Lactobacillus spp. A and B rose.",
        "Bacteroides sp. NEW was found.",
        "PD vs. HC was compared.",
        "The axis, i.e. IBS alone.",
        "Drugs, e.g. SSRIs, help.",
        "As in Smith et al. 2020 it fell.",
        "See Fig. 3 there.",
        "It rose by 0.5 points.",
    ],
)
def test_an_abbreviation_does_not_cut(text: str) -> None:
    assert sentences(text) == ((0, len(text)),)


def test_sentences_end_where_they_end() -> None:
    text = 'It rose. "It fell." (Both did?) 3 mice died! Then IBS came.'
    assert [text[start:end] for start, end in sentences(text)] == [
        "It rose.",
        '"It fell."',
        "(Both did?)",
        "3 mice died!",
        "Then IBS came.",
    ]
