"""The whole way, on the bundled sample: records in, a graph out, and what later records change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.report import GraphUpdate, Harvested
from app.settings import Settings, archive_path, graph_root
from app.update import run
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.archive.archive import Archive
from ingest.formats.sources import sample_path
from kg.graph.catalogue import ask
from kg.snapshots.snapshot import current_snapshot
from kg.stores import Row
from kg.stores.embedded import EmbeddedStore
from ontology.lexicon import starter_lexicon

RETRACTED, REVISED = "99000022", "99000024"
PREFIXES = "PREFIX gb: <https://w3id.org/gutbrain/ontology#>\n"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    names = RecognizerName.LEXICON, RelationMethod.COUNTS
    return load_extractor(*names, None, starter_lexicon())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, extractor: Extractor) -> Path:
    data = tmp_path_factory.mktemp("sample")
    read(data, extractor, sample_path())
    return data


def quiet(_what: str, _done: int, _total: int) -> None:
    """Take a progress report and drop it."""


def read(data: Path, extractor: Extractor, *sources: Path) -> tuple[Harvested, GraphUpdate]:
    """What came from the sources, and what became of the graph."""
    report = run(sources, Settings(data=data), lambda: extractor, quiet)
    assert report.harvest is not None
    assert report.graph is not None
    return report.harvest, report.graph


def graph(data: Path) -> EmbeddedStore:
    snapshot = current_snapshot(graph_root(data))
    assert snapshot is not None
    return EmbeddedStore.open_read_only(snapshot.graph)


def rows(data: Path, query: str) -> Iterator[Row]:
    return graph(data).select(PREFIXES + query)


def values(data: Path, query: str) -> list[tuple[str, ...]]:
    return [tuple(getattr(t, "value", "") for t in row.values()) for row in rows(data, query)]


def papers_with_evidence(data: Path) -> set[str]:
    query = "SELECT DISTINCT ?pmid { ?e gb:article ?a . ?a gb:pmid ?pmid }"
    return {pmid for (pmid,) in values(data, query)}


def dump(data: Path) -> str:
    return "\n".join(sorted(map(str, graph(data).quads())))


def test_the_sample_answers_the_question_about_taxa_and_parkinson_s_disease(sample: Path) -> None:
    found = list(ask(graph(sample), "taxa_for_disease"))
    assert "Prevotella" in {getattr(row["name"], "value", None) for row in found}
    assert all(getattr(row["sentence"], "value", "") for row in found)


def test_every_evidence_quotes_its_article_at_its_offsets(sample: Path) -> None:
    query = """SELECT ?pmid ?passage ?start ?end ?text ?sentence ?at {
      ?e gb:article ?a ; gb:sentence ?sentence ; gb:subjectPassage ?passage ;
         gb:subjectStart ?start ; gb:subjectEnd ?end ; gb:subjectText ?text ; gb:subjectAt ?at .
      ?a gb:pmid ?pmid }"""
    found = values(sample, query)
    assert len(found) > 50
    with Archive(archive_path(sample)) as archive:
        for pmid, passage, start, end, text, sentence, at in found:
            document = archive.document(pmid)
            assert document is not None
            assert document.text_of(passage)[int(start) : int(end)] == text
            assert sentence[int(at) :].startswith(text)


def test_a_retracted_paper_is_there_without_evidence(sample: Path) -> None:
    query = "SELECT ?pmid { ?a gb:isRetracted true ; gb:pmid ?pmid }"
    assert values(sample, query) == [(RETRACTED,)]
    assert RETRACTED not in papers_with_evidence(sample)


def test_of_a_revised_paper_the_last_version_speaks(sample: Path) -> None:
    query = f'SELECT DISTINCT ?v {{ ?a gb:pmid "{REVISED}" ; gb:recordVersion ?v }}'
    assert values(sample, query) == [("2",)]


def test_two_fresh_graphs_of_the_same_records_are_the_same_to_the_byte(
    sample: Path, tmp_path: Path, extractor: Extractor
) -> None:
    read(tmp_path, extractor, sample_path())
    assert dump(tmp_path) == dump(sample)


def test_a_second_run_publishes_no_new_snapshot(tmp_path: Path, extractor: Extractor) -> None:
    read(tmp_path, extractor, sample_path())
    first = current_snapshot(graph_root(tmp_path))
    _, again = read(tmp_path, extractor, sample_path())
    assert (again.loaded, again.extracted) == (0, 0)
    assert current_snapshot(graph_root(tmp_path)) == first


def test_a_deleted_paper_takes_its_evidence_along(tmp_path: Path, extractor: Extractor) -> None:
    read(tmp_path, extractor, sample_path())
    gone = min(papers_with_evidence(tmp_path))
    notice = tmp_path / "update.xml"
    notice.write_text(
        f'<PubmedArticleSet><DeleteCitation><PMID Version="1">{gone}</PMID></DeleteCitation>'
        "</PubmedArticleSet>"
    )
    _, graph_update = read(tmp_path, extractor, notice)
    assert graph_update.withdrawn == 1
    assert gone not in papers_with_evidence(tmp_path)
    assert values(tmp_path, f'SELECT ?a {{ ?a gb:pmid "{gone}" }}') == []


def test_a_later_retraction_withdraws_exactly_that_paper_s_evidence(
    tmp_path: Path, extractor: Extractor
) -> None:
    read(tmp_path, extractor, sample_path())
    before = papers_with_evidence(tmp_path)
    text = sample_path().read_text(encoding="utf-8")
    pmid = "99000001"
    start = text.rindex("<PubmedArticle>", 0, text.index(f">{pmid}</PMID>"))
    record = text[start : text.index("</PubmedArticle>", start)] + "</PubmedArticle>"
    plain = record.replace("Journal Article<", "Retracted Publication<", 1)
    assert plain != record
    later = tmp_path / "later.xml"
    later.write_text(f"<PubmedArticleSet>{plain}</PubmedArticleSet>", encoding="utf-8")
    read(tmp_path, extractor, later)
    assert before - papers_with_evidence(tmp_path) == {pmid}


def test_a_file_that_breaks_off_loses_only_what_it_lacks(
    tmp_path: Path, extractor: Extractor
) -> None:
    text = sample_path().read_text(encoding="utf-8")
    cut = tmp_path / "cut.xml"
    cut.write_text(text[: text.rindex("<PubmedArticle>") + 40], encoding="utf-8")
    harvest, graph_update = read(tmp_path, extractor, cut, sample_path())
    (problem,) = harvest.problems
    assert "cut.xml" in problem
    assert (harvest.got, harvest.is_complete, graph_update.loaded) == (28, False, 28)
