"""Records are cut out of a file wherever its chunks end, in constant memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.document import Document, Rejected
from ingest.formats import record_splitter
from ingest.formats.medline import read_records
from ingest.formats.record_splitter import (
    IncompleteFileError,
    MedlineError,
    NoRecordsError,
    NotPubMedError,
    RecordSplitter,
)

Article = Callable[..., str]

Wrap = Callable[..., bytes]


def until_error(stream: BinaryIO) -> tuple[list[str | None], str]:
    """Read on until it raises: what came, and what the error says."""
    came: list[str | None] = []
    with pytest.raises(IncompleteFileError) as caught:
        came.extend(record.pmid for record in read_records(stream, "bad.xml"))
    return came, str(caught.value)


@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_a_cut_file_raises_after_its_whole_records(
    article: Article, pubmed_set: Wrap, cut: float
) -> None:
    content = pubmed_set(article(1), article(2), article(3), article(4))
    whole = content[: int(len(content) * cut)]
    came, message = until_error(BytesIO(whole))
    assert came == [str(n + 1) for n in range(whole.count(b"</PubmedArticle>"))]
    assert len(came) >= 1
    assert message.startswith("bad.xml: ends ")


def test_a_file_cut_between_records_is_still_incomplete(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1), article(2)).replace(b"</PubmedArticleSet>", b"")
    assert until_error(BytesIO(content)) == (
        ["1", "2"],
        "bad.xml: ends before its closing root tag",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><html><body>Blocked</body></html>", "the root element is 'html'"),
        (b"<eFetchResult><ERROR>no</ERROR></eFetchResult>", "the root element is 'eFetchResult'"),
        (b"<?xml version='1.0'?><!-- <PubmedArticleSet> --><a/>", "the root element is 'a'"),
        (b"Service unavailable", "it has no element"),
        (b"", "it has no element"),
        (b"\x1f\x8b\x08\x00", "it has no element"),
        ("<PubmedArticleSet/>".encode("utf-16"), "it has no element"),
    ],
)
def test_what_is_not_pubmed_xml_is_named(content: bytes, message: str) -> None:
    with pytest.raises(NotPubMedError, match=rf"page\.xml: not PubMed XML: {message}"):
        list(read_records(BytesIO(content), "page.xml"))


@pytest.mark.parametrize(
    "content", [b"<PubmedArticleSet/>", b"<PubmedArticleSet></PubmedArticleSet>"]
)
def test_an_empty_set_is_no_success(content: bytes) -> None:
    with pytest.raises(NoRecordsError, match=r"none\.xml: holds no PubMed record"):
        list(read_records(BytesIO(content), "none.xml"))


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_splitter, "LONGEST_RECORD_BYTES", 1 << 20)
    monkeypatch.setattr(record_splitter, "_LONGEST_ASIDE_BYTES", 1 << 16)


@pytest.mark.usefixtures("short_limits")
def test_a_record_that_is_too_long_costs_no_other_and_no_memory(
    article: Article, pubmed_set: Wrap
) -> None:
    long = article(2, "<ArticleTitle>" + "x" * (1 << 23) + "</ArticleTitle>")
    stream = BytesIO(pubmed_set(article(1), long, article(3)))
    tracemalloc.start()
    before, rejected, after = read_records(stream, "long.xml")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 6 << 20
    assert isinstance(rejected, Rejected)
    assert (before.pmid, rejected.pmid, after.pmid) == ("1", "2", "3")
    assert rejected.reason == "no record ends within 1 MiB"
    assert rejected.raw == long.encode()[: 1 << 20]


@pytest.mark.usefixtures("short_limits")
def test_a_record_of_the_greatest_length_is_read(article: Article, pubmed_set: Wrap) -> None:
    rest = "x" * ((1 << 20) - len(article(1, "<Keyword></Keyword>")))
    (record,) = read_records(BytesIO(pubmed_set(article(1, f"<Keyword>{rest}</Keyword>"))), "x.xml")
    assert isinstance(record, Document)


@pytest.mark.usefixtures("short_limits")
@pytest.mark.parametrize(
    "begin", [b"", b"<PubmedArticleSet>", b"<PubmedArticleSet><PubmedArticle>"]
)
def test_a_long_line_of_anything_ends_with_one_error_in_little_memory(begin: bytes) -> None:
    stream = BytesIO(begin + b"x" * (1 << 25))
    tracemalloc.start()
    with pytest.raises(MedlineError, match=r"^line\.xml: "):
        list(read_records(stream, "line.xml"))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 6 << 20


@pytest.mark.parametrize("opener", ["<!--", "<![CDATA[", "<?x"])
@pytest.mark.parametrize("rest", ["", " " * (1 << 21)])
def test_what_is_opened_in_a_record_and_never_closed_costs_that_record_alone(
    article: Article, pubmed_set: Wrap, opener: str, rest: str
) -> None:
    broken = article(2, f"<ArticleTitle>{opener} two</ArticleTitle>")
    content = pubmed_set(article(1), broken, article(3), rest, article(4))
    records = list(read_records(BytesIO(content), "open.xml"))
    assert [record.pmid for record in records] == ["1", "2", "3", "4"]
    assert [isinstance(record, Document) for record in records] == [True, False, True, True]
    assert isinstance(records[1], Rejected)
    assert records[1].raw == broken.encode()


def test_a_comment_that_a_later_record_closes_swallows_none_between(
    article: Article, pubmed_set: Wrap
) -> None:
    title = "<ArticleTitle>a<!-- --></ArticleTitle>"
    broken = article(1, title.replace(" -->", ""))
    content = pubmed_set(broken, article(2), article(3, title))
    records = list(read_records(BytesIO(content), "open.xml"))
    assert [type(record) for record in records] == [Rejected, Document, Document]


def test_a_comment_between_records_that_never_closes_hides_none(
    article: Article, pubmed_set: Wrap
) -> None:
    content = pubmed_set(article(1), "<!-- ", article(2))
    assert [r.pmid for r in read_records(BytesIO(content), "open.xml")] == ["1", "2"]


@pytest.mark.usefixtures("short_limits")
def test_a_long_comment_between_records_stays_one(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1), "<!-- " + article(8) + "x" * (1 << 18) + " -->", article(2))
    assert [r.pmid for r in read_records(BytesIO(content), "c.xml")] == ["1", "2"]


TRICKY = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<!-- <PubmedArticle> -->\n'
    b'<!DOCTYPE PubmedArticleSet SYSTEM "http://127.0.0.1:9/x.dtd">\n<PubmedArticleSet a="b">\n'
    b"<PubmedArticle><PMID>1</PMID><!-- </PubmedArticle> --></PubmedArticle>"
    b"<PubmedBookArticle ><PMID>2</PMID><![CDATA[</PubmedBookArticle>]]></PubmedBookArticle >\n"
    b"<PubmedArticle/><PubmedArticle><PMID>3</PMID>"
    b"<PubmedArticle><PMID>4</PMID></PubmedArticle>"
    b"<DeleteCitation><PMID>5</PMID></DeleteCitation></PubmedArticleSet>"
)

TRICKY_PIECES = [
    b"<PubmedArticle><PMID>1</PMID><!-- </PubmedArticle> --></PubmedArticle>",
    b"<PubmedBookArticle ><PMID>2</PMID><![CDATA[</PubmedBookArticle>]]></PubmedBookArticle >",
    b"<PubmedArticle/>",
    b"<PubmedArticle><PMID>3</PMID>",
    b"<PubmedArticle><PMID>4</PMID></PubmedArticle>",
    b"<DeleteCitation><PMID>5</PMID></DeleteCitation>",
]


class Dribble(BytesIO):
    """A stream that hands on its content in pieces of given sizes."""

    def __init__(self, content: bytes, borders: list[int]) -> None:
        super().__init__(content)
        edges = [0, *sorted(borders), len(content)]
        self._sizes: Iterator[int] = iter([b - a for a, b in pairwise(edges) if b > a])

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(next(self._sizes, size))


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64, 1 << 18])
def test_chunk_size_does_not_matter(chunk_bytes: int) -> None:
    cutter = RecordSplitter(BytesIO(TRICKY), "tricky.xml", chunk_bytes)
    assert list(cutter.records()) == TRICKY_PIECES


@given(borders=st.lists(st.integers(0, len(TRICKY)), max_size=8))
def test_chunk_borders_do_not_matter(borders: list[int]) -> None:
    assert list(RecordSplitter(Dribble(TRICKY, borders), "tricky.xml").records()) == TRICKY_PIECES


@given(cut=st.integers(0, len(TRICKY) - 1))
def test_every_cut_is_noticed_and_loses_no_whole_record(cut: int) -> None:
    came: list[bytes] = []
    with pytest.raises(MedlineError):
        came.extend(RecordSplitter(BytesIO(TRICKY[:cut]), "tricky.xml", 16).records())
    whole = [piece for piece in TRICKY_PIECES if TRICKY.index(piece) + len(piece) <= cut]
    assert came[: len(whole)] == whole or TRICKY_PIECES[3] in whole


def test_memory_stays_flat_over_a_long_file(article: Article, tmp_path: Path) -> None:
    record = article(1, f"<ArticleTitle>{'long ' * 2000}</ArticleTitle>").encode()
    with (tmp_path / "long.xml").open("wb") as stream:
        stream.write(b"<PubmedArticleSet>")
        stream.writelines(record for _ in range(500))
        stream.write(b"</PubmedArticleSet>")
    tracemalloc.start()
    with (tmp_path / "long.xml").open("rb") as stream:
        count = sum(1 for _ in read_records(stream, "long.xml"))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 500
    assert peak_bytes < 2 << 20


def test_the_end_tag_of_another_record_ends_one_and_is_no_part_of_it() -> None:
    content = TRICKY.replace(
        b"<PMID>4</PMID></PubmedArticle>", b"<PMID>4</PMID></PubmedBookArticle>"
    )
    *_, fourth, _ = RecordSplitter(BytesIO(content), "tricky.xml").records()
    assert fourth == b"<PubmedArticle><PMID>4</PMID>"


def test_a_record_of_thousands_of_authors_is_read(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1, f"<ArticleTitle>{'long ' * 1_000_000}</ArticleTitle>"))
    (record,) = RecordSplitter(BytesIO(content), "long.xml").records()
    assert len(record) > 5_000_000
