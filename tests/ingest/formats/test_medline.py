"""What a PubMed record says arrives in the Document."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest

from ingest.document import Correction, Deletion, Document, Record, Section
from ingest.formats.medline import read_records

ReadOne = Callable[..., Document]
Read = Callable[..., tuple[Record, ...]]


def abstract(*parts: str) -> str:
    return f"<Abstract>{''.join(parts)}</Abstract>"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("H<sub>2</sub>O<sub>2</sub> is", "H2O2 is"),
        ("of <i>E. <b>coli</b></i> K12.", "of E. coli K12."),
        ("<i>Whole</i>", "Whole"),
        ("through PTEN<sup>+</sup>/PI3K", "through PTEN+/PI3K"),
        ("p &lt; 0.05 &amp; &#945; = 1", "p < 0.05 & α = 1"),
        ("two\n      lines\tand  spaces ", "two lines and spaces"),
        ("10\u00a0min\u2009MRI", "10\u00a0min\u2009MRI"),
        ("e\u0301", "e\u0301"),
        ("a<!-- left out -->b<![CDATA[<c>]]>", "ab<c>"),
        (
            'x <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:msup><mml:mi>y</mml:mi>'
            "<mml:mn>2</mml:mn></mml:msup></mml:math> z",
            "x y2 z",
        ),
    ],
)
def test_text_keeps_every_character_and_drops_the_markup(
    read_one: ReadOne, inner: str, text: str
) -> None:
    part = f"<AbstractText>{inner}</AbstractText>"
    document = read_one(f"<ArticleTitle>{inner}</ArticleTitle>{abstract(part)}")
    assert [passage.text for passage in document.passages] == [text, text]


def test_the_title_stands_first_with_its_brackets(read_one: ReadOne) -> None:
    title = "<ArticleTitle>[Gut and brain].</ArticleTitle>"
    document = read_one(title + abstract("<AbstractText>A.</AbstractText>"))
    assert [(p.name, p.text) for p in document.passages] == [
        ("title", "[Gut and brain]."),
        ("abstract", "A."),
    ]


def test_sections_carry_their_labels_into_the_text_and_span_them(read_one: ReadOne) -> None:
    document = read_one(
        abstract(
            '<AbstractText Label="METHODS" NlmCategory="METHODS">We <i>asked</i>.</AbstractText>',
            "<AbstractText>Unlabelled.</AbstractText>",
            '<AbstractText Label="EMPTY"/>',
            '<AbstractText NlmCategory="OBJECTIVE">Unnamed.</AbstractText>',
            '<AbstractText Label="MAIN RESULT:" NlmCategory="RESULTS">None.</AbstractText>',
            "<CopyrightInformation>© nobody</CopyrightInformation>",
        )
    )
    (passage,) = document.passages
    assert passage.text == "METHODS: We asked. Unlabelled. Unnamed. MAIN RESULT: None."
    assert passage.sections == (
        Section("METHODS", "METHODS", 0, 18),
        Section("", "OBJECTIVE", 31, 39),
        Section("MAIN RESULT", "RESULTS", 40, 58),
    )
    first, _, second = passage.sections
    assert passage.text[first.start : first.end] == "METHODS: We asked."
    assert passage.text[second.start : second.end] == "MAIN RESULT: None."


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ("<ArticleTitle>A</ArticleTitle><VernacularTitle>B</VernacularTitle>", "A"),
        ("<ArticleTitle/><VernacularTitle>B</VernacularTitle>", "B"),
        ("<VernacularTitle>B</VernacularTitle>", "B"),
    ],
)
def test_the_title_falls_back_to_the_vernacular_one(
    read_one: ReadOne, inside: str, title: str
) -> None:
    assert read_one(inside).title == title


def test_a_record_of_nothing_but_a_pmid_is_a_document_without_passages(read_one: ReadOne) -> None:
    assert read_one() == Document(pmid="1", passages=(), status="MEDLINE")


def pub_date(inner: str) -> str:
    return f"<Journal><JournalIssue><PubDate>{inner}</PubDate></JournalIssue></Journal>"


@pytest.mark.parametrize(
    ("inner", "year", "published"),
    [
        ("<Year>2020</Year><Month>Jan</Month><Day>15</Day>", 2020, "2020 Jan 15"),
        ("<Year>2020</Year><Season>Winter</Season>", 2020, "2020 Winter"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", 1998, "1998 Dec-1999 Jan"),
        ("<MedlineDate>Spring 2004</MedlineDate>", 2004, "Spring 2004"),
        ("<MedlineDate>undated</MedlineDate>", None, "undated"),
    ],
)
def test_the_year_is_read_from_any_form_of_date(
    read_one: ReadOne, inner: str, year: int | None, published: str
) -> None:
    document = read_one(pub_date(inner))
    assert (document.year, document.published) == (year, published)


def day(tag: str, year: str, month: str, number: str, attributes: str = "") -> str:
    return (
        f"<{tag}{attributes}><Year>{year}</Year><Month>{month}</Month><Day>{number}</Day></{tag}>"
    )


def test_without_a_journal_issue_the_year_is_that_of_the_electronic_article(
    read_one: ReadOne,
) -> None:
    assert read_one(day("ArticleDate", "2011", "02", "03")).year == 2011


def test_the_last_resort_for_the_year_is_the_history(read_one: ReadOne) -> None:
    received = day("PubMedPubDate", "2009", "12", "30", ' PubStatus="received"')
    entered = day("PubMedPubDate", "2010", "1", "2", ' PubStatus="entrez"')
    assert read_one(data=f"<History>{received}{entered}</History>").year == 2010


def test_impossible_dates_are_left_out(read_one: ReadOne) -> None:
    wrong = day("PubMedPubDate", "2010", "2", "31", ' PubStatus="entrez"')
    right = day("PubMedPubDate", "2010", "2", "28", ' PubStatus="pubmed"')
    document = read_one(
        after=day("DateRevised", "2010", "13", "1"), data=f"<History>{wrong}{right}</History>"
    )
    assert document.history == (("pubmed", date(2010, 2, 28)),)
    assert document.revised is None


def test_everything_else_a_record_says_is_kept(read_one: ReadOne) -> None:
    document = read_one(
        "<Journal><Title>J</Title><ISOAbbreviation>Abbr</ISOAbbreviation></Journal>"
        "<ArticleTitle>[Der Darm].</ArticleTitle>"
        '<AuthorList><Author ValidYN="Y"><LastName>Roe</LastName><ForeName>Jane A</ForeName>'
        "<Initials>JA</Initials></Author><Author><CollectiveName>A Group</CollectiveName></Author>"
        '<Author ValidYN="N"><LastName>Row</LastName></Author>'
        "<Author><LastName>Doe</LastName><Initials>J</Initials><Suffix>Jr</Suffix></Author>"
        "</AuthorList><Language>ger</Language><Language>eng</Language>"
        "<PublicationTypeList><PublicationType>Review</PublicationType></PublicationTypeList>"
        "<VernacularTitle>Der Darm.</VernacularTitle>",
        after=day("DateRevised", "2020", "02", "09")
        + "<ChemicalList><Chemical><RegistryNumber>0</RegistryNumber>"
        "<NameOfSubstance>Butyrates</NameOfSubstance></Chemical></ChemicalList>"
        "<MeshHeadingList><MeshHeading><DescriptorName>Mice</DescriptorName>"
        "<QualifierName>genetics</QualifierName></MeshHeading></MeshHeadingList>"
        '<OtherAbstract Type="Publisher" Language="ger"><AbstractText Label="ZIEL">Ja.'
        "</AbstractText></OtherAbstract>"
        "<KeywordList><Keyword>gut <i>axis</i></Keyword></KeywordList>",
    )
    assert document.journal == "J"
    assert document.authors == ("Jane A Roe", "A Group", "J Doe Jr")
    assert document.languages == ("ger", "eng")
    assert document.publication_types == ("Review",)
    assert document.vernacular_title == "Der Darm."
    assert document.revised == date(2020, 2, 9)
    assert document.chemicals == ("Butyrates",)
    assert document.mesh == ("Mice",)
    assert document.translations == (("ger", "ZIEL: Ja."),)
    assert document.keywords == ("gut axis",)


def test_identifiers_are_the_records_own_and_not_those_it_cites(read_one: ReadOne) -> None:
    document = read_one(
        '<ELocationID EIdType="pii">S1</ELocationID><ELocationID EIdType="doi">10.5555/own'
        '</ELocationID><ELocationID EIdType="doi" ValidYN="N">10.5555/bad</ELocationID>',
        data='<ArticleIdList><ArticleId IdType="pubmed">1</ArticleId>'
        '<ArticleId IdType="doi">10.5555/own</ArticleId></ArticleIdList>'
        "<ReferenceList><Reference><Citation>C</Citation><ArticleIdList>"
        '<ArticleId IdType="doi">10.5555/cited</ArticleId></ArticleIdList></Reference>'
        "</ReferenceList>",
    )
    assert document.identifiers == (("pubmed", "1"), ("doi", "10.5555/own"), ("pii", "S1"))


def test_corrections_are_kept_and_cited_articles_are_not(read_one: ReadOne) -> None:
    document = read_one(
        after="<CommentsCorrectionsList>"
        '<CommentsCorrections RefType="ErratumIn"><RefSource>J. 1</RefSource></CommentsCorrections>'
        '<CommentsCorrections RefType="RetractionIn"><RefSource>J. 2</RefSource><PMID>7</PMID>'
        "</CommentsCorrections>"
        '<CommentsCorrections RefType="Cites"><RefSource>J. 3</RefSource><PMID>8</PMID>'
        "</CommentsCorrections></CommentsCorrectionsList>"
    )
    assert document.corrections == (
        Correction("ErratumIn", "", "J. 1"),
        Correction("RetractionIn", "7", "J. 2"),
    )
    assert document.pmid == "1"
    assert document.is_retracted


def test_each_version_of_a_record_is_a_document(read: Read, article: Callable[..., str]) -> None:
    second = article(5).replace('Version="1"', 'Version="2"')
    versions = [(r.pmid, r.version) for r in read(article(5), second) if isinstance(r, Document)]
    assert versions == [("5", 1), ("5", 2)]


def test_a_delete_citation_is_a_deletion_for_each_pmid(
    read: Read, article: Callable[..., str]
) -> None:
    deleted = '<DeleteCitation><PMID Version="1">11</PMID><PMID>12</PMID></DeleteCitation>'
    assert read(article(1), deleted)[1:] == (Deletion("11"), Deletion("12"))


def test_a_book_is_a_document(read: Read) -> None:
    book = (
        '<PubmedBookArticle><BookDocument><PMID Version="1">3</PMID><ArticleIdList>'
        '<ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList><Book>'
        "<BookTitle>All of it</BookTitle><PubDate><Year>2026</Year></PubDate>"
        '<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList></Book>'
        "<ArticleTitle>A chapter</ArticleTitle><Language>eng</Language>"
        '<AuthorList Type="authors"><Author><LastName>Roe</LastName></Author></AuthorList>'
        "<PublicationType>Study Guide</PublicationType>"
        "<Abstract><AbstractText>abc</AbstractText></Abstract></BookDocument><PubmedBookData>"
        '<ArticleIdList><ArticleId IdType="pubmed">3</ArticleId></ArticleIdList>'
        "</PubmedBookData></PubmedBookArticle>"
    )
    (document,) = read(book)
    assert isinstance(document, Document)
    assert (document.pmid, document.title, document.journal) == ("3", "A chapter", "All of it")
    assert (document.text_of("abstract"), document.year) == ("abc", 2026)
    assert (document.authors, document.publication_types) == (("Roe",), ("Study Guide",))
    assert document.identifiers == (("bookaccession", "NBK1"), ("pubmed", "3"))
    (untitled,) = read(book.replace("<ArticleTitle>A chapter</ArticleTitle>", ""))
    assert isinstance(untitled, Document)
    assert untitled.title == "All of it"


def test_a_bare_record_needs_no_set(article: Callable[..., str]) -> None:
    (record,) = read_records(BytesIO(article(9).encode()), "bare.xml")
    assert isinstance(record, Document)
    assert record.pmid == "9"
