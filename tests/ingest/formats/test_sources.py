"""Files and folders of any format, and the sample that comes with the package."""

import gzip
import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from ingest.document import Document
from ingest.formats import gutbrainie, record_splitter
from ingest.formats.record_splitter import IncompleteFileError
from ingest.formats.sources import (
    SourceError,
    read_source,
    read_sources,
    sample_path,
    source_files,
)

NBIB = b"PMID- 2\nTI  - Two\n"

JSON = json.dumps({"3": {"metadata": {"title": "Three", "abstract": "A"}}}).encode()


@pytest.fixture
def xml(pubmed_set: Callable[..., bytes], article: Callable[..., str]) -> bytes:
    return pubmed_set(article(1))


def pmids(path: Path) -> list[str | None]:
    return [record.pmid for record in read_source(path)]


@pytest.mark.parametrize("name", ["a.xml", "a.XML", "a.xml.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_pubmed_xml_is_read_compressed_or_not_whatever_the_name_says(
    tmp_path: Path, xml: bytes, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(xml))
    assert pmids(tmp_path / name) == ["1"]


@pytest.mark.parametrize("name", ["a.nbib", "a.txt", "a.medline"])
def test_medline_exports_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(NBIB)
    assert pmids(tmp_path / name) == ["2"]


@pytest.mark.parametrize(("name", "pack"), [("a.json", bytes), ("a.json.gz", gzip.compress)])
def test_gutbrainie_files_are_read(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(JSON))
    assert pmids(tmp_path / name) == ["3"]


def test_a_folder_is_read_in_order_without_what_is_hidden_or_unknown(
    tmp_path: Path, xml: bytes
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.json").write_bytes(JSON)
    (tmp_path / "b.nbib").write_bytes(NBIB)
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(xml))
    (tmp_path / "a.xml.gz.md5").write_text("not for us")
    (tmp_path / ".hidden.xml").write_text("not for us")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.xml").write_text("not for us")
    assert pmids(tmp_path) == ["1", "2", "3"]
    assert [file.name for file in source_files(tmp_path)] == ["a.xml.gz", "b.nbib", "a.json"]


def test_a_missing_file_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.xml: no such file or folder"):
        read_source(tmp_path / "none.xml")


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.gz"])
def test_an_unknown_format_is_named_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(SourceError, match=r"unknown format; supported are \.xml"):
        read_source(tmp_path / name)


def test_a_folder_of_nothing_we_know_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(SourceError, match="no file in it that we can read"):
        read_source(tmp_path)


def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_read(
    tmp_path: Path, xml: bytes
) -> None:
    folder, none = tmp_path / "folder", tmp_path / "none.xml"
    folder.mkdir()
    (folder / "a.xml").write_text("<html/>")
    (folder / "b.nbib").write_bytes(NBIB)
    (folder / "c.xml").write_bytes(xml.partition(b"</PubmedArticleSet>")[0])
    (folder / "d.json").write_bytes(JSON)
    errors = list[ValueError]()
    found = [record.pmid for record in read_sources((none, folder), errors.append)]
    assert found == ["2", "1", "3"]
    assert [str(error).partition(":")[0] for error in errors] == [
        str(path) for path in (none, folder / "a.xml", folder / "c.xml")
    ]


@pytest.mark.parametrize(("name", "content"), [("a.json.gz", JSON), ("a.nbib.gz", NBIB)])
def test_a_truncated_gzip_of_any_format_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(gzip.compress(content)[:-9])
    with pytest.raises(IncompleteFileError, match=rf"{name}: cut short or damaged"):
        pmids(tmp_path / name)


def test_a_gzip_of_several_members_and_padding_is_read_whole(tmp_path: Path, xml: bytes) -> None:
    middle = len(xml) // 2
    packed = gzip.compress(xml[:middle]) + gzip.compress(xml[middle:]) + b"\0" * 100
    (tmp_path / "a.xml.gz").write_bytes(packed)
    (record,) = read_source(tmp_path / "a.xml.gz")
    assert isinstance(record, Document)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [record for record in read_source(sample_path()) if isinstance(record, Document)]


def by_number(documents: list[Document], number: int) -> list[Document]:
    return [document for document in documents if document.pmid == str(99_000_000 + number)]


def test_nothing_of_it_is_rejected(documents: list[Document]) -> None:
    assert len(documents) == len(list(read_source(sample_path()))) == 29


def test_every_record_says_that_it_is_synthetic(documents: list[Document]) -> None:
    assert b"SYNTHETIC" in sample_path().read_bytes()[:200]
    assert {document.journal for document in documents} == {
        "Synthetic Journal of Gut-Brain Examples"
    }
    assert all(99_000_001 <= int(document.pmid) <= 99_000_099 for document in documents)
    notes = etree.parse(sample_path()).findall(".//GeneralNote")
    assert len(notes) == len(documents)


def test_it_is_valid_by_the_dtd_of_pubmed(data_folder: Path) -> None:
    dtd = etree.DTD(str(data_folder / "pubmed" / "dtd" / "pubmed_250101.dtd"))
    assert dtd.validate(etree.parse(sample_path())), dtd.error_log


def test_the_years_run_from_2016_to_2026(documents: list[Document]) -> None:
    assert {document.year for document in documents} == set(range(2016, 2027))


def test_it_holds_every_kind_of_record_that_a_reader_must_know(documents: list[Document]) -> None:
    types = Counter(kind for document in documents for kind in document.publication_types)
    assert {"Journal Article", "Review", "Randomized Controlled Trial", "Case Reports"} <= set(
        types
    )
    assert [d.pmid for d in documents if d.is_retracted] == ["99000022"]
    assert by_number(documents, 23)[0].corrections[0].kind == "RetractionOf"
    first, second = by_number(documents, 24)
    assert (first.version, second.version) == (1, 2)
    assert first.content_hash != second.content_hash
    assert not by_number(documents, 26)[0].text_of("abstract")
    assert by_number(documents, 27)[0].vernacular_title.startswith("Darmmikrobiota")
    assert by_number(documents, 14)[0].published == "2017 Nov-Dec"
    assert any(passage.sections for document in documents for passage in document.passages)


def test_markup_leaves_no_trace_in_the_text(documents: list[Document]) -> None:
    assert "Aβ1-42" in by_number(documents, 12)[0].text_of("abstract")
    assert "(109 CFU per day)" in by_number(documents, 1)[0].text_of("abstract")
    assert not any("</" in passage.text for document in documents for passage in document.passages)


def test_what_a_record_cites_is_not_its_own(documents: list[Document]) -> None:
    (document,) = by_number(documents, 12)
    assert [value for kind, value in document.identifiers if kind == "doi"] == [
        "10.5555/sjgbe.0012"
    ]


@pytest.mark.parametrize("name", ["a.xml", "a.json", "a.nbib.gz"])
def test_a_pipe_is_named_at_once_and_left_out_of_folders(
    tmp_path: Path, xml: bytes, name: str
) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match=rf"{name}: a pipe or a device; only files and folders"):
        read_source(tmp_path / name)
    (tmp_path / "b.xml").write_bytes(xml)
    assert pmids(tmp_path) == ["1"]


@pytest.mark.parametrize("name", ["a.xml.gz", "a.txt.gz", "a.json.gz"])
def test_what_unpacks_to_a_long_line_ends_with_one_error_in_bounded_memory(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gutbrainie, "LARGEST_FILE_BYTES", 1 << 22)
    monkeypatch.setattr(record_splitter, "LONGEST_RECORD_BYTES", 1 << 22)
    (tmp_path / name).write_bytes(gzip.compress(b"[" * (1 << 26)))
    tracemalloc.start()
    with pytest.raises(ValueError, match=rf"{name}: "):
        pmids(tmp_path / name)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 24 << 20
