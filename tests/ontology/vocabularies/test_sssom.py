from pathlib import Path

from ontology.vocabularies.reading import Tally
from ontology.vocabularies.sssom import read_sssom
from ontology.vocabularies.term import Term


def test_exact_and_close_mappings_are_kept_apart_and_negated_ones_left_out(tmp_path: Path) -> None:
    path, tally = tmp_path / "x.sssom.tsv", Tally()
    path.write_text(
        "#curie_map:\nsubject_id\tpredicate_id\tpredicate_modifier\tobject_id\n"
        "MONDO:1\tskos:exactMatch\t\tUMLS:C1\n"
        "MONDO:1\tskos:closeMatch\t\tMESH:D1\n"
        "MONDO:1\tskos:exactMatch\tNot\tUMLS:C2\n"
        "MONDO:1\tskos:broadMatch\t\tUMLS:C3\n"
        "MONDO:1\tskos:exactMatch\t\tICD9:1\n"
    )
    assert list(read_sssom(path, tally)) == [
        Term("MONDO:1", exact=("UMLS:C1",)),
        Term("MONDO:1", references=("MESH:D1",)),
    ]
    assert tally.skipped["mapping by skos:exactMatch"] == 1
    assert tally.skipped["mapping by skos:broadMatch"] == 1
