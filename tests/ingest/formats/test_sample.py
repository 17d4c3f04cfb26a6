"""The bundled sample is what it claims to be."""

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from ingest.document import Document
from ingest.formats.sources import read_source, sample_path


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
