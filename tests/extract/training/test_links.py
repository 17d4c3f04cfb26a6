import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument
from extract.linking.candidates import COLUMNS, Shortlist
from extract.linking.linker import read_linker
from extract.linking.meanings import Meaning
from extract.linking.ranking import CERTAINTY_COLUMNS
from extract.training.links import (
    Case,
    LinkAnswer,
    LinkQuestion,
    answers_of,
    exact_threshold,
    share_right,
    train_links,
)
from extract.training.pool import CorpusTooSmallError
from ontology.lexicon_writing import write_lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType as T
from ontology.vocabularies.term import Term

OBO = "http://purl.obolibrary.org/obo/"
NAMES = ("anxiety", "autism", "colitis", "obesity", "stress", "stroke")


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> MappedLexicon:
    folder = tmp_path_factory.mktemp("lexicon") / "made"
    terms = [Term(f"NCIT:C{n}", name, (), T.DDF, "NCIT") for n, name in enumerate(NAMES)]
    write_lexicon([*terms, Term("NCIT:C9", "Colitis", (), T.DDF, "GUTBRAINIE")], folder)
    return MappedLexicon.open(folder)


@pytest.fixture(scope="module")
def corpus(
    annotate: Callable[..., AnnotatedDocument], write: Callable[..., object]
) -> list[AnnotatedDocument]:
    made: list[AnnotatedDocument] = []
    for number in range(10):
        name = NAMES[number % len(NAMES)]
        read = annotate(write(f"Of {name} here.", pmid=str(number)), [(name, T.DDF)])
        made.append(replace(read, uris=(f"{OBO}NCIT_C{number % len(NAMES)}",)))
    return made


def test_what_is_fitted_links_what_it_has_not_seen(
    corpus: list[AnnotatedDocument], lexicon: MappedLexicon, tmp_path: Path
) -> None:
    reports: list[str] = []
    figures = train_links(corpus, lexicon, tmp_path, reports.append)
    assert figures["mentions"] == 10
    assert figures["accuracy"] == 1.0
    assert reports[-1] == "fitting to all documents"
    linker = read_linker(tmp_path, lexicon)
    assert linker.rank(Meaning("Obesity"), T.DDF).concepts[0] == "NCIT:C3"
    written = json.loads((tmp_path / "links.json").read_text())
    assert written["task_list"] == ["NCIT:C9"]
    assert written["lexicon"] == lexicon.hash


def test_documents_without_links_do_not_count(
    corpus: list[AnnotatedDocument], lexicon: MappedLexicon, tmp_path: Path
) -> None:
    bare = [replace(document, uris=()) for document in corpus]
    with pytest.raises(CorpusTooSmallError, match="4 documents with concept URIs: 5 are needed"):
        train_links([*corpus[:4], *bare], lexicon, tmp_path, print)


def case(right: str, count: int = 1) -> Case:
    rows = np.zeros((2, len(COLUMNS)))
    rows[1, 0] = 1.0
    question = LinkQuestion(Meaning(right), T.DDF)
    return Case(question, Shortlist(("A:1", "A:2"), rows), right, count, is_seen=False)


def answer(count: int, *, is_right: bool) -> LinkAnswer:
    inputs = np.zeros(len(CERTAINTY_COLUMNS))
    return LinkAnswer(case("A:1", count), "A:1" if is_right else "A:2", inputs)


def test_a_case_knows_where_its_answer_is() -> None:
    assert case("A:2").place == 1
    assert case("A:3").place is None


def test_answers_are_chosen_by_weights() -> None:
    choice = np.zeros(len(COLUMNS))
    choice[0] = 1.0
    (given,) = answers_of([case("A:2")], choice)
    assert (given.concept, given.is_right) == ("A:2", True)
    assert given.inputs[CERTAINTY_COLUMNS.index("always")] == 1


def test_mentions_count_as_often_as_they_came() -> None:
    assert share_right([answer(3, is_right=True), answer(1, is_right=False)]) == 0.75
    assert share_right([]) == 0.0


def test_the_threshold_is_where_97_of_100_are_right() -> None:
    answers = [answer(97, is_right=True), answer(3, is_right=False), answer(1, is_right=False)]
    assert exact_threshold(answers, np.array([0.9, 0.8, 0.7])) == pytest.approx(0.8)
    assert exact_threshold(answers[1:], np.array([0.8, 0.7])) == 1.0
