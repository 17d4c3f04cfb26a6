"""What speaks for and against a relation is chosen, counted and summed up a paper."""

from collections.abc import Iterable

import pytest

from app.explorer.citations import (
    Outline,
    choose,
    citations_in,
    cited,
    outlines_of,
    paper_sides,
)
from kg.assertion import Side
from kg.graph.catalogue import QuestionError
from kg.stores.embedded import EmbeddedStore
from tests.small_graph import small_graph

LIKES = "https://w3id.org/gutbrain/assertion/aaaaaaaaaaaaaaaa"


@pytest.fixture(scope="module")
def small() -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    store.bulk_load(small_graph())
    return store


@pytest.fixture
def likes(small: EmbeddedStore) -> list[Outline]:
    return outlines_of(small, LIKES)


def pmids(outlines: Iterable[Outline]) -> list[str]:
    return [outline.pmid for outline in outlines]


def test_the_latest_papers_come_first(likes: list[Outline]) -> None:
    assert [(each.pmid, each.year) for each in likes] == [
        ("3", 2022), ("2", 2021), ("1", 2019), ("1", 2019),
    ]  # fmt: skip


def test_evidence_is_cited_in_the_order_asked_for(
    small: EmbeddedStore, likes: list[Outline]
) -> None:
    citations = list(cited(small, likes))
    assert [citation.iri for citation in citations] == [outline.iri for outline in likes]
    for citation, outline in zip(citations, likes, strict=True):
        found, article = citation.evidence, citation.article
        assert (found.weight, found.cues) == (outline.weight, outline.cues)
        assert (article.pmid, article.year) == (outline.pmid, outline.year)
        assert tuple(sorted(article.study_kinds)) == outline.kinds
        quoted = found.quotation
        assert quoted.sentence[quoted.subject_at :].startswith(quoted.subject.text)
    assert [citation.iri for citation in cited(small, likes[::-1])] == [o.iri for o in likes[::-1]]


def test_a_relation_without_evidence_has_none(small: EmbeddedStore) -> None:
    assert outlines_of(small, LIKES.replace("a" * 16, "f" * 16)) == []


def test_nothing_chosen_leaves_all_and_counts_each_choice(likes: list[Outline]) -> None:
    chosen = choose(likes, "", "")
    assert list(chosen.evidence) == likes
    assert chosen.says == {"for": 3, "against": 1, "decrease": 2, "no change": 1, "speculative": 1}
    assert chosen.studies == {"human": 2, "animal": 3}


def test_each_choice_is_counted_under_the_other(likes: list[Outline]) -> None:
    chosen = choose(likes, "decrease", "animal")
    assert pmids(chosen.evidence) == ["1", "1"]
    assert chosen.studies == {"animal": 2}
    assert chosen.says == {"for": 2, "against": 1, "decrease": 2, "no change": 1, "speculative": 1}
    assert pmids(choose(likes, "against", "human").evidence) == ["3"]
    assert choose(likes, "against", "review").evidence == ()


@pytest.mark.parametrize(("says", "study"), [("nonsense", ""), ("", "nonsense"), ("human", "")])
def test_an_unknown_choice_is_refused(likes: list[Outline], says: str, study: str) -> None:
    with pytest.raises(QuestionError, match="nothing is called"):
        choose(likes, says, study)


def test_a_paper_counts_with_its_best_weight_on_each_side(likes: list[Outline]) -> None:
    assert paper_sides(likes, is_negated=False) == [("2", Side(0.8, 1)), ("1", Side(0.7, 2))]
    assert paper_sides(likes, is_negated=True) == [("3", Side(0.3, 1))]


def test_a_paper_gives_its_sentences_with_what_they_say(small: EmbeddedStore) -> None:
    found = citations_in(small, "2")
    assert sorted(assertion for assertion, _ in found) == ["a" * 16, "b" * 16, "c" * 16]
    sentences = [citation.evidence.quotation.sentence for _, citation in found]
    assert sentences == sorted(sentences)
    assert {citation.article.title for _, citation in found} == {found[0][1].article.title}
    assert citations_in(small, "99") == []


def test_what_opposes_stands_in_its_paper_too(small: EmbeddedStore) -> None:
    assert ("a" * 16, True) in [
        (a, c.evidence.cues.is_negated) for a, c in citations_in(small, "3")
    ]
