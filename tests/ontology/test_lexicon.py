import gzip
from pathlib import Path

import pytest

from ontology.concept import Concept
from ontology.lexicon import Lexicon, LexiconError, read_lexicon
from ontology.schema import EntityType

HEADER = "curie\ttype\tname\tsynonyms\tsame_as\n"
PARKINSON = (
    "NCIT:C26845\tDDF\tParkinson's disease\tPD|Parkinson disease\tMESH:D010300|UMLS:C0030567\n"
)
BUTYRATE = "CHEBI:17968\tchemical\tbutyrate\t\t\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "lexicon.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_line_becomes_a_concept(tmp_path: Path):
    lexicon = read_lexicon(written(tmp_path, HEADER + PARKINSON))
    assert lexicon.concepts["NCIT:C26845"] == Concept(
        curie="NCIT:C26845",
        name="Parkinson's disease",
        type=EntityType.DDF,
        synonyms=("PD", "Parkinson disease"),
        same_as=("MESH:D010300", "UMLS:C0030567"),
    )


def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path):
    packed = tmp_path / "lexicon.tsv.gz"
    packed.write_bytes(gzip.compress((HEADER + PARKINSON).encode()))
    assert read_lexicon(packed) == read_lexicon(written(tmp_path, HEADER + PARKINSON))


def test_windows_line_ends_are_no_part_of_a_cell(tmp_path: Path):
    path = tmp_path / "lexicon.tsv"
    path.write_bytes((HEADER + PARKINSON).replace("\n", "\r\n").encode())
    assert read_lexicon(path).concepts["NCIT:C26845"].same_as[-1] == "UMLS:C0030567"


@pytest.mark.parametrize("name", ["Parkinson's disease", "parkinson  DISEASE", "pd"])
def test_a_name_is_found_in_any_case_and_spacing(tmp_path: Path, name: str):
    found = read_lexicon(written(tmp_path, HEADER + PARKINSON)).find(name, EntityType.DDF)
    assert found is not None
    assert found.curie == "NCIT:C26845"


def test_a_name_is_found_within_its_type_only(tmp_path: Path):
    lexicon = read_lexicon(written(tmp_path, HEADER + PARKINSON))
    assert lexicon.find("PD", EntityType.GENE) is None
    assert lexicon.find("Parkinson", EntityType.DDF) is None


def test_two_types_may_share_a_name(tmp_path: Path):
    rows = "NCIT:C1\tfood\tfish\t\t\nNCIT:C2\tanimal\tfish\t\t\n"
    lexicon = read_lexicon(written(tmp_path, HEADER + rows))
    assert [(name, concept.curie) for name, concept in lexicon.names()] == [
        ("fish", "NCIT:C1"),
        ("fish", "NCIT:C2"),
    ]


def test_names_come_as_written_with_the_preferred_one_first(tmp_path: Path):
    lexicon = read_lexicon(written(tmp_path, HEADER + PARKINSON))
    names = [name for name, _ in lexicon.names()]
    assert names == ["Parkinson's disease", "PD", "Parkinson disease"]


def test_the_hash_depends_on_content_and_not_on_order(tmp_path: Path):
    one = read_lexicon(written(tmp_path, HEADER + PARKINSON + BUTYRATE)).hash
    assert read_lexicon(written(tmp_path, HEADER + BUTYRATE + PARKINSON)).hash == one
    assert read_lexicon(written(tmp_path, HEADER + PARKINSON)).hash != one
    assert len(one) == 64


def test_concepts_of_a_lexicon_cannot_be_changed(tmp_path: Path):
    lexicon = read_lexicon(written(tmp_path, HEADER + PARKINSON))
    with pytest.raises(TypeError):
        lexicon.concepts["CHEBI:1"] = lexicon.concepts["NCIT:C26845"]  # pyright: ignore[reportIndexIssue]


def test_a_lexicon_can_be_made_of_concepts():
    concept = Concept("CHEBI:17968", "butyrate", EntityType.CHEMICAL)
    assert Lexicon({concept.curie: concept}).find("Butyrate", EntityType.CHEMICAL) is concept


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("CHEBI:1\tcompound\tx\t\t\n", "line 2: 'compound' is not an entity type"),
        ("FOO:1\tchemical\tx\t\t\n", "line 2: 'FOO:1': unknown prefix"),
        ("CHEBI:1\tchemical\tx\t\tBAR:2\n", "line 2: 'BAR:2': unknown prefix"),
        ("CHEBI:1\tchemical\tx\n", "line 2: expected 5 columns, found 3"),
        ("\n", "line 2: expected 5 columns, found 1"),
        ("CHEBI:1\tchemical\t \t\t\n", "line 2: CHEBI:1 has no name"),
        (BUTYRATE + BUTYRATE, "line 3: CHEBI:17968 is in an earlier line too"),
        (
            BUTYRATE + "CHEBI:1\tchemical\tx\tButyrate\t\n",
            "line 3: duplicate name: CHEBI:17968 has 'butyrate' as chemical already",
        ),
        (
            "CHEBI:1\tchemical\tx\tX\t\n",
            "line 2: duplicate name: CHEBI:1 has 'x' as chemical already",
        ),
        ("", "no concepts"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, rows: str, complaint: str):
    path = written(tmp_path, HEADER + rows)
    with pytest.raises(LexiconError) as raised:
        read_lexicon(path)
    assert str(raised.value).startswith(str(path))
    assert str(raised.value).endswith(complaint)


def test_a_file_without_header_is_refused(tmp_path: Path):
    with pytest.raises(LexiconError, match="line 1: the header must be curie type name"):
        read_lexicon(written(tmp_path, PARKINSON))


def test_the_order_of_synonyms_and_references_does_not_change_the_hash():
    names, references = ("a", "b"), ("CHEBI:1", "CHEBI:2")
    concepts = [
        Concept("CHEBI:17968", "butyrate", EntityType.CHEMICAL, names[::way], references[::way])
        for way in (1, -1)
    ]
    assert len({Lexicon({concept.curie: concept}).hash for concept in concepts}) == 1
