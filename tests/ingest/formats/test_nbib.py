import tracemalloc
from datetime import date
from io import BytesIO

import pytest

from ingest.document import Correction, Document, Record, Rejected
from ingest.formats.nbib import NotMedlineError, read_records

WHOLE = """PMID- 123
OWN - NLM
STAT- MEDLINE
LR  - 20210203
LID - 10.5555/own [doi]
TI  - A title that is long enough to
      be wrapped: α-synuclein in H2O.
AB  - BACKGROUND: One. METHODS:
      Two.
FAU - Doe, Jane A
AU  - Doe JA
CN  - A Group
LA  - eng
PT  - Journal Article
PT  - Retracted Publication
DP  - 2020 Jan-Feb
TA  - J Abbr
JT  - The journal
RN  - 0 (Butyrates)
RN  - EC 1.1.1.1 (Alcohol Dehydrogenase (ADH))
MH  - *Parkinson Disease/genetics
MH  - Mice
OT  - a keyword that was
      wrapped
PHST- 2019/12/30 00:00 [received]
PHST- 2020/02/31 00:00 [pubmed]
AID - S1-2 [pii]
AID - 10.5555/own [doi]
PMC - PMC9
RIN - J Foo. 2022;1:2. doi: 10.5555/x. PMID: 77
OAB - Kurz.
OABL- ger
"""


def read(text: str | bytes) -> tuple[Record, ...]:
    content = text.encode() if isinstance(text, str) else text
    return tuple(read_records(BytesIO(content), "x.nbib"))


def read_document(text: str) -> Document:
    (record,) = read(text)
    assert isinstance(record, Document)
    return record


def test_a_record_becomes_a_document() -> None:
    document = read_document("\n" + WHOLE)
    assert document.pmid == "123"
    assert document.title == "A title that is long enough to be wrapped: α-synuclein in H2O."
    assert document.text_of("abstract") == "BACKGROUND: One. METHODS: Two."
    assert (document.year, document.published) == (2020, "2020 Jan-Feb")
    assert document.revised == date(2021, 2, 3)
    assert document.history == (("received", date(2019, 12, 30)),)
    assert (document.journal, document.status) == ("The journal", "MEDLINE")
    assert document.authors == ("Jane A Doe", "A Group")
    assert document.languages == ("eng",)
    assert document.chemicals == ("Butyrates", "Alcohol Dehydrogenase (ADH)")
    assert document.mesh == ("Parkinson Disease", "Mice")
    assert document.keywords == ("a keyword that was wrapped",)
    assert document.translations == (("ger", "Kurz."),)
    assert set(document.identifiers) == {
        ("pubmed", "123"),
        ("doi", "10.5555/own"),
        ("pii", "S1-2"),
        ("pmc", "PMC9"),
    }
    assert document.corrections == (
        Correction("RetractionIn", "77", "J Foo. 2022;1:2. doi: 10.5555/x."),
    )
    assert document.is_retracted


def test_records_are_split_at_empty_lines_whatever_the_line_ends() -> None:
    text = "\ufeffPMID- 1\r\nTI  - One\r\n\r\n\r\nPMID- 2\r\nTI  - Two\r\n"
    assert [r.pmid for r in read(text) if isinstance(r, Document)] == ["1", "2"]


@pytest.mark.parametrize(
    ("broken", "pmid", "reason"),
    [
        (b"TI  - No number\n", None, "PMID is missing"),
        (b"PMID- 2\nTI  - caf\xe9\n", "2", "can't decode"),
    ],
)
def test_a_broken_record_is_rejected_and_the_rest_go_on(
    broken: bytes, pmid: str | None, reason: str
) -> None:
    first, rejected, last = read(b"PMID- 1\n\n" + broken + b"\nPMID- 3\n")
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.raw, rejected.source) == (pmid, broken, "x.nbib")
    assert reason in rejected.reason
    assert [type(first), type(last)] == [Document, Document]


@pytest.mark.parametrize("text", ["", "\n\n", "A letter to nobody.\n", "<html>\n"])
def test_what_is_no_medline_export_is_named(text: str) -> None:
    with pytest.raises(NotMedlineError, match=r"^x\.nbib: "):
        read(text)


def test_a_vernacular_title_stands_in_only_where_there_is_no_other() -> None:
    assert read_document("PMID- 1\nTI  - One\nTT  - Un\n").title == "One"
    assert read_document("PMID- 1\nTT  - Un\n").title == "Un"


def test_another_abstract_without_a_language_is_english() -> None:
    assert read_document("PMID- 1\nOAB - Plainly.\n").translations == (("eng", "Plainly."),)


@pytest.mark.parametrize("pmid", [b"9" * 400, b"../../x", b"012"])
def test_what_is_no_pmid_is_rejected_without_one(pmid: bytes) -> None:
    rejected, after = read(b"PMID- " + pmid + b"\n\nPMID- 3\n")
    assert isinstance(rejected, Rejected)
    assert (rejected.pmid, rejected.raw) == (None, b"PMID- " + pmid + b"\n")
    assert rejected.reason == f"'{pmid[:20].decode()}' is no PMID"
    assert after.pmid == "3"


def test_a_record_that_is_too_long_costs_no_other_and_no_memory() -> None:
    stream = BytesIO(b"PMID- 1\n\nPMID- 2\nAB  - " + b"x" * (1 << 25) + b"\n\nPMID- 3\n")
    tracemalloc.start()
    before, rejected, after = read_records(stream, "x.nbib")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 20 << 20
    assert isinstance(rejected, Rejected)
    assert (before.pmid, rejected.pmid, after.pmid) == ("1", "2", "3")
    assert rejected.reason == "longer than 4 MiB; the rest is left out"
    assert len(rejected.raw) == (1 << 22) + 1


def test_a_record_of_the_greatest_length_is_read() -> None:
    start = "PMID- 2\nAB  - "
    document = read_document(start + "x" * ((1 << 22) - len(start)))
    assert len(document.text_of("abstract")) == (1 << 22) - len(start)


@pytest.mark.parametrize("line_bytes", [(1 << 16) - 1, 1 << 16, (1 << 16) + 1])
def test_a_line_of_any_length_is_one_line(line_bytes: int) -> None:
    line = "AB  - " + "x" * (line_bytes - 6)
    document = read_document(f"PMID- 1\n{line}\nTI  - One\n")
    assert (len(document.text_of("abstract")), document.title) == (line_bytes - 6, "One")


def test_what_is_no_medline_export_is_named_though_it_is_one_long_line() -> None:
    with pytest.raises(NotMedlineError, match=r"^x\.nbib: not a MEDLINE export: b'xxx"):
        read(b"x" * (1 << 24))
