from pathlib import Path

import pytest

from ontology.schema import EntityType
from ontology.vocabularies.reading import Tally, VocabularyError
from ontology.vocabularies.tables import read_concept_list, read_names, read_pairs
from ontology.vocabularies.term import Term


def written(folder: Path, text: str) -> Path:
    path = folder / "table.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_table_may_have_every_column_or_two(tmp_path: Path) -> None:
    header = "curie\tname\ttype\tsynonyms\tsame_as\tparents\tkind\tsource\n"
    row = "NCI:C1\tgut\tanatomical location\tbowel|tract\tMSH:D1|x\tNCI:C2\t\tMINE\n"
    also = "NCI:C1\tenteron\t\t\t\t\trelated\t\n"
    assert list(read_names(written(tmp_path, header + row + also), Tally())) == [
        Term(
            "NCIT:C1", "gut", ("bowel", "tract"), EntityType.ANATOMICAL_LOCATION, "MINE",
            parents=("NCIT:C2",), exact=("MESH:D1",),
        ),
        Term("NCIT:C1", "", ("enteron",)),
    ]  # fmt: skip
    plain = written(tmp_path, "curie\tname\nNCI:C1\tgut\n")
    assert list(read_names(plain, Tally())) == [Term("NCIT:C1", "gut")]


def test_a_wrong_type_or_an_empty_name_is_named_by_line(tmp_path: Path) -> None:
    text = "curie\tname\tgutbrain_label\nNCIT:C1\tgut\torgan\nNCIT:C2\t\tDDF\nICD9:1\tx\tDDF\n"
    path, tally = written(tmp_path, text), Tally()
    assert list(read_names(path, tally)) == []
    assert tally.complaints == [
        f"{path}, line 2: 'organ' is not an entity type",
        f"{path}, line 3: NCIT:C2 has no name",
    ]
    assert sum(tally.skipped.values()) == 1


def test_pairs_are_references(tmp_path: Path) -> None:
    path = written(tmp_path, "NCI:C1\tMSH:D1\nICD9:1\tMSH:D1\n")
    assert list(read_pairs(path, Tally())) == [Term("NCIT:C1", references=("MESH:D1",))]


def test_the_concept_list_gives_names_to_addresses(tmp_path: Path) -> None:
    address = "http://purl.obolibrary.org/obo/NCIT_C1"
    text = f'{{"{address} ": {{"names": ["gut", "bowel"]}}, "x": {{"names": ["y"]}}}}'
    assert list(read_concept_list(written(tmp_path, text), Tally())) == [
        Term("NCIT:C1", "gut", ("bowel",))
    ]
    for bad in ("[]", "{", '{"x": {}}'):
        with pytest.raises(VocabularyError, match="not a list of concepts with names"):
            list(read_concept_list(written(tmp_path, bad), Tally()))
