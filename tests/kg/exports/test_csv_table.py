"""CSV has a line a piece of evidence."""

import csv
import gzip
from pathlib import Path

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from tests.kg.exports.readers import counted, rows


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
