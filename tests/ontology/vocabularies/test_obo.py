from pathlib import Path

from ontology.vocabularies.obo import read_obo
from ontology.vocabularies.reading import Tally
from ontology.vocabularies.term import Term

TERM = r"""format-version: 1.2

[Term]
id: DOID:14330
name: Parkinson's disease {comment="x"}
synonym: "paralysis \"agitans\"" EXACT []
synonym: "PD" RELATED [x:y]
xref: MSH:D010300
xref: Wikipedia:Parkinson
is_a: DOID:331 ! disease
relationship: part_of DOID:4 ! all
relationship: has_symptom DOID:5
property_value: skos:exactMatch UMLS:C0030567
! a comment
"""


def read(folder: Path, text: str) -> tuple[list[Term], Tally, Path]:
    path, tally = folder / "x.obo", Tally()
    path.write_text(text, encoding="utf-8")
    return list(read_obo(path, tally)), tally, path


def test_a_term_has_names_parents_and_references(tmp_path: Path) -> None:
    terms, tally, _ = read(tmp_path, TERM)
    assert terms == [
        Term(
            "DOID:14330",
            "Parkinson's disease",
            ('paralysis "agitans"', "PD"),
            parents=("DOID:331", "DOID:4"),
            exact=("UMLS:C0030567",),
            references=("MESH:D010300",),
        )
    ]
    assert tally.skipped == {"identifier of an unknown vocabulary (Wikipedia)": 1}
    assert tally.bad == 0


def test_obsolete_terms_and_other_stanzas_are_left_out(tmp_path: Path) -> None:
    text = "[Term]\nid: DOID:1\nname: a\nis_obsolete: true\n\n[Typedef]\nid: DOID:2\nname: b\n"
    terms, tally, _ = read(tmp_path, text + "\n[Term]\nid: DOID:3\nname: c\nis_obsolete: false\n")
    assert [term.name for term in terms] == ["c"]
    assert tally.skipped == {"obsolete": 1}


def test_faults_are_named_by_line_and_lose_no_other_term(tmp_path: Path) -> None:
    text = "[Term]\nname: a\n\n[Term]\nid: DOID:3\nname: c\nno tag\nsynonym: bare EXACT []\n"
    terms, tally, path = read(tmp_path, text)
    assert [(term.name, term.synonyms) for term in terms] == [("c", ())]
    assert sorted(tally.complaints) == [
        f"{path}, line 1: a term without id",
        f"{path}, line 4: DOID:3 has a synonym without quotes: 'bare EXACT []'",
        f"{path}, line 7: no tag: 'no tag'",
    ]


def test_the_last_term_needs_no_empty_line_after_it(tmp_path: Path) -> None:
    assert len(read(tmp_path, "[Term]\nid: DOID:1\nname: a")[0]) == 1
