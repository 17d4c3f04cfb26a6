import math

import numpy as np
import pytest

from extract.linking.candidates import (
    COLUMNS,
    CandidateFinder,
    Clue,
    Shortlist,
    local_concept,
)
from extract.linking.link_table import LinkTable
from extract.linking.meanings import Meaning
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType as T

PD, PD_MESH, MOUSE = "NCIT:C26845", "MESH:D010300", "NCIT:C45247"


@pytest.fixture(scope="module")
def finder(table: LinkTable, lexicon: MappedLexicon) -> CandidateFinder:
    return CandidateFinder(table, lexicon, ["HEREDITARY:H000021"])


def value(candidates: Shortlist, concept: str, column: Clue) -> float:
    return float(candidates.rows[candidates.concepts.index(concept)][column])


def test_columns_are_named_and_rows_have_them_all(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("PD"), T.DDF)
    assert found.rows.shape == (len(found.concepts), len(COLUMNS))
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert np.isfinite(found.rows).all()


def test_what_annotators_linked_is_a_candidate(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("Parkinson's Disease"), T.DDF)
    assert value(found, PD, Clue.TABLE_NORMAL) == 1
    assert value(found, PD, Clue.TABLE_COUNT) == pytest.approx(math.log1p(2))
    assert value(found, PD, Clue.IS_LINKED_AS_TYPE) == 1
    as_chemical = finder.find(Meaning("Parkinson's Disease"), T.CHEMICAL)
    assert value(as_chemical, PD, Clue.TABLE_NORMAL) == 0
    assert value(as_chemical, PD, Clue.TABLE_ANY_TYPE) == 1


def test_a_looser_level_counts_where_the_strict_one_has_nothing(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("parkinsons diseases"), T.DDF)
    assert value(found, PD, Clue.TABLE_NORMAL) == 0
    assert value(found, PD, Clue.TABLE_FOLD) == 1
    assert value(found, PD, Clue.TABLE_ORDER) == 0


def test_a_name_of_a_vocabulary_is_a_candidate_with_its_level(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("Butyrate"), T.CHEMICAL)
    assert value(found, "CHEBI:17968", Clue.NAME_NORMAL) == 1
    assert value(found, "CHEBI:17968", Clue.NAME_PREFERRED) == 1
    assert value(found, "CHEBI:17968", Clue.NAME_SAME_TYPE) == 1
    assert value(found, "CHEBI:17968", Clue.NAME_SAME_CASE) == 0
    turned = finder.find(Meaning("bowel syndrome, irritable"), T.DDF)
    assert value(turned, "NCIT:C4", Clue.NAME_ORDER) == 1
    assert value(turned, "NCIT:C4", Clue.NAME_PREFERRED) == 0


def test_cross_references_of_a_name_are_candidates(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("Paralysis agitans"), T.DDF)
    assert value(found, PD_MESH, Clue.NAME_NORMAL) == 1
    assert value(found, PD, Clue.REFERENCE) == 1
    assert value(found, PD, Clue.NAME_SOURCES) == pytest.approx(math.log1p(1))


def test_the_corpus_meaning_of_an_abbreviation_is_a_candidate(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("PkD", (("parkinson disease", 0.8),)), T.DDF)
    assert value(found, PD, Clue.TABLE_LONG_FORM) == pytest.approx(0.8)
    assert value(found, PD, Clue.NAME_LONG_FORM) == pytest.approx(0.8)


def test_near_names_are_candidates(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("parkinsonian disease"), T.DDF)
    assert 0.3 < value(found, PD, Clue.NEAR_LINKED) < 1
    assert value(found, PD, Clue.NEAREST) >= value(found, PD, Clue.NEAR_LINKED)


def test_parts_of_a_name_are_candidates(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("R6/2 mice"), T.ANIMAL)
    assert value(found, MOUSE, Clue.PART_LINKED_HEAD) == pytest.approx(1 / 3)
    assert value(found, MOUSE, Clue.PART_NAME_HEAD) == pytest.approx(1 / 3)
    front = finder.find(Meaning("inflammation of mice"), T.DDF)
    assert value(front, "NCIT:C3", Clue.PART_NAME) == pytest.approx(1 / 3)
    assert value(front, "NCIT:C3", Clue.PART_NAME_HEAD) == 0


def test_words_in_common_are_counted(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("chronic inflammation"), T.DDF)
    assert value(found, "NCIT:C3", Clue.WORDS_OF_MENTION) == pytest.approx(1 / 2)
    assert value(found, "NCIT:C3", Clue.WORDS_OF_NAME) == 1
    assert value(found, "NCIT:C3", Clue.WORDS_OVERLAP) == pytest.approx(2 / 3)
    assert value(found, "NCIT:C3", Clue.WORDS_HEAD) == 1
    assert value(found, "NCIT:C3", Clue.WORDS_ALL) == 0
    assert value(found, PD, Clue.WORDS_OF_MENTION) == 0


def test_the_tasks_own_concepts_are_spelled_as_names(finder: CandidateFinder) -> None:
    found = finder.find(Meaning("cell danger response"), T.DDF)
    local = "HEREDITARY:diseasedisorderorfinding/CellDangerResponse"
    assert value(found, local, Clue.IS_FROM_LOCAL_LIST) == 1
    assert value(found, local, Clue.IS_MADE_UP) == 0
    assert not any(concept.startswith("HEREDITARY:H") for concept in found.concepts)


def test_a_name_that_no_list_has_may_be_a_concept_of_the_tasks_own(
    finder: CandidateFinder,
) -> None:
    found = finder.find(Meaning("people with HIV"), T.HUMAN)
    made_up = "HEREDITARY:human/PeopleWithHiv"
    assert value(found, made_up, Clue.IS_MADE_UP) == 1
    assert value(found, made_up, Clue.WORDS_ALL) == 0


def test_types_have_folders_of_their_own() -> None:
    assert local_concept(T.BACTERIA, "x y") == "HEREDITARY:species/XY"
    assert (
        local_concept(T.DIETARY_SUPPLEMENT, "date-seed") == "HEREDITARY:dietarysupplement/DateSeed"
    )


def test_candidates_come_in_order(finder: CandidateFinder) -> None:
    concepts = finder.find(Meaning("PD"), T.DDF).concepts
    assert list(concepts) == sorted(concepts)
