"""Evidence quotes the sentences of its spans."""

from hypothesis import given
from hypothesis import strategies as st

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.assertion import collect_evidence
from kg.sentence.quotation import Quotation
from ontology.schema import EntityType, Predicate

INFLUENCE = Predicate.INFLUENCE


def _read(
    passages: dict[str, str], subject: tuple[str, str], object_: tuple[str, str]
) -> Quotation:
    """Evidence of one relation between (passage, surface) pairs."""

    def mention(place: tuple[str, str], concept: str) -> Mention:
        start = passages[place[0]].index(place[1])
        end = start + len(place[1])
        return Mention(place[0], start, end, place[1], EntityType.DDF, concept=concept)

    relation = Relation(mention(subject, "MESH:D1"), INFLUENCE, mention(object_, "MESH:D2"), 0.7)
    document = Document("1", tuple(Passage(name, text) for name, text in passages.items()))
    annotated = AnnotatedDocument(document, (), (relation,), Pipeline("", "", "", ""))
    ((_, evidence),) = collect_evidence(annotated)
    return evidence.quotation


def _spans(quoted: Quotation) -> tuple[str, str]:
    first, second = (quoted.sentence[at : at + len(span.text)] for span, at in quoted.sides)
    return first, second


def test_the_sentence_of_both_spans_is_quoted() -> None:
    text = "We had mice. Stress worsens pain in mice. They slept."
    quoted = _read({"abstract": text}, ("abstract", "Stress"), ("abstract", "pain"))
    assert quoted.sentence == "Stress worsens pain in mice."
    assert (quoted.subject_at, quoted.object_at) == (0, 15)


def test_two_sentences_come_in_text_order() -> None:
    text = "Pain came first. They slept. Stress came then."
    quoted = _read({"abstract": text}, ("abstract", "Stress"), ("abstract", "Pain"))
    assert quoted.sentence == "Pain came first. […] Stress came then."
    assert _spans(quoted) == ("Stress", "Pain")


def test_title_and_abstract_are_joined() -> None:
    quoted = _read(
        {"title": "On pain", "abstract": "We ate. Stress hurts."},
        ("abstract", "Stress"),
        ("title", "pain"),
    )
    assert quoted.sentence == "On pain […] Stress hurts."
    assert _spans(quoted) == ("Stress", "pain")


def test_a_span_over_a_sentence_boundary_quotes_both_sides() -> None:
    text = "It hurt. Badly so. Stress was high."
    quoted = _read({"abstract": text}, ("abstract", "hurt. Badly"), ("abstract", "Stress"))
    assert quoted.sentence == "It hurt. Badly so. […] Stress was high."


def test_one_span_inside_the_other_is_quoted_once() -> None:
    text = "Severe pain came."
    quoted = _read({"abstract": text}, ("abstract", "Severe pain"), ("abstract", "pain"))
    assert quoted.sentence == text
    assert _spans(quoted) == ("Severe pain", "pain")


def test_a_quotation_is_nfc_and_its_spans_are_found_in_it() -> None:
    text = "Cafe\u0301 and the\u0301 and stre\u0301ss worsens naiv\u0308e pain."
    quoted = _read({"abstract": text}, ("abstract", "stre\u0301ss"), ("abstract", "naiv\u0308e"))
    assert _spans(quoted) == (quoted.subject.text, quoted.object.text)
    assert quoted.subject.text == "str\u00e9ss"
    assert quoted.subject.end - quoted.subject.start == 7


@given(st.text(alphabet="ab. A\u0301é\n", max_size=30))
def test_the_quoted_spans_are_where_they_are_said_to_be(text: str) -> None:
    passages = {"title": "One x", "abstract": f"{text} y {text}"}
    quoted = _read(passages, ("title", "x"), ("abstract", "y"))
    assert _spans(quoted) == ("x", "y")
