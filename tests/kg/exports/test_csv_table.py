"""CSV has a line a piece of evidence."""

import csv
import gzip
from pathlib import Path

from extract.annotation import Pipeline
from kg.article import Article
from kg.assertion import Assertion, Citation, Claim, Edge, Evidence
from kg.exports.csv_table import (
    ASSERTION_COLUMNS,
    EVIDENCE_COLUMNS,
    assertion_cells,
    evidence_cells,
)
from kg.exports.formats import Format, export
from kg.sentence.cues import Cues, Polarity
from kg.sentence.quotation import Quotation, Span
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate
from tests.kg.exports.readers import counted, rows

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


def test_csv_has_a_line_a_piece_of_evidence(graph: EmbeddedStore, tmp_path: Path) -> None:
    count, _ = export(graph, Format.CSV, tmp_path / "e.csv.gz")
    with gzip.open(tmp_path / "e.csv.gz", "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count == counted(graph, "?e gb:supports|gb:opposes ?a")
    assert [row["assertion"] for row in rows] == sorted(row["assertion"] for row in rows)
    for row in rows:
        at = int(row["subject_at"])
        assert row["sentence"][at : at + len(row["subject_text"])] == row["subject_text"]
        assert row["pmid"].isdecimal()
        assert 0 < float(row["weight"]) <= float(row["score"]) <= 1
        assert 0 <= float(row["belief"]) <= 1


def test_csv_tells_which_evidence_denies(denied: EmbeddedStore, tmp_path: Path) -> None:
    export(denied, Format.CSV, tmp_path / "e.csv")
    against, in_favour = rows(tmp_path / "e.csv", ",")
    assert (against["stance"], against["polarity"], against["pmid"]) == ("opposes", "noChange", "1")
    assert against["study_kinds"] == "animalStudy|humanStudy"
    assert (in_favour["stance"], in_favour["is_speculative"]) == ("supports", "true")
    assert (in_favour["score"], in_favour["weight"]) == ("0.6", "0.3")
    assert {row["disbelief"] for row in (against, in_favour)} == {"0.8"}


def test_a_relation_has_a_cell_for_each_column() -> None:
    row = dict(zip(ASSERTION_COLUMNS, assertion_cells(EDGE), strict=True))

    assert {name: value for name, value in row.items() if not name.endswith("_papers")} == {
        "assertion": EDGE.iri, "subject_id": "NCBITaxon:853", "subject": "F. prausnitzii",
        "subject_type": "bacteria", "predicate": "influence", "object_id": "HP:0000739",
        "object": "anxiety", "object_type": "DDF", "belief": 0.94, "is_believed": True,
        "papers": 2, "evidence_count": 3, "first_year": 2019, "last_year": 2021,
        "disbelief": 0.0, "opposing_evidence_count": 0,
    }  # fmt: skip
    assert row["opposing_papers"] == 1


def test_evidence_has_a_cell_for_each_column() -> None:
    row = dict(zip(EVIDENCE_COLUMNS, evidence_cells(CITATION), strict=True))

    assert row == {
        "evidence": CITATION.iri, "pmid": "7", "year": 2021, "journal": "Gut", "title": "Mice",
        "is_retracted": False, "study_kinds": "animalStudy|humanStudy", "stance": "opposes",
        "polarity": "decrease", "is_speculative": True, "score": 0.8, "weight": 0.4,
        "sentence": "F. prausnitzii lowers anxiety", "subject_text": "F. prausnitzii",
        "subject_passage": "abstract", "subject_start": 0, "subject_end": 14, "subject_at": 0,
        "object_text": "anxiety", "object_passage": "abstract", "object_start": 22,
        "object_end": 29, "object_at": 22, "recognizer": "a", "relation_method": "b",
        "pipeline_version": "0f",
    }  # fmt: skip


def test_evidence_of_a_run_that_is_not_described_has_no_methods() -> None:
    citation = Citation(CITATION.iri, EVIDENCE, ARTICLE)
    row = dict(zip(EVIDENCE_COLUMNS, evidence_cells(citation), strict=True))

    assert (row["recognizer"], row["relation_method"], row["pipeline_version"]) == ("", "", "0f")
