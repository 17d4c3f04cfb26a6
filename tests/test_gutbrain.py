"""The public face: its names, its examples, and what it adds to the rooms behind it."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import gutbrain
from app.cli import app
from app.settings import Settings
from gutbrain import Graph, MentionRow, NamingError, annotate, mention_rows, open_graph
from ingest.formats.sources import sample_path
from tests.endpoint_server import endpoint

DOCUMENT = Path(__file__).parents[1] / "docs" / "python.md"
BROKEN = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">99900002</PMID>
<Article><ArticleTitle>&nosuchentity;</ArticleTitle></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the sample's graph in ``data``, and the sample itself."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "abstracts.xml").write_bytes(sample_path().read_bytes())
    done = CliRunner().invoke(app, ["run", "--data", str(folder / "data")])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def graph(folder: Path) -> Iterator[Graph]:
    graph = open_graph(folder / "data")
    yield graph
    graph.close()


def test_the_public_names_are_these() -> None:
    assert sorted(gutbrain.__all__) == gutbrain.__all__ == [
        "AnnotatedDocument", "Document", "Extractor", "Graph", "MentionRow", "NamingError",
        "Passage", "RelationRow", "annotate", "load_extractor", "mention_rows", "open_graph",
        "read_documents", "relation_rows",
    ]  # fmt: skip
    assert all(getattr(gutbrain, name).__doc__ for name in gutbrain.__all__)


def test_every_public_name_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in gutbrain.__all__ if f"`{name}" not in text] == []


def test_the_examples_of_the_documentation_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    text = DOCUMENT.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    for block in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        padding = "\n" * text.count("\n", 0, block.start(1))  # so that errors name the right line
        exec(compile(padding + block[1], str(DOCUMENT), "exec"), names)
    assert {"Akkermansia muciniphila", "Butyrate", "depression"} <= set(names["mentions"].text)
    assert names["relations"].predicate.notna().all()
    assert set(names["sentences"].pmid) >= {"99000003"}
    assert len(names["strong"]) > 0
    assert names["choices"][0] == "NCIT:C26845"
    assert len(names["taxa"]) > 0


def test_strings_are_numbered_and_documents_keep_their_names() -> None:
    document = gutbrain.Document("7", (gutbrain.Passage("title", "Butyrate"),))
    found = [read.document.pmid for read in annotate(["Butyrate", document, "Butyrate"])]
    assert found == ["1", "7", "3"]
    assert [read.document.pmid for read in annotate("Butyrate")] == ["1"]


def test_a_mention_row_names_its_concept() -> None:
    (row,) = mention_rows(annotate(["Butyrate"]))
    assert isinstance(row, MentionRow)
    assert row[:6] == ("1", "abstract", 0, 8, "Butyrate", "chemical")
    assert (row.concept, row.name) == ("CHEBI:17968", "butyrate")


def test_a_record_that_cannot_be_read_is_logged_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.xml").write_text(BROKEN)
    with caplog.at_level(logging.WARNING):
        assert list(gutbrain.read_documents(tmp_path)) == []
    assert "99900002" in caplog.text


def test_relations_are_in_order_and_narrowed(graph: Graph) -> None:
    rows = graph.relations("parkinson's disease")
    papers = [int(str(row["papers"])) for row in rows]
    assert papers == sorted(papers, reverse=True)
    assert all("NCIT:C26845" in {row["subject_id"], row["object_id"]} for row in rows)
    bacteria = graph.relations("NCIT:C26845", of_type="bacteria")
    assert 0 < len(bacteria) < len(rows)
    assert {"bacteria"} == {r["subject_type"] for r in bacteria if r["subject_type"] != "DDF"}
    influence = graph.relations("NCIT:C26845", predicate="influence")
    assert {row["predicate"] for row in influence} == {"influence"}
    assert all(float(str(row["belief"])) >= 0.7 for row in graph.relations(min_belief=0.7))
    weakest = min(float(str(row["belief"])) for row in rows)
    assert len(graph.relations("NCIT:C26845", min_belief=weakest)) == len(rows)
    assert len(graph.relations()) > len(rows)
    with pytest.raises(NamingError, match="similar names"):
        graph.relations("parkinson")


def test_evidence_has_the_sentence_and_its_relation(graph: Graph) -> None:
    first, second, *_ = graph.relations("NCIT:C26845", of_type="bacteria")
    rows = graph.evidence([first, str(second["assertion"])])
    assert {row["assertion"] for row in rows} == {first["assertion"], second["assertion"]}
    for row in rows:
        assert str(row["subject_text"]) in str(row["sentence"])
        assert row["stance"] in {"supports", "opposes"}
    assert graph.evidence([]) == []


def test_a_query_gives_plain_values(graph: Graph) -> None:
    assert graph.query("ASK { ?s ?p ?o }") == [{"answer": True}]
    (row,) = graph.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert isinstance(row["n"], int)
    by_name, by_identifier = (
        graph.query("taxa_for_disease", disease=disease, limit=2)
        for disease in ("Parkinson's disease", "NCIT:C26845")
    )
    assert by_name == by_identifier
    assert len(by_name) == 2


def test_a_server_answers_like_the_folder(folder: Path, graph: Graph) -> None:
    with endpoint(Settings(data=folder / "data")) as address:
        there = open_graph(f"{address}/repositories/gutbrain")
        try:
            assert there.relations("NCIT:C26845") == graph.relations("NCIT:C26845")
            assert set(there.network()) == set(graph.network())
        finally:
            there.close()


def test_a_folder_is_opened_whatever_server_is_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUTBRAIN_STORE", "http://127.0.0.1:9/repositories/x")
    assert len(open_graph(folder / "data").search("butyrate")) == 1
