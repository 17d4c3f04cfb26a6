"""Every record of the real files parses, and says what an independent reading says."""

import gzip
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.sources import read_source

FILES = ("bulk/*.xml.gz", "bulk/*.xml", "eutils/pubmed*.xml")


@pytest.fixture(scope="module")
def pairs(data_folder: Path) -> list[tuple[ET.Element, Document]]:
    files = sorted(file for glob in FILES for file in (data_folder / "pubmed").glob(glob))
    return [pair for file in files for pair in read_twice(file)]


def read_twice(file: Path) -> Iterator[tuple[ET.Element, Document]]:
    content = file.read_bytes()
    content = gzip.decompress(content) if file.suffix == ".gz" else content
    elements = ET.fromstring(content).findall("PubmedArticle")
    records = list(read_source(file))
    assert len(records) == len(elements)
    for element, record in zip(elements, records, strict=True):
        assert isinstance(record, Document)
        yield element, record


def said(element: ET.Element | None) -> str:
    return re.sub(
        r"[ \t\n\r]+", " ", "".join(element.itertext() if element is not None else "")
    ).strip()


def said_by_all(elements: list[ET.Element]) -> tuple[str, ...]:
    return tuple(text for element in elements if (text := said(element)))


def test_no_record_is_lost(pairs: list[tuple[ET.Element, Document]]) -> None:
    assert len(pairs) == 328
    assert [document.pmid for _, document in pairs] == [
        said(element.find("MedlineCitation/PMID")) for element, _ in pairs
    ]


def test_titles_are_whole(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        assert document.title == said(element.find("MedlineCitation/Article/ArticleTitle"))


def test_abstracts_are_whole(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        parts = element.findall("MedlineCitation/Article/Abstract/AbstractText")
        labelled = [
            f"{part.attrib['Label']}: {said(part)}" if part.get("Label") else said(part)
            for part in parts
            if said(part)
        ]
        assert document.text_of("abstract") == " ".join(labelled)


def test_sections_cut_the_abstract_into_its_parts(
    pairs: list[tuple[ET.Element, Document]],
) -> None:
    structured = [p for _, document in pairs for p in document.passages if p.sections]
    assert len(structured) >= 41
    for passage in structured:
        for section in passage.sections:
            assert passage.text[section.start : section.end].startswith(section.label)
        assert passage.sections[-1].end == len(passage.text)


def test_the_lists_are_whole(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        citation = element.find("MedlineCitation")
        assert citation is not None
        assert document.mesh == said_by_all(
            citation.findall("MeshHeadingList/MeshHeading/DescriptorName")
        )
        assert document.chemicals == said_by_all(
            citation.findall("ChemicalList/Chemical/NameOfSubstance")
        )
        assert document.keywords == said_by_all(citation.findall("KeywordList/Keyword"))
        assert document.languages == said_by_all(citation.findall("Article/Language"))
        assert len(document.authors) == len(citation.findall("Article/AuthorList/Author"))
        assert len(document.translations) == len(citation.findall("OtherAbstract"))
        assert document.publication_types == said_by_all(
            citation.findall("Article/PublicationTypeList/PublicationType")
        )


def test_every_record_has_a_year_a_journal_a_status_and_its_own_pmid_among_its_identifiers(
    pairs: list[tuple[ET.Element, Document]],
) -> None:
    for _, document in pairs:
        assert document.year
        assert document.journal
        assert document.status
        assert [v for kind, v in document.identifiers if kind == "pubmed"] == [document.pmid]
        assert sum(kind == "doi" for kind, _ in document.identifiers) <= 1


def test_the_retracted_article_is_known(pairs: list[tuple[ET.Element, Document]]) -> None:
    assert sum(document.is_retracted for _, document in pairs) == 1
