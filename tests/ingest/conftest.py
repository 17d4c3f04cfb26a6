import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from ingest.document import Document, Record
from ingest.formats.medline import read_records

Wrap = Callable[..., bytes]


@pytest.fixture(scope="session")
def data_folder() -> Path:
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("GUTBRAIN_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}")
    return folder


@pytest.fixture
def pubmed_set() -> Wrap:
    """Put records into a PubMed file."""

    def wrap(*records: str) -> bytes:
        doctype = '<!DOCTYPE PubmedArticleSet SYSTEM "http://127.0.0.1:9/pubmed_250101.dtd">'
        body = "\n".join(records)
        text = f'<?xml version="1.0" encoding="utf-8"?>\n{doctype}\n'
        return f"{text}<PubmedArticleSet>\n{body}\n</PubmedArticleSet>\n".encode()

    return wrap


@pytest.fixture
def article() -> Callable[..., str]:
    """Build a record: ``inside`` Article, then ``after`` it in MedlineCitation, then ``data``."""

    def build(pmid: int, inside: str = "", *, after: str = "", data: str = "") -> str:
        return (
            f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">'
            f'<PMID Version="1">{pmid}</PMID>'
            f'<Article PubModel="Print">{inside}</Article>{after}</MedlineCitation>'
            f"<PubmedData>{data}</PubmedData></PubmedArticle>"
        )

    return build


@pytest.fixture
def read(pubmed_set: Wrap) -> Callable[..., tuple[Record, ...]]:
    """Read records that are given as XML text."""

    def read_texts(*records: str) -> tuple[Record, ...]:
        return tuple(read_records(BytesIO(pubmed_set(*records)), "test.xml"))

    return read_texts


@pytest.fixture
def read_one(
    read: Callable[..., tuple[Record, ...]], article: Callable[..., str]
) -> Callable[..., Document]:
    """Read the document of one article that is given by its parts."""

    def read_parts(inside: str = "", *, after: str = "", data: str = "") -> Document:
        (record,) = read(article(1, inside, after=after, data=data))
        assert isinstance(record, Document)
        return record

    return read_parts
