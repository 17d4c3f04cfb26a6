from pathlib import Path

import pytest

from ontology.concept import Concept
from ontology.lexicon import LexiconError
from ontology.lexicon_writing import INDEXES, write_lexicon
from ontology.mapped_lexicon import DESCRIPTION, Entry, MappedLexicon, shipped_lexicon
from ontology.schema import EntityType
from ontology.vocabularies.term import Term

DDF = EntityType.DDF
PARKINSON = Term(
    "NCIT:C26845", "Parkinson's disease", ("PD", "Parkinson disease"), DDF, "NCIT",
    parents=("NCIT:C2991",), exact=("MESH:D010300",), references=("UMLS:C0030567",),
)  # fmt: skip
MESH = Term("MESH:D010300", "Parkinson Disease", (), DDF, "MESH")
PULLED = Term("HGNC:1", "PD", (), EntityType.GENE, "HGNC")


@pytest.fixture
def lexicon(tmp_path: Path) -> MappedLexicon:
    write_lexicon([PARKINSON, MESH, PULLED], tmp_path / "lexicon")
    return MappedLexicon.open(tmp_path / "lexicon")


def test_a_key_gives_the_entries_preferred_names_first(lexicon: MappedLexicon) -> None:
    assert lexicon.entries("pd") == (
        Entry("HGNC:1", "PD", EntityType.GENE, is_preferred=True, source="HGNC"),
        Entry("NCIT:C26845", "PD", DDF, is_preferred=False, source="NCIT"),
    )
    assert lexicon.entries("parkinson's disease", "text")[0].curie == "NCIT:C26845"
    assert lexicon.entries("no such name") == ()


def test_every_index_finds_every_name(lexicon: MappedLexicon) -> None:
    for index in INDEXES:
        found = [e for number, _ in lexicon.keys(index) for e in lexicon.entries_of(number, index)]
        assert sorted(found, key=repr) == sorted(lexicon.names(), key=repr)
        assert len(found) == len(lexicon) == 5


def test_a_concept_has_the_names_of_its_sources_and_exact_matches(lexicon: MappedLexicon) -> None:
    assert lexicon.concept("NCIT:C26845", DDF) == Concept(
        "NCIT:C26845", "Parkinson's disease", DDF, ("PD", "Parkinson disease"), ("MESH:D010300",)
    )
    assert lexicon.concept("UMLS:C0030567", DDF) is None
    assert lexicon.type_of("HGNC:1") is EntityType.GENE


def test_a_name_is_found_within_its_type(lexicon: MappedLexicon) -> None:
    found = lexicon.find("PD", DDF)
    assert found is not None
    assert found.curie == "NCIT:C26845"
    assert lexicon.find("pd", EntityType.FOOD) is None


def test_matches_go_both_ways_and_parents_one(lexicon: MappedLexicon) -> None:
    assert set(lexicon.equivalents("NCIT:C26845")) == {"MESH:D010300", "UMLS:C0030567"}
    assert lexicon.equivalents("UMLS:C0030567") == ("NCIT:C26845",)
    assert lexicon.exact_matches("UMLS:C0030567") == ()
    assert lexicon.parents("NCIT:C26845") == ("NCIT:C2991",)
    assert lexicon.parents("NCIT:C2991") == ()
    assert sorted(lexicon.curies()) == ["HGNC:1", "MESH:D010300", "NCIT:C26845"]


def test_the_same_terms_make_the_same_hash_and_others_another(tmp_path: Path) -> None:
    hashes = [
        write_lexicon(terms, tmp_path / str(number)).hash
        for number, terms in enumerate(([PARKINSON, MESH], [PARKINSON, MESH], [PARKINSON]))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_lexicon_is_replaced_and_another_folder_is_not(tmp_path: Path) -> None:
    write_lexicon([PARKINSON], tmp_path / "lexicon")
    write_lexicon([MESH], tmp_path / "lexicon")
    assert len(MappedLexicon.open(tmp_path / "lexicon")) == 1
    (tmp_path / "mine").mkdir()
    with pytest.raises(LexiconError, match="is no lexicon; it is left as it is"):
        write_lexicon([MESH], tmp_path / "mine")


def test_a_lexicon_without_names_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="no name to write"):
        write_lexicon([Term("MESH:D1", exact=("NCIT:C1",))], tmp_path / "lexicon")


def test_what_is_no_lexicon_of_this_version_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="no lexicon"):
        MappedLexicon.open(tmp_path)
    write_lexicon([MESH], tmp_path / "lexicon")
    (tmp_path / "lexicon" / "row_name.npy").unlink()
    with pytest.raises(LexiconError, match="not a complete lexicon"):
        MappedLexicon.open(tmp_path / "lexicon")
    description = tmp_path / "lexicon" / DESCRIPTION
    description.write_text(description.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(LexiconError, match="lexicon format 9"):
        MappedLexicon.open(tmp_path / "lexicon")


def test_an_index_that_is_not_there_is_named(lexicon: MappedLexicon) -> None:
    with pytest.raises(LexiconError, match="no index 'sound', only text, fold, order, blanks"):
        lexicon.entries("pd", "sound")


def test_both_names_of_a_renamed_phylum_are_one_concept_in_the_shipped_lexicon() -> None:
    names = {entry.name for entry in shipped_lexicon().names_of("NCBITaxon:976")}
    assert {"Bacteroidota", "Bacteroidetes"} <= names
