from pathlib import Path

import pytest

from ontology.vocabularies.mesh import (
    read_mesh_ascii,
    read_mesh_tables,
    read_mesh_xml,
    with_tree_parents,
)
from ontology.vocabularies.reading import Tally, VocabularyError
from ontology.vocabularies.term import Term

XML = """<?xml version="1.0"?>
<Set>
<DescriptorRecord><DescriptorUI>D010300</DescriptorUI>
<DescriptorName><String>Parkinson Disease</String></DescriptorName>
<TreeNumberList><TreeNumber>C10.228</TreeNumber></TreeNumberList>
<ConceptList><Concept><TermList><Term><String>Parkinson Disease</String></Term>
<Term><String>Paralysis Agitans</String></Term></TermList></Concept></ConceptList>
</DescriptorRecord>
<DescriptorRecord><DescriptorUI>D1</DescriptorUI></DescriptorRecord>
<SupplementalRecord><SupplementalRecordUI>C1</SupplementalRecordUI>
<SupplementalRecordName><String>substance</String></SupplementalRecordName>
<HeadingMappedToList><HeadingMappedTo><DescriptorReferredTo><DescriptorUI>*D2</DescriptorUI>
</DescriptorReferredTo></HeadingMappedTo></HeadingMappedToList></SupplementalRecord>
</Set>"""
ASCII = """*NEWRECORD
MH = Parkinson Disease
ENTRY = Paralysis Agitans|T047|x
PRINT ENTRY = PD
MN = C10.228
UI = D010300

*NEWRECORD
MH = without identifier
broken
"""


def test_xml_records_have_names_trees_and_headings(tmp_path: Path) -> None:
    path, tally = tmp_path / "desc.xml", Tally()
    path.write_text(XML, encoding="utf-8")
    assert list(read_mesh_xml(path, tally)) == [
        Term("MESH:D010300", "Parkinson Disease", ("Paralysis Agitans",), categories=("C10.228",)),
        Term("MESH:C1", "substance", parents=("MESH:D2",)),
    ]
    assert tally.complaints == [f"{path}, line 9: a DescriptorRecord without DescriptorUI or name"]
    path.write_text(XML[:200], encoding="utf-8")
    with pytest.raises(VocabularyError, match=r"desc\.xml: "):
        list(read_mesh_xml(path, tally))


def test_ascii_records_have_entries_without_their_fields(tmp_path: Path) -> None:
    path, tally = tmp_path / "d.bin", Tally()
    path.write_text(ASCII, encoding="utf-8")
    assert list(read_mesh_ascii(path, tally)) == [
        Term(
            "MESH:D010300",
            "Parkinson Disease",
            ("Paralysis Agitans", "PD"),
            categories=("C10.228",),
        )
    ]
    assert tally.complaints == [
        f"{path}, line 10: no element: 'broken'",
        f"{path}, line 8: a record without MH or UI",
    ]


def test_tables_take_their_trees_from_a_second_file(tmp_path: Path) -> None:
    path, trees, tally = tmp_path / "names.tsv", tmp_path / "trees.tsv", Tally()
    path.write_text("D1\tgut\tbowel|intestine\nD2\t\t\n", encoding="utf-8")
    trees.write_text("mesh_id\tmesh_tree_number\nD1\tA03\nD1\tA04\n", encoding="utf-8")
    gut = Term("MESH:D1", "gut", ("bowel", "intestine"))
    assert list(read_mesh_tables(path, tally, None)) == [gut]
    assert tally.complaints == [f"{path}, line 2: D2 has no name"]
    (term,) = read_mesh_tables(path, tally, trees)
    assert term.categories == ("A03", "A04")


def test_parents_are_one_step_up_the_tree() -> None:
    terms = [
        Term("MESH:D1", "a", categories=("A03",)),
        Term("MESH:D2", "b", categories=("A03.1", "B01.2")),
        Term("MESH:D3", "c", parents=("MESH:D9",), categories=("A03.1.4",)),
    ]
    found = [term.parents for term in with_tree_parents(terms)]
    assert found == [(), ("MESH:D1",), ("MESH:D9", "MESH:D2")]
