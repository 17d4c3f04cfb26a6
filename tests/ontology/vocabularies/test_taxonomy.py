from pathlib import Path

from ontology.vocabularies.reading import Tally
from ontology.vocabularies.taxonomy import read_taxonomy
from ontology.vocabularies.term import Term


def test_taxa_have_names_and_a_parent_and_the_root_has_none(tmp_path: Path) -> None:
    (tmp_path / "nodes.dmp").write_text("1\t|\t1\t|\troot\t|\n976\t|\t1\t|\tphylum\t|\n")
    (tmp_path / "names.dmp").write_text(
        "1\t|\troot\t|\t\t|\tscientific name\t|\n"
        "976\t|\tBacteroidetes\t|\t\t|\tsynonym\t|\n"
        "976\t|\tBacteroidota\t|\t\t|\tscientific name\t|\n"
        "976\t|\tBacteroidota Krieg\t|\t\t|\tauthority\t|\n"
        "976\t|\tBacteroidota\n"
        "x\t|\ta\t|\t\t|\tsynonym\t|\n"
    )
    tally = Tally()
    assert list(read_taxonomy(tmp_path, tally)) == [
        Term("NCBITaxon:1", "root"),
        Term("NCBITaxon:976", "Bacteroidota", ("Bacteroidetes",), parents=("NCBITaxon:1",)),
    ]
    assert tally.skipped == {"name class authority": 1}
    names = tmp_path / "names.dmp"
    assert tally.complaints == [
        f"{names}, line {n}: expected a taxon and 3 columns more" for n in (5, 6)
    ]
