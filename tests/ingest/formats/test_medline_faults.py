"""Damage in a PubMed file costs the damaged record at most, and never goes unseen."""

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from ingest.document import Deletion, Document, Record, Rejected
from ingest.formats.medline import read_records
from ingest.formats.record_splitter import (
    IncompleteFileError,
    MedlineError,
)

Article = Callable[..., str]

Read = Callable[..., tuple[Record, ...]]

Wrap = Callable[..., bytes]

Opener = Callable[[Path], BinaryIO]


def pmids(records: tuple[Record, ...]) -> list[str | None]:
    return [record.pmid for record in records]


def until_error(stream: BinaryIO) -> tuple[list[str | None], str]:
    """Read on until it raises: what came, and what the error says."""
    came: list[str | None] = []
    with pytest.raises(IncompleteFileError) as caught:
        came.extend(record.pmid for record in read_records(stream, "bad.xml"))
    return came, str(caught.value)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("<ArticleTitle>a\x0bb</ArticleTitle>", "invalid Char value 11"),
        ("<ArticleTitle>a&nbsp;b</ArticleTitle>", "Entity 'nbsp' not defined"),
        ("<ArticleTitle>a & b</ArticleTitle>", "xmlParseEntityRef"),
        ("<ArticleTitle>never closed", "tag mismatch"),
    ],
)
def test_one_damaged_record_is_rejected_with_its_bytes_and_the_rest_go_on(
    read: Read, article: Article, damage: str, reason: str
) -> None:
    before, rejected, after = read(article(1), article(2, damage), article(3))
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.source) == ("2", "test.xml")
    assert reason in rejected.reason
    assert rejected.raw == article(2, damage).encode()
    assert [type(before), type(after)] == [Document, Document]


def test_a_byte_that_is_not_utf8_costs_one_record(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1), article(2, "<ArticleTitle>@</ArticleTitle>"), article(3))
    records = tuple(read_records(BytesIO(content.replace(b"@", b"\xe9")), "test.xml"))
    assert [type(record) for record in records] == [Document, Rejected, Document]


def test_a_declared_encoding_is_honoured(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1, "<ArticleTitle>@</ArticleTitle>"))
    content = content.replace(b"@", b"\xe9").replace(b"utf-8", b"iso-8859-1")
    (record,) = read_records(BytesIO(content), "test.xml")
    assert isinstance(record, Document)
    assert record.title == "é"


def test_an_unknown_encoding_is_named(article: Article, pubmed_set: Wrap) -> None:
    content = pubmed_set(article(1)).replace(b"utf-8", b"klingon")
    with pytest.raises(MedlineError, match=r"test\.xml: unknown encoding 'klingon'"):
        list(read_records(BytesIO(content), "test.xml"))


@pytest.mark.parametrize(
    "pmid", ["", "<PMID/>", "<PMID>x</PMID>", "<PMID>0</PMID>", '<PMID Version="b">2</PMID>']
)
def test_a_record_without_a_proper_pmid_is_rejected(
    read: Read, article: Article, pmid: str
) -> None:
    broken = article(2).replace('<PMID Version="1">2</PMID>', pmid)
    assert [type(record) for record in read(article(1), broken)] == [Document, Rejected]


@pytest.mark.parametrize("version", ["9" * 20, "10000", "", "-1", "1.0", "²", "٣"])
def test_a_version_that_is_no_small_number_is_rejected(
    read: Read, article: Article, version: str
) -> None:
    broken = article(2).replace('Version="1"', f'Version="{version}"')
    before, rejected, after = read(article(1), broken, article(3))
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.raw) == ("2", broken.encode())
    assert rejected.reason.startswith("PMID 2: version '")
    assert (before.pmid, after.pmid) == ("1", "3")


@pytest.mark.parametrize("pmid", ["../../x", "9" * 400, "123456789", "0123", "1\x85"])
def test_what_is_no_pmid_is_rejected_without_one(read: Read, article: Article, pmid: str) -> None:
    broken = article(2).replace(">2<", f">{pmid}<")
    before, rejected, after = read(article(1), broken, article(3))
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.raw) == (None, broken.encode())
    assert rejected.reason.endswith("' is no PMID")
    assert len(rejected.reason) < 60
    assert (before.pmid, after.pmid) == ("1", "3")


def test_one_wrong_pmid_among_deletions_costs_itself_alone(read: Read) -> None:
    pmids = "".join(f"<PMID>{pmid}</PMID>" for pmid in ("7", "../x", "8"))
    *deleted, rejected = read(f"<DeleteCitation>{pmids}</DeleteCitation>")
    assert deleted == [Deletion("7"), Deletion("8")]
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.reason) == (None, "deletes '../x', which is no PMID")


HUGE = {
    "20 MB attribute": f'<ArticleTitle x="{"a" * (20 << 20)}">T</ArticleTitle>',
    "12 MB text": f"<ArticleTitle>{'a' * (12 << 20)}</ArticleTitle>",
    "deep": "<a>" * 200_000 + "</a>" * 200_000,
    "long name": f"<{'a' * 40_000}>",
    "NUL": "<ArticleTitle>a\0b</ArticleTitle>",
    "wrong end": "<ArticleTitle>a</AbstractText>",
}


@pytest.mark.parametrize("inside", HUGE.values(), ids=HUGE.keys())
def test_whatever_a_record_holds_its_neighbours_are_read_and_the_reason_is_one_line(
    read: Read, article: Article, inside: str
) -> None:
    before, rejected, after = read(article(1), article(2, inside), article(3))
    assert isinstance(rejected, Rejected)
    assert (before.pmid, rejected.pmid, after.pmid) == ("1", "2", "3")
    assert rejected.raw == article(2, inside).encode()
    assert len(rejected.reason) < 200
    assert rejected.reason.isprintable()


def test_a_record_that_lacks_its_end_does_not_swallow_the_next(
    read: Read, article: Article
) -> None:
    records = read(article(1).removesuffix("</PubmedArticle>"), article(2))
    assert [(type(record), record.pmid) for record in records] == [
        (Rejected, "1"),
        (Document, "2"),
    ]


def test_marks_inside_comments_and_cdata_are_text(read: Read, article: Article) -> None:
    tricky = "<ArticleTitle><!-- </PubmedArticle> --><![CDATA[<PubmedArticle>]]></ArticleTitle>"
    commented_out = f"<!-- {article(8)} -->"
    records = read(article(1, tricky), commented_out, article(2))
    assert pmids(records) == ["1", "2"]
    assert isinstance(records[0], Document)
    assert records[0].title == "<PubmedArticle>"


def test_attributes_and_empty_elements_are_no_trap(read: Read, article: Article) -> None:
    dressed = article(1).replace("<PubmedArticle>", '<PubmedArticle\n a="1" >')
    records = read(
        dressed, "<DeleteCitation/>", article(2).replace("</PubmedArticle>", "</PubmedArticle >")
    )
    assert pmids(records) == ["1", "2"]
    assert all(isinstance(record, Document) for record in records)


def test_an_empty_record_is_rejected(read: Read, article: Article) -> None:
    assert [type(record) for record in read("<PubmedArticle/>", article(1))] == [Rejected, Document]


def open_by_gzip(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file))


@pytest.mark.parametrize("opener", [open_by_gzip])
def test_a_truncated_gzip_raises_after_its_whole_records(
    article: Article, pubmed_set: Wrap, tmp_path: Path, opener: Opener
) -> None:
    packed = gzip.compress(pubmed_set(*(article(n) for n in range(1, 3000))), 1)
    cut = packed[: len(packed) * 2 // 3]
    readable = zlib.decompressobj(31).decompress(cut)
    (tmp_path / "cut.gz").write_bytes(cut)
    with opener(tmp_path / "cut.gz") as stream:
        came, message = until_error(stream)
    assert came == [str(n + 1) for n in range(readable.count(b"</PubmedArticle>"))]
    assert "bad.xml: cut short or damaged" in message


@pytest.mark.parametrize("opener", [open_by_gzip])
@pytest.mark.parametrize("at", [-6, 60])
def test_a_flipped_bit_in_a_gzip_raises(
    article: Article, pubmed_set: Wrap, tmp_path: Path, opener: Opener, at: int
) -> None:
    packed = bytearray(gzip.compress(pubmed_set(*(article(n) for n in range(1, 500)))))
    packed[at] ^= 1  # -6 is in the checksum: everything inflates, yet it is not what was sent
    (tmp_path / "flipped.gz").write_bytes(packed)
    with opener(tmp_path / "flipped.gz") as stream:
        _, message = until_error(stream)
    assert "bad.xml: cut short or damaged" in message


def test_sets_that_were_glued_together_are_read_to_the_end(
    article: Article, pubmed_set: Wrap
) -> None:
    content = pubmed_set(article(1)) + pubmed_set(article(2))
    assert pmids(tuple(read_records(BytesIO(content), "two.xml"))) == ["1", "2"]
    assert until_error(BytesIO(content[:-15]))[0] == ["1", "2"]


def test_a_doctype_with_entities_is_neither_fetched_nor_expanded(article: Article) -> None:
    content = (
        '<!DOCTYPE PubmedArticleSet [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
        f"<PubmedArticleSet>{article(1, '<ArticleTitle>&b;</ArticleTitle>')}{article(2)}"
        "</PubmedArticleSet>"
    )
    records = tuple(read_records(BytesIO(content.encode()), "evil.xml"))
    assert [type(record) for record in records] == [Rejected, Document]
