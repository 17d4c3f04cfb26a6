"""Every record of the real files parses, and says what an independent reading says."""

import gzip
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.formats.sources import read_source

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


def test_names_and_identifiers_keep_step(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        headings = element.findall("MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName")
        kinds = element.findall("MedlineCitation/Article/PublicationTypeList/PublicationType")
        assert document.mesh_ids == tuple(heading.get("UI") for heading in headings)
        assert document.publication_type_ids == tuple(kind.get("UI", "") for kind in kinds)


def test_authors_are_named_in_order(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        authors = element.findall("MedlineCitation/Article/AuthorList/Author")
        for author, name in zip(authors, document.authors, strict=True):
            parts = [author.find(part) for part in ("LastName", "CollectiveName")]
            assert all(said(part) in name for part in parts)
            fore = said(author.find("ForeName")) or said(author.find("Initials"))
            assert name.startswith(fore)


def test_dates_and_versions_are_as_given(pairs: list[tuple[ET.Element, Document]]) -> None:
    for element, document in pairs:
        pmid = element.find("MedlineCitation/PMID")
        assert pmid is not None
        assert str(document.version) == pmid.get("Version", "1")
        assert document.revised == given_day(element.find("MedlineCitation/DateRevised"))
        assert document.history == tuple(
            (day.attrib["PubStatus"], given_day(day))
            for day in element.findall("PubmedData/History/PubMedPubDate")
        )
        printed = element.find("MedlineCitation/Article/Journal/JournalIssue/PubDate")
        assert document.published.split() == " ".join(map(said, printed or [])).split()


def given_day(element: ET.Element | None) -> date | None:
    if element is None:
        return None
    return date(*(int(said(element.find(part))) for part in ("Year", "Month", "Day")))


def test_a_record_has_its_own_identifiers_and_no_others(
    pairs: list[tuple[ET.Element, Document]],
) -> None:
    for element, document in pairs:
        own = {
            (found.get("IdType", "pubmed"), said(found))
            for found in element.findall("PubmedData/ArticleIdList/ArticleId")
        }
        electronic = {
            (found.attrib["EIdType"], said(found))
            for found in element.findall("MedlineCitation/Article/ELocationID")
            if found.get("ValidYN") != "N"
        }
        assert set(document.identifiers) == own | electronic
        assert len(document.identifiers) == len(own | electronic)


def test_corrections_and_translations_are_whole(
    pairs: list[tuple[ET.Element, Document]],
) -> None:
    for element, document in pairs:
        links = element.findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
        assert [(c.kind, c.pmid, c.source) for c in document.corrections] == [
            (link.attrib["RefType"], said(link.find("PMID")), said(link.find("RefSource")))
            for link in links
            if link.get("RefType") != "Cites"
        ]
        others = element.findall("MedlineCitation/OtherAbstract")
        for other, (language, text) in zip(others, document.translations, strict=True):
            assert language == other.get("Language", "eng")
            assert all(said(part) in text for part in other.findall("AbstractText"))
        assert document.vernacular_title == said(
            element.find("MedlineCitation/Article/VernacularTitle")
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
