from collections.abc import Sequence
from pathlib import Path

import pytest

from ontology.lexicon_writing import write_lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType as T
from ontology.vocabularies.assembling import assemble
from ontology.vocabularies.configuration import bundled_configurations, read_configuration
from ontology.vocabularies.reading import Tally, VocabularyError
from ontology.vocabularies.umls import UmlsSelection, read_umls

TECHNIQUE = "NCIT:C15188"
NINE = {
    T.ANATOMICAL_LOCATION: "T023", T.ANIMAL: "T015", T.BACTERIA: "T007", T.CHEMICAL: "T109",
    T.DDF: "T047", T.DRUG: "T121", T.FOOD: "T168", T.GENE: "T028", T.BIOMEDICAL_TECHNIQUE: "T170",
}  # fmt: skip
"""A semantic type for each; that of the technique is one that no gazetteer takes."""


def atom(  # noqa: PLR0913
    cui: str, name: str, *, lat: str = "ENG", ts: str = "P", stt: str = "PF", ispref: str = "Y",
    sab: str = "NCI", code: str = "C1", suppress: str = "N",
) -> str:  # fmt: skip
    """Write a row of MRCONSO: 18 cells, each with a separator after it."""
    cells = (cui, lat, ts, "L1", stt, "S1", ispref, "A1", "", "", "", sab, "PT", code, name, "0",
             suppress, "256")  # fmt: skip
    return "|".join(cells) + "|"


def semantic(cui: str, tui: str) -> str:
    return f"{cui}|{tui}|A1.2|Name|AT1|256|"


def relation(first: str, kind: str, second: str, suppress: str = "N") -> str:
    return f"{first}|A1|CUI|{kind}|{second}|A2|CUI||R1||NCI|NCI|||{suppress}|256|"


def meta(
    folder: Path,
    atoms: Sequence[str],
    semantics: Sequence[str] | None = (),
    relations: Sequence[str] | None = None,
) -> Path:
    made = folder / "META"
    made.mkdir()
    files = {"MRCONSO.RRF": atoms, "MRSTY.RRF": semantics, "MRREL.RRF": relations}
    for name, rows in files.items():
        if rows is not None:
            (made / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return made


def silent(what: str, done: int, total: int) -> None:
    """Report nothing."""


GENES = UmlsSelection(semantic_types={T.GENE: ("T028",)})
BELOW = UmlsSelection(children_of={T.BIOMEDICAL_TECHNIQUE: ("C0000001",)})
ANY = UmlsSelection()


def test_the_preferred_form_of_the_preferred_term_is_the_name(tmp_path: Path) -> None:
    rows = [
        atom("C0000001", "variant", ts="S"),
        atom("C0000001", "form", stt="VO"),
        atom("C0000001", "not preferred", ispref="N"),
        atom("C0000001", "the  name", sab="MSH", code="D000001"),
    ]
    (term,) = read_umls(meta(tmp_path, rows), Tally(), ANY)
    assert (term.curie, term.name) == ("UMLS:C0000001", "the name")
    assert term.synonyms == ("not preferred", "form", "variant")
    assert set(term.exact) == {"NCIT:C1", "MESH:D000001"}


def test_codes_of_hgnc_lose_their_second_prefix_and_others_are_left_out(tmp_path: Path) -> None:
    rows = [
        atom("C0000001", "TNF", sab="HGNC", code="HGNC:11892"),
        atom("C0000001", "x", sab="SNOMEDCT_US", code="7"),
        atom("C0000001", "y", sab="LNC", code="8"),
    ]
    (term,) = read_umls(meta(tmp_path, rows), Tally(), ANY)
    assert term.exact == ("HGNC:11892", "SNOMEDCT:7")


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("O", "obsolete"),
        ("E", "suppressed by an editor"),
        ("Y", "suppressed by its term type"),
    ],
)
def test_suppressed_and_obsolete_atoms_are_left_out_by_reason(
    tmp_path: Path, flag: str, reason: str
) -> None:
    rows = [atom("C0000001", "kept"), atom("C0000001", "gone", suppress=flag)]
    tally = Tally()
    (term,) = read_umls(meta(tmp_path, rows), tally, ANY)
    assert term.synonyms == ()
    assert tally.skipped == {reason: 1}


def test_languages_and_source_vocabularies_are_chosen(tmp_path: Path) -> None:
    rows = [
        atom("C0000001", "gut"),
        atom("C0000001", "Darm", lat="GER"),
        atom("C0000001", "bowel", sab="MSH"),
    ]
    folder, tally = meta(tmp_path, rows), Tally()
    (term,) = read_umls(folder, tally, UmlsSelection(vocabularies=("NCI",)))
    assert (term.name, term.synonyms) == ("gut", ())
    assert tally.skipped == {"language GER": 1, "another source vocabulary": 1}
    (term,) = read_umls(folder, Tally(), UmlsSelection(languages=()))
    assert term.synonyms == ("Darm", "bowel")


def test_bad_rows_are_named_by_line_and_lose_nothing_else(tmp_path: Path) -> None:
    rows = [
        atom("C0000001", "gut"),
        atom("C0000002", "one column short")[:-1],
        atom("D0000003", "no CUI"),
        atom("C0000004", " "),
        atom("C0000005", "brain"),
    ]
    folder = meta(tmp_path, rows)
    with (folder / "MRCONSO.RRF").open("ab") as stream:
        stream.write(atom("C0000006", "caf").encode() + b"\xe9\n")
    tally = Tally()
    terms = list(read_umls(folder, tally, ANY))
    assert [term.name for term in terms] == ["gut", "brain"]
    path = folder / "MRCONSO.RRF"
    assert tally.bad == 4
    assert tally.complaints[:3] == [
        f"{path}, line 2: expected 19 columns, found 18",
        f"{path}, line 3: 'D0000003' is no CUI",
        f"{path}, line 4: C0000004 has no name",
    ]
    assert tally.complaints[3].startswith(f"{path}, line 6: not UTF-8 (byte ")


def test_a_missing_mrsty_is_an_error_only_where_types_need_it(tmp_path: Path) -> None:
    folder = meta(tmp_path, [atom("C0000001", "TNF")], semantics=None)
    assert len(list(read_umls(folder, Tally(), ANY))) == 1
    with pytest.raises(VocabularyError, match=r"MRSTY\.RRF: no such file"):
        list(read_umls(folder, Tally(), GENES))


def test_a_missing_mrrel_is_an_error_where_children_are_wanted(tmp_path: Path) -> None:
    folder = meta(tmp_path, [atom("C0000001", "technique")])
    with pytest.raises(VocabularyError, match=r"MRREL\.RRF: no such file"):
        list(read_umls(folder, Tally(), BELOW))


def test_a_concept_is_of_every_type_that_its_semantic_types_make(tmp_path: Path) -> None:
    rows = [atom("C0000001", "insulin"), atom("C0000002", "study")]
    types = [semantic("C0000001", "T121"), semantic("C0000001", "T028")]
    selection = UmlsSelection(semantic_types={T.GENE: ("T028",), T.DRUG: ("T121", "T195")})
    tally = Tally()
    terms = list(read_umls(meta(tmp_path, rows, types), tally, selection))
    assert [(term.name, term.type) for term in terms] == [("insulin", T.DRUG), ("insulin", T.GENE)]
    assert tally.skipped == {"concept of another semantic type": 1}


def test_children_are_all_concepts_below_and_not_the_root(tmp_path: Path) -> None:
    rows = [atom(f"C000000{n}", f"name {n}") for n in range(1, 8)]
    relations = [
        relation("C0000002", "PAR", "C0000001"),  # the second is the first one's parent
        relation("C0000002", "CHD", "C0000003"),
        relation("C0000004", "RB", "C0000003"),
        relation("C0000004", "RN", "C0000005"),
        relation("C0000005", "CHD", "C0000002"),  # a circle
        relation("C0000001", "SIB", "C0000006"),
        relation("C0000001", "CHD", "C0000007", suppress="O"),
    ]
    tally = Tally()
    terms = read_umls(meta(tmp_path, rows, (), relations), tally, BELOW)
    assert [term.name for term in terms] == ["name 2", "name 3", "name 4", "name 5"]
    assert tally.skipped["relation obsolete"] == 1


def test_a_root_may_be_a_code_and_an_unknown_code_is_named(tmp_path: Path) -> None:
    rows = [atom("C0000001", "technique", code="C15188"), atom("C0000002", "PCR")]
    folder = meta(tmp_path, rows, (), [relation("C0000001", "CHD", "C0000002")])
    found = UmlsSelection(children_of={T.BIOMEDICAL_TECHNIQUE: (TECHNIQUE,)})
    assert [term.name for term in read_umls(folder, Tally(), found)] == ["PCR"]
    unknown = UmlsSelection(children_of={T.GENE: ("NCIT:C9",)})
    with pytest.raises(VocabularyError, match="no concept has the code NCIT:C9"):
        list(read_umls(folder, Tally(), unknown))


def test_a_hundred_thousand_rows_make_the_nine_gazetteers(tmp_path: Path) -> None:
    kinds = tuple(NINE)
    atoms, types, relations = [atom("C9000000", "root", code="C15188")], list[str](), list[str]()
    for n in range(50_000):
        cui, kind = f"C{n:07}", kinds[n % len(kinds)]
        atoms += [atom(cui, f"name {n}", code=f"C{n + 100_000}"), atom(cui, f"synonym {n}", ts="S")]
        types.append(semantic(cui, NINE[kind]))
        if kind is T.BIOMEDICAL_TECHNIQUE:
            relations.append(relation("C9000000", "CHD", cui))
    meta(tmp_path, atoms, types, relations)
    mine = tmp_path / "mine.toml"
    bundled = bundled_configurations()["gazetteers"].read_text(encoding="utf-8")
    mine.write_text(bundled.replace("# licences =", "licences ="), encoding="utf-8")
    made = assemble(read_configuration(mine), tmp_path, silent)
    description = write_lexicon(made.terms, tmp_path / "out")
    expected = {kind.value: 2 * len(range(at, 50_000, 9)) for at, kind in enumerate(kinds)}
    assert dict(description.types) == expected
    assert made.accounts[0].names == 100_000
    found = MappedLexicon.open(tmp_path / "out").find("synonym 5", T.DRUG)
    assert found is not None
    assert found.name == "name 5"


def test_the_gazetteers_are_not_made_without_agreement() -> None:
    with pytest.raises(VocabularyError, match="UMLS has the licence 'agreement'"):
        read_configuration(bundled_configurations()["gazetteers"])
