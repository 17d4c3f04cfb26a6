"""Predictions from any source that we read, as GutBrainIE JSON or as a table."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.commands.models import app
from app.prediction import COLUMNS, PredictionFormat, predict, unsaid, write_predictions
from extract.annotation import AnnotatedDocument, Mention, Relation
from extract.corpus import CorpusError, read_corpus
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.document import Document
from ingest.formats.gutbrainie import GutBrainIEError
from ingest.formats.sources import SourceError, read_source, sample_path
from ontology.lexicon import starter_lexicon
from ontology.schema import Predicate

TEXT = "Akkermansia muciniphila reduced anxiety in mice."
NBIB = f"PMID- 7\nOWN - NLM\nTI  - {TEXT}\nAB  - Nothing else.\n"


def entry(text: str = TEXT, **more: object) -> dict[str, object]:
    return {"metadata": {"title": text, "abstract": "Nothing else."}, **more}


@pytest.fixture(scope="module")
def floor() -> Extractor:
    names = RecognizerName.LEXICON, RelationMethod.COUNTS
    return load_extractor(*names, None, starter_lexicon())


def found_in(
    extractor: Extractor, *sources: Path, gold: bool = False
) -> tuple[AnnotatedDocument, ...]:
    return predict(sources, extractor, gold_entities=gold, report=lambda _: None).documents


def texts(found: tuple[AnnotatedDocument, ...]) -> list[list[str]]:
    return [[mention.text for mention in read.mentions] for read in found]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """One sentence in four formats, a folder of them."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps({"1": entry()}), encoding="utf-8")
    (folder / "b.json.gz").write_bytes(gzip.compress(json.dumps({"2": entry()}).encode()))
    (folder / "c.nbib").write_text(NBIB, encoding="utf-8")
    (folder / "d.xml.gz").write_bytes(gzip.compress(sample_path().read_bytes()))
    return folder


class Knowing:
    """A model that was made for some predicates."""

    def __init__(self, *predicates: Predicate) -> None:
        self.predicates = frozenset(predicates)

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        return ()


def test_what_a_model_was_not_made_for_is_said(floor: Extractor) -> None:
    assert unsaid(replace(floor, relations=Knowing(*Predicate))) == ""
    known = set(Predicate) - {Predicate.IS_A, Predicate.STRIKE}
    assert unsaid(replace(floor, relations=Knowing(*known))) == "it never says: is a, strike"


def test_every_format_that_a_run_reads_can_be_predicted(floor: Extractor, sources: Path) -> None:
    found = found_in(floor, sources)
    documents = {d.pmid: d for d in read_source(sources) if isinstance(d, Document)}
    assert [read.document for read in found] == list(documents.values())
    assert texts(found)[:3] == [["Akkermansia muciniphila", "anxiety", "mice"]] * 3
    assert found_in(floor, *sorted(sources.iterdir())) == found


def test_of_two_records_of_one_pmid_the_last_counts(floor: Extractor, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps({"1": entry(), "2": entry()}), encoding="utf-8")
    other.write_text(json.dumps({"1": entry("Mice.")}), encoding="utf-8")
    found = found_in(floor, one, other)
    assert [read.document.pmid for read in found] == ["1", "2"]
    assert texts(found)[0] == ["Mice"]


def test_a_record_that_cannot_be_read_is_a_line_and_the_rest_is_written(
    floor: Extractor, tmp_path: Path
) -> None:
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"1": {"metadata": {}}, "2": entry()}), encoding="utf-8")
    done = predict([path], floor, report=lambda _: None)
    assert [read.document.pmid for read in done.documents] == ["2"]
    assert done.rejected == (f"{path}: PMID 1: title is missing or not a text",)


def test_a_file_that_cannot_be_read_is_a_line_and_the_rest_is_written(
    floor: Extractor, sources: Path
) -> None:
    (sources / "b.xml").write_text("<html/>")
    (sources / "c.xml").write_bytes(b"<PubmedArticleSet><PubmedArticle>")
    done = predict([sources], floor, report=lambda _: None)
    assert {"1", "2", "7"} < {read.document.pmid for read in done.documents}
    assert [line.partition(":")[0] for line in done.rejected] == [
        str(sources / name) for name in ("b.xml", "c.xml")
    ]


def test_entities_of_a_file_are_taken_on_demand(floor: Extractor, tmp_path: Path) -> None:
    path = tmp_path / "gold.json"
    mice = {"start_idx": 43, "end_idx": 46, "location": "title", "text_span": "mice"}
    content = {"1": entry(entities=[mice | {"label": "animal"}])}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert texts(found_in(floor, path, gold=True)) == [["mice"]]
    assert len(texts(found_in(floor, path))[0]) == 3
    with pytest.raises(CorpusError, match=r"sample\.xml: only GutBrainIE JSON brings entities"):
        found_in(floor, sample_path(), gold=True)


def test_what_is_written_as_json_reads_back(
    floor: Extractor, sources: Path, tmp_path: Path
) -> None:
    found, out = found_in(floor, sources / "c.nbib"), tmp_path / "p.json"
    write_predictions(found, out, floor.thresholds)
    (read,) = read_corpus(out)
    assert [m.text for m in read.mentions] == texts(found)[0]
    assert {"uri"} & json.loads(out.read_text())["7"]["entities"][0].keys() == set()
    write_predictions(found, out, floor.thresholds, spell=floor.linker.spell)
    assert json.loads(out.read_text())["7"]["entities"][2]["uri"].startswith("http")


def test_a_table_has_a_row_an_entity_and_a_row_a_relation(
    floor: Extractor, sources: Path, tmp_path: Path
) -> None:
    found, out = found_in(floor, sources / "c.nbib"), tmp_path / "p.csv"
    least = replace(floor.thresholds, mention=0.0)
    write_predictions(found, out, least)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    (read,) = found
    kinds = ["entity"] * len(read.mentions) + ["relation"] * len(read.relations)
    assert [row["kind"] for row in rows] == kinds
    assert {row["pmid"] for row in rows} == {"7"}
    for row, mention in zip(rows, read.mentions, strict=False):
        assert TEXT[int(row["start"]) : int(row["end"])] == row["text"] == mention.text
        assert (row["type"], row["concept"]) == (mention.type, mention.concept)
        assert (row["predicate"], row["object_text"]) == ("", "")
    for row, relation in zip(rows[len(read.mentions) :], read.relations, strict=True):
        said = (row["text"], row["predicate"], row["object_text"])
        assert said == (relation.subject.text, relation.predicate, relation.object.text)
        assert float(row["score"]) == pytest.approx(relation.score, abs=5e-5)


def test_relations_under_the_mention_threshold_are_in_no_table(
    floor: Extractor, sources: Path, tmp_path: Path
) -> None:
    found, out = found_in(floor, sources / "c.nbib"), tmp_path / "p.csv"
    write_predictions(found, out, replace(floor.thresholds, mention=1.1))
    assert "relation" not in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "form", "start"),
    [
        ("p.json", None, b'{"7": '),
        ("p.txt", None, b'{"7": '),
        ("p.csv", None, b"kind,pmid,"),
        ("p.txt", PredictionFormat.CSV, b"kind,pmid,"),
        ("p.csv", PredictionFormat.JSON, b'{"7": '),
        ("p.csv.gz", None, b"\x1f\x8b"),
    ],
)
def test_the_format_is_that_of_the_name_or_the_one_named(
    floor: Extractor, sources: Path, tmp_path: Path, name: str, form: Any, start: bytes
) -> None:
    out = tmp_path / name
    write_predictions(found_in(floor, sources / "c.nbib"), out, floor.thresholds, form=form)
    assert out.read_bytes().startswith(start)


def test_a_text_that_a_spreadsheet_would_run_is_defused(floor: Extractor, tmp_path: Path) -> None:
    path, out = tmp_path / "gold.json", tmp_path / "p.csv"
    text = {"start_idx": 0, "end_idx": 4, "location": "title", "text_span": "=1+2)"}
    content = {"1": entry("=1+2)", entities=[text | {"label": "gene"}])}
    path.write_text(json.dumps(content), encoding="utf-8")
    write_predictions(found_in(floor, path, gold=True), out, floor.thresholds)
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert row["text"] == "'=1+2)"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("x.json", b"{}", GutBrainIEError),
        ("x.json", b"\x1f\x8bno gzip", ValueError),
        ("x.pdf", b"%PDF", SourceError),
        ("x.xml", b"<html/>", ValueError),
    ],
)
def test_what_is_no_source_is_one_line_and_nothing_is_written(
    floor: Extractor, tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        found_in(floor, path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_writes_the_rest_and_says_what_was_left(tmp_path: Path) -> None:
    path, out = tmp_path / "some.json", tmp_path / "p.csv"
    path.write_text(json.dumps({"1": {"metadata": {}}, "2": entry()}), encoding="utf-8")
    options = ["--ner", "lexicon", "--relations", "counts", "--out", str(out)]
    done = CliRunner().invoke(app, ["predict", str(path), *options])
    assert done.exit_code == 3
    assert "PMID 1: title is missing" in done.output
    assert "1 documents written to" in done.output
    assert out.read_text(encoding="utf-8").count("entity,2,") == 3
