import zipfile
from pathlib import Path

from ontology.vocabularies.ncit import read_ncit
from ontology.vocabularies.reading import Tally
from ontology.vocabularies.term import Term

ROWS = (
    "C3\t<x>\tC1|C2\tGut|Bowel\tdef\tshown\t\tBody System\n"
    "C4\t<x>\tC1\tOld\tdef\t\tRetired_Concept\tFinding\n"
    "C5\t<x>\tC1\t\tdef\t\t\tFinding\n"
    "C6\t<x>\n"
)


def test_retired_concepts_are_left_out_and_faults_named(tmp_path: Path) -> None:
    path, tally = tmp_path / "Thesaurus.txt", Tally()
    path.write_text(ROWS)
    gut = Term(
        "NCIT:C3", "Gut", ("Bowel",), parents=("NCIT:C1", "NCIT:C2"), categories=("Body System",)
    )
    assert list(read_ncit(path, tally)) == [gut]
    assert tally.skipped == {"retired": 1}
    assert tally.complaints == [
        f"{path}, line 3: C5 has no name",
        f"{path}, line 4: expected at least 8 columns, found 2",
    ]
    with zipfile.ZipFile(tmp_path / "Thesaurus.zip", "w") as archive:
        archive.write(path, "Thesaurus.txt")
    assert list(read_ncit(tmp_path, Tally())) == [gut]
    assert list(read_ncit(tmp_path / "Thesaurus.zip", Tally())) == [gut]
