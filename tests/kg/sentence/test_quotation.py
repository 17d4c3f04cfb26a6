"""Evidence quotes the sentences of its spans."""

from hypothesis import given
from hypothesis import strategies as st

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.assertion import Evidence, collect_evidence
from ontology.schema import EntityType, Predicate

INFLUENCE = Predicate.INFLUENCE


def _read(passages: dict[str, str], subject: tuple[str, str], object_: tuple[str, str]) -> Evidence:
    """Evidence of one relation between (passage, surface) pairs."""

    def mention(place: tuple[str, str], concept: str) -> Mention:
        start = passages[place[0]].index(place[1])
        end = start + len(place[1])
        return Mention(place[0], start, end, place[1], EntityType.DDF, concept=concept)

    relation = Relation(mention(subject, "MESH:D1"), INFLUENCE, mention(object_, "MESH:D2"), 0.7)
    document = Document("1", tuple(Passage(name, text) for name, text in passages.items()))
    annotated = AnnotatedDocument(document, (), (relation,), Pipeline("", "", "", ""))
    ((_, evidence),) = collect_evidence(annotated)
    return evidence


def _spans(evidence: Evidence) -> tuple[str, str]:
    places = (
        (evidence.subject, evidence.subject_at),
        (evidence.object, evidence.object_at),
    )
    first, second = (evidence.sentence[at : at + len(span.text)] for span, at in places)
    return first, second


def test_the_sentence_of_both_spans_is_quoted() -> None:
    text = "We had mice. Stress worsens pain in mice. They slept."
    evidence = _read({"abstract": text}, ("abstract", "Stress"), ("abstract", "pain"))
    assert evidence.sentence == "Stress worsens pain in mice."
    assert (evidence.subject_at, evidence.object_at) == (0, 15)


def test_two_sentences_come_in_text_order() -> None:
    text = "Pain came first. They slept. Stress came then."
    evidence = _read({"abstract": text}, ("abstract", "Stress"), ("abstract", "Pain"))
    assert evidence.sentence == "Pain came first. […] Stress came then."
    assert _spans(evidence) == ("Stress", "Pain")


def test_title_and_abstract_are_joined() -> None:
    evidence = _read(
        {"title": "On pain", "abstract": "We ate. Stress hurts."},
        ("abstract", "Stress"),
        ("title", "pain"),
    )
    assert evidence.sentence == "On pain […] Stress hurts."
    assert _spans(evidence) == ("Stress", "pain")


def test_a_span_over_a_sentence_boundary_quotes_both_sides() -> None:
    text = "It hurt. Badly so. Stress was high."
    evidence = _read({"abstract": text}, ("abstract", "hurt. Badly"), ("abstract", "Stress"))
    assert evidence.sentence == "It hurt. Badly so. […] Stress was high."


def test_one_span_inside_the_other_is_quoted_once() -> None:
    text = "Severe pain came."
    evidence = _read({"abstract": text}, ("abstract", "Severe pain"), ("abstract", "pain"))
    assert evidence.sentence == text
    assert _spans(evidence) == ("Severe pain", "pain")


def test_a_quotation_is_nfc_and_its_spans_are_found_in_it() -> None:
    text = "Cafe\u0301 and the\u0301 and stre\u0301ss worsens naiv\u0308e pain."
    evidence = _read({"abstract": text}, ("abstract", "stre\u0301ss"), ("abstract", "naiv\u0308e"))
    assert _spans(evidence) == (evidence.subject.text, evidence.object.text)
    assert evidence.subject.text == "str\u00e9ss"
    assert evidence.subject.end - evidence.subject.start == 7


@given(st.text(alphabet="ab. A\u0301é\n", max_size=30))
def test_the_quoted_spans_are_where_they_are_said_to_be(text: str) -> None:
    passages = {"title": "One x", "abstract": f"{text} y {text}"}
    evidence = _read(passages, ("title", "x"), ("abstract", "y"))
    assert _spans(evidence) == ("x", "y")
