"""Files for spreadsheets hold no formula, and all that a list has."""

from app.explorer.downloads import (
    EVIDENCE_COLUMNS,
    RELATION_COLUMNS,
    as_csv,
    as_json,
    evidence_cells,
    relation_cells,
)
from extract.annotation import Pipeline
from kg.article import Article
from kg.assertion import Assertion, Citation, Claim, Edge, Evidence
from kg.sentence.cues import Cues, Polarity
from kg.sentence.quotation import Quotation, Span
from kg.sentence.study import StudyKind
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

TAXON = Concept("NCBITaxon:853", "F. prausnitzii", EntityType.BACTERIA)
DISEASE = Concept("HP:0000739", "anxiety", EntityType.DDF)
CLAIM = Claim(TAXON.curie, Predicate.INFLUENCE, DISEASE.curie)
STATED = Assertion(CLAIM, 2, 3, 0.94, is_believed=True, years=((2019, 1), (2021, 1)),
                   opposing_paper_count=1)  # fmt: skip
EDGE = Edge("https://w3id.org/gutbrain/assertion/ab", STATED, TAXON, DISEASE)
QUOTATION = Quotation(
    "F. prausnitzii lowers anxiety", Span("abstract", 0, 14, "F. prausnitzii"), 0,
    Span("abstract", 22, 29, "anxiety"), 22,
)  # fmt: skip
EVIDENCE = Evidence(
    "7", 1, QUOTATION, 0.8, "https://w3id.org/gutbrain/run/0f",
    Cues(Polarity.DECREASE, is_negated=True, is_speculative=True),
)  # fmt: skip
KINDS = (StudyKind.HUMAN, StudyKind.ANIMAL)
ARTICLE = Article("7", title="Mice", journal="Gut", year=2021, study_kinds=KINDS)
CITATION = Citation(
    "https://w3id.org/gutbrain/evidence/cd", EVIDENCE, ARTICLE, Pipeline("a", "b", "c", "d")
)


def test_a_cell_that_a_spreadsheet_would_run_is_defused() -> None:
    cells = ("=1+1", "+1", "-1", "@a", "1-methyl", -0.5)

    written = as_csv(["a"] * 6, [cells]).decode("utf-8-sig").splitlines()[1]

    assert written == "'=1+1,'+1,'-1,'@a,1-methyl,-0.5"


def test_csv_begins_with_the_mark_that_excel_needs() -> None:
    assert as_csv(["ä"], []) == b"\xef\xbb\xbf\xc3\xa4\r\n"


def test_json_is_a_list_of_objects() -> None:
    assert as_json(["a", "b"], [("ä", 1)]) == '[\n {\n  "a": "ä",\n  "b": 1\n }\n]'.encode()


def test_a_relation_has_a_cell_for_each_column() -> None:
    row = dict(zip(RELATION_COLUMNS, relation_cells(EDGE), strict=True))

    assert row == {
        "subject_id": "NCBITaxon:853", "subject": "F. prausnitzii", "subject_type": "bacteria",
        "predicate": "influence", "object_id": "HP:0000739", "object": "anxiety",
        "object_type": "DDF", "papers": 2, "opposing_papers": 1, "belief": 0.94,
        "first_year": 2019, "last_year": 2021, "assertion": "ab",
    }  # fmt: skip


def test_evidence_has_a_cell_for_each_column() -> None:
    row = dict(zip(EVIDENCE_COLUMNS, evidence_cells(EDGE, CITATION), strict=True))

    assert row == {
        "subject_id": "NCBITaxon:853", "subject": "F. prausnitzii", "predicate": "influence",
        "object_id": "HP:0000739", "object": "anxiety", "pmid": "7", "year": 2021,
        "journal": "Gut", "title": "Mice", "is_retracted": False, "passage": "abstract",
        "sentence": "F. prausnitzii lowers anxiety", "subject_text": "F. prausnitzii",
        "subject_at": 0, "object_text": "anxiety", "object_at": 22, "says": "against",
        "direction": "decrease", "is_speculative": True, "study_kinds": "animal; human",
        "score": 0.8, "recognizer": "a", "relation_method": "b", "pipeline_version": "0f",
        "evidence": "cd",
    }  # fmt: skip


def test_evidence_of_a_run_that_is_not_described_has_no_methods() -> None:
    citation = Citation(CITATION.iri, EVIDENCE, ARTICLE)
    row = dict(zip(EVIDENCE_COLUMNS, evidence_cells(EDGE, citation), strict=True))

    assert (row["recognizer"], row["relation_method"], row["pipeline_version"]) == ("", "", "0f")
