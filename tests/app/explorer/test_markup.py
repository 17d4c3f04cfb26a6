"""No text of a paper becomes markup, and no address anything but a page."""

import re

import pytest

from app.explorer.markup import Html, address, cue_badges, link, marked_sentence, meter
from kg.assertion import Assertion, Claim, Edge
from kg.sentence.cues import Cues, Polarity
from kg.sentence.quotation import Quotation, Span
from kg.sentence.study import StudyKind
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

SUBJECT = Concept("CHEBI:1", "<b>", EntityType.CHEMICAL)
OBJECT = Concept("NCBIGene:1", "IL6", EntityType.GENE)
CLAIM = Claim("CHEBI:1", Predicate.AFFECT, "NCBIGene:1")
EDGE = Edge("e", Assertion(CLAIM, 1, 1, 0.5, is_believed=True), SUBJECT, OBJECT)


@pytest.mark.parametrize("url", ["/entity?id=a", "http://e.org/a", "https://e.org/a"])
def test_pages_and_web_addresses_are_linked(url: str) -> None:
    assert link("a < b", url) == f'<a href="{url}">a &lt; b</a>'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "ftp://e.org", "mailto:a@e.org", "httpx://e.org", "",
        "//e.org/a", "http:e.org", "/\\e.org",
    ],
)  # fmt: skip
def test_no_other_scheme_and_no_other_host_in_disguise_is_linked(url: str) -> None:
    assert link("a < b", url) == "a &lt; b"


def test_an_address_cannot_leave_its_attribute() -> None:
    shown = link("a", 'https://e.org/"onmouseover="alert(1)')
    assert shown == '<a href="https://e.org/&quot;onmouseover=&quot;alert(1)">a</a>'


def test_an_address_leaves_out_what_is_empty() -> None:
    assert (
        address("relations", subject="a b", object="", papers=2)
        == "/relations?subject=a+b&papers=2"
    )
    assert address("") == "/"


@pytest.mark.parametrize(("share", "width"), [(-1.0, 0), (0.25, 25), (2.0, 100)])
def test_a_bar_stays_within_its_frame(share: float, width: int) -> None:
    assert f'style="width: {width}%"' in meter(share)


def said(sentence: str, subject: tuple[int, str], object_: tuple[int, str]) -> Html:
    spans = [Span("abstract", at, at + len(text), text) for at, text in (subject, object_)]
    return marked_sentence(Quotation(sentence, spans[0], subject[0], spans[1], object_[0]), EDGE)


def test_mentions_are_marked_in_the_order_of_the_text() -> None:
    shown = said("IL6 & <b>.", (6, "<b>"), (0, "IL6"))
    assert [part.split(">")[-1] for part in shown.split("</mark>")] == ["IL6", "&lt;b&gt;", "."]
    assert shown.index('title="gene"') < shown.index('title="chemical"')


def test_a_mention_inside_another_loses_no_text() -> None:
    shown = said("IL6 receptor", (0, "IL6 receptor"), (0, "IL6"))
    assert shown.count("<mark") == 2
    assert re.sub("<[^>]*>", "", shown) == "IL6 receptor"
    assert "IL6</mark>" in shown
    assert " receptor</mark>" in shown


def test_badges_are_words() -> None:
    shown = cue_badges(
        Cues(Polarity.NO_CHANGE, is_negated=True, is_speculative=True),
        (StudyKind.ANIMAL, StudyKind.REVIEW),
    )
    for word in ("against", "no change", "speculative", "animal study", ">review<"):
        assert word in shown
    assert cue_badges(Cues()) == ""
