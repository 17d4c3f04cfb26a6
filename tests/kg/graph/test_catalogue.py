"""Every question runs as it stands, and no argument can break out of its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.graph.catalogue import QuestionError, ask, bind, question, questions, read_question
from kg.graph.rdf import cell
from kg.stores.embedded import EmbeddedStore

NAMES = [question.name for question in questions()]


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_an_answer_with_its_defaults(graph: EmbeddedStore, name: str) -> None:
    assert list(ask(graph, name))


@pytest.mark.parametrize("name", NAMES)
def test_defaults_written_as_arguments_change_nothing(graph: EmbeddedStore, name: str) -> None:
    asked = question(name)
    given = {p.name: p.default for p in asked.params if p.kind == "integer"}
    given |= {
        p.name: p.default.strip("<>") for p in asked.params if p.default.startswith(("<", "gb:"))
    }
    assert list(ask(graph, name, given)) == list(ask(graph, name))


def test_there_are_enough_questions() -> None:
    assert len(NAMES) >= 16


def test_taxa_of_a_disease_count_papers_once_and_quote_one(graph: EmbeddedStore) -> None:
    first, second = ask(graph, "taxa_for_disease", {"disease": "NCIT:C26845"})
    assert (cell(first, "name"), cell(first, "papers")) == ("F. prausnitzii", "5")
    assert (cell(second, "name"), cell(second, "papers")) == ("A. muciniphila", "1")
    assert "F. prausnitzii" in cell(first, "sentence")
    assert cell(first, "pmid") in {"36517457", "2", "3", "7", "8"}


def test_for_and_against_stand_side_by_side(graph: EmbeddedStore) -> None:
    (row,) = ask(graph, "contradictions")
    assert (cell(row, "subjectName"), cell(row, "objectName")) == (
        "Parkinson's disease", "F. prausnitzii",
    )  # fmt: skip
    assert (cell(row, "papers"), cell(row, "opposingPapers")) == ("3", "1")
    (opposite,) = ask(graph, "opposite_directions")
    assert (cell(opposite, "increasePapers"), cell(opposite, "decreasePapers")) == ("1", "1")


def test_directions_and_study_kinds_are_counted_by_taxon(graph: EmbeddedStore) -> None:
    (row,) = ask(graph, "taxa_by_direction")
    counts = [cell(row, f"{name}Papers") for name in ("increase", "decrease", "unchanged")]
    assert (cell(row, "name"), counts) == ("F. prausnitzii", ["1", "1", "1"])
    told = {(cell(r, "study")[35:], cell(r, "direction")[35:]) for r in ask(graph, "taxa_by_study")}
    assert told == {
        ("humanStudy", "decrease"), ("animalStudy", "increase"), ("humanStudy", "noChange"),
    }  # fmt: skip


def test_a_curie_is_expanded_and_every_place_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "twice.rq"
    path.write_text(
        "#+ summary: s\n#+ param: a iri A\n"
        "SELECT * { { VALUES ?a { <x:y> } } UNION { VALUES ?a { <x:y> } } }"
    )
    bound = bind(read_question(path), {"a": "NCBITaxon:853"})
    assert bound.count("<http://purl.obolibrary.org/obo/NCBITaxon_853>") == 2
    assert "x:y" not in bound


def test_limit_and_offset_are_numbers() -> None:
    asked = question("evidence_of_assertion")
    assert bind(asked, {"limit": "7", "offset": "14"}).endswith("LIMIT 7 OFFSET 14\n")
    for wrong in ("-1", "1; DROP ALL", "", "99999999", "１"):
        with pytest.raises(QuestionError, match="limit"):
            bind(asked, {"limit": wrong})


@pytest.mark.parametrize("wrong", ["NOPE:1", "http://x> } #", "http://a b", "", "Parkinson"])
def test_what_is_no_identifier_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(QuestionError, match="disease"):
        bind(question("taxa_for_disease"), {"disease": wrong})


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(QuestionError, match="colour"):
        bind(question("top_relations"), {"colour": "red"})


@pytest.mark.parametrize("name", ["nothing", "../catalogue", "reading/state"])
def test_an_unknown_question_is_named(name: str) -> None:
    with pytest.raises(QuestionError, match="No question"):
        question(name)


@given(st.text())
def test_a_string_never_leaves_its_place(text: str) -> None:
    store = EmbeddedStore.in_memory()
    assert list(store.select(bind(question("assertions_of_paper"), {"pmid": text}))) == []


def test_a_string_that_looks_like_a_place_is_only_a_string() -> None:
    bound = bind(
        question("assertions_of_paper"), {"pmid": "VALUES ?pmid { } LIMIT 9", "limit": "5"}
    )
    assert "VALUES ?pmid { } LIMIT 9" in bound
    assert bound.endswith("LIMIT 5\n")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT * {}", "summary"),
        ("#+ summary: s\n#+ param: a iri A\nSELECT * {}", "'a' is not used in the query"),
        ("#+ summary: s\n#+ param: a date A\nSELECT * { VALUES ?a { 1 } }", "unknown kind 'date'"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "mine.rq"
    path.write_text(text)
    with pytest.raises(QuestionError, match=f"mine.rq: .*{error}"):
        read_question(path)
