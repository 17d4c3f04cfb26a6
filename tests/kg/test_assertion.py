"""Evidence quotes the paper, and belief counts papers."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.assertion import (
    Article,
    Assertion,
    Claim,
    Evidence,
    PaperSupport,
    Side,
    collect_evidence,
    paper_support,
    summarise,
)
from kg.sentence.cues import Cues, Polarity
from kg.sentence.study import StudyKind
from ontology.schema import EntityType, Predicate

Paper = Callable[..., AnnotatedDocument]
INFLUENCE = Predicate.INFLUENCE
CLAIM = Claim("NCBITaxon:853", INFLUENCE, "NCIT:C124639")
SAID = ("F. prausnitzii", INFLUENCE, "depression")


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


def test_relations_that_say_nothing_are_left_out(paper: Paper) -> None:
    said = paper("1", SAID)
    relation = said.relations[0]
    unlinked = replace(relation, object=replace(relation.object, concept=None))
    of_itself = replace(relation, object=replace(relation.object, concept="NCBITaxon:853"))
    assert list(collect_evidence(replace(said, relations=(unlinked, of_itself)))) == []


def test_a_retracted_paper_gives_no_evidence(paper: Paper) -> None:
    assert list(collect_evidence(paper("1", SAID, kinds=("Retracted Publication",)))) == []


def test_the_same_relation_twice_is_one_evidence_with_the_better_score(paper: Paper) -> None:
    said = paper("1", SAID, score=0.4)
    twice = (*said.relations, replace(said.relations[0], score=0.9))
    ((_, evidence),) = collect_evidence(replace(said, relations=twice))
    assert evidence.score == 0.9


def test_a_paper_counts_with_its_best_sentence_for_and_its_best_against(paper: Paper) -> None:
    said = paper("1", SAID, year=2021, kinds=("Review",))
    ((_, once),) = collect_evidence(said)
    denied = replace(once, cues=Cues(Polarity.NO_CHANGE, is_negated=True), score=0.3)
    found = paper_support([replace(once, score=0.5), once, denied], Article.of(said))
    assert found == PaperSupport(
        "1", Side(0.8, 2), Side(0.3, 1), (Polarity.NO_CHANGE,), (StudyKind.REVIEW,), 2021
    )


def test_an_assertion_counts_its_papers_on_both_sides() -> None:
    human, both = (StudyKind.HUMAN,), (StudyKind.ANIMAL, StudyKind.HUMAN)
    papers = (
        PaperSupport("1", Side(0.5, 1), Side(0.4, 2), (Polarity.DECREASE,), human, 2022),
        PaperSupport("2", Side(0.8, 3), Side(), (Polarity.DECREASE,), both, 2019),
        PaperSupport("3", Side(), Side(0.5, 1), (Polarity.NO_CHANGE,), human, 2020),
    )
    assert summarise(CLAIM, papers, min_belief=0.9) == Assertion(
        CLAIM, 2, 4, 0.9, is_believed=True, years=((2019, 1), (2022, 1)),
        opposing_paper_count=2, opposing_evidence_count=3, disbelief=0.7,
        polarities=((Polarity.DECREASE, 2), (Polarity.NO_CHANGE, 1)),
        kinds=((StudyKind.ANIMAL, 1), (StudyKind.HUMAN, 2)),
    )  # fmt: skip


def test_an_assertion_that_papers_only_deny_is_not_believed() -> None:
    found = summarise(CLAIM, [PaperSupport("1", Side(), Side(0.5, 1), year=2020)], min_belief=0)
    assert (found.belief, found.is_believed, found.first_year) == (0, False, None)


def test_what_speaks_more_against_than_for_is_denied() -> None:
    even = Assertion(CLAIM, 1, 1, 0.5, is_believed=False, disbelief=0.5)
    assert not even.is_denied
    assert replace(even, disbelief=0.6).is_denied
