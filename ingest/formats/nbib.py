"""MEDLINE text (``.nbib``, PubMed's "save as") -> Documents, read through Bio.Medline.

The format has no end mark, so a file that was cut between two records looks like a
complete one. It holds neither record versions nor the marks of abstract sections: labels are text.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import BinaryIO

from Bio import Medline

from ingest.document import (
    Correction,
    Document,
    Passage,
    Record,
    RecordError,
    Rejected,
    is_pmid,
    quote,
    to_pmid,
)

LONGEST_RECORD_BYTES = 1 << 22  # the longest real ones have thousands of authors: under a MiB
_LINE_BYTES = 1 << 16
_FIRST_LINE = re.compile(rb"[A-Z0-9]{2,4} *- ")
_CONTINUATION = re.compile(r"\r?\n {6}")
_IDENTIFIER = re.compile(r"(\S+) \[(\w+)\]")
_STATUS_DATE = re.compile(r"(\d{4}/\d\d/\d\d).*\[(\w[\w-]*)\]")
_CITED_PMID = re.compile(r"\s*PMID: (\d+).*")
# fmt: off
_CORRECTIONS = {
    "CIN": "CommentIn", "CON": "CommentOn", "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom", "ECI": "ExpressionOfConcernIn",
    "ECF": "ExpressionOfConcernFor", "EIN": "ErratumIn", "EFR": "ErratumFor",
    "RPI": "RepublishedIn", "RPF": "RepublishedFrom", "RIN": "RetractionIn", "ROF": "RetractionOf",
    "RRI": "RetractedandRepublishedIn", "RRF": "RetractedandRepublishedFrom",
    "SPIN": "SummaryForPatientsIn", "ORI": "OriginalReportIn", "UIN": "UpdateIn", "UOF": "UpdateOf",
}
# fmt: on
Fields = dict[str, tuple[str, ...]]


class NotMedlineError(ValueError):
    """A text file is no MEDLINE export."""


def read_records(stream: BinaryIO, source: str) -> Iterator[Record]:
    """Read a MEDLINE export record by record; ``source`` names it in errors.

    Raises NotMedlineError where the first line is none of the format, or the file is empty.
    """
    is_first = True
    for raw in _blocks(stream):
        if is_first and not _FIRST_LINE.match(raw):
            raise NotMedlineError(f"{source}: not a MEDLINE export: {raw[:40]!r}")
        is_first = False
        yield _record(raw, source)
    if is_first:
        raise NotMedlineError(f"{source}: holds no MEDLINE record")


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Split at empty lines, in constant memory; what is too long is cut.

    Lines of spaces continue a field and do not split.
    """
    block, is_line_start = bytearray(), True
    while piece := stream.readline(_LINE_BYTES):
        if piece.strip(b"\r\n\xef\xbb\xbf") or not is_line_start:
            kept = piece if block else piece.removeprefix(b"\xef\xbb\xbf")
            block += kept[: LONGEST_RECORD_BYTES + 1 - len(block)]
        elif block:
            yield bytes(block)
            block.clear()
        is_line_start = piece.endswith(b"\n")
    if block:
        yield bytes(block)


def _record(raw: bytes, source: str) -> Record:
    try:
        return _document(_fields(_text_of(raw)))
    except (RecordError, UnicodeDecodeError) as error:
        found = re.search(rb"^PMID- *(\d{1,8})\s*$", raw, re.MULTILINE)
        pmid = found[1].decode() if found else ""
        return Rejected(source, pmid if is_pmid(pmid) else None, quote(str(error)), raw)


def _text_of(raw: bytes) -> str:
    if len(raw) > LONGEST_RECORD_BYTES:
        raise RecordError(f"longer than {LONGEST_RECORD_BYTES >> 20} MiB; the rest is left out")
    return raw.decode()


def _fields(text: str) -> Fields:
    """Read the fields. Lines are joined first: Bio.Medline splits names and keywords at them."""
    lines = _CONTINUATION.sub(" ", text).splitlines()
    fields = Medline.read(lines)
    return {
        key: tuple(_clean(value) for value in ([held] if isinstance(held, str) else held))
        for key, held in fields.items()
    }


def _clean(text: str) -> str:
    return " ".join(text.split(" ")).strip()


def _document(fields: Fields) -> Document:
    pmid = to_pmid(_first(fields, "PMID"))
    published = _first(fields, "DP")
    year = re.search(r"\d{4}", published)
    return Document(
        pmid=pmid,
        passages=_passages(fields),
        journal=_first(fields, "JT", "TA", "BTI"),
        year=int(year[0]) if year else None,
        published=published,
        revised=_date(_first(fields, "LR"), "%Y%m%d"),
        history=_history(fields.get("PHST", ())),
        status=_first(fields, "STAT"),
        languages=fields.get("LA", ()),
        vernacular_title=_first(fields, "TT"),
        translations=_translations(fields),
        authors=tuple(_author(name) for name in fields.get("FAU", fields.get("AU", ())))
        + fields.get("CN", ()),
        publication_types=fields.get("PT", ()),
        # the descriptors, without qualifiers and the star of a major topic
        mesh=tuple(v.partition("/")[0].removeprefix("*") for v in fields.get("MH", ())),
        chemicals=tuple(re.sub(r"^.*?\((.*)\)$", r"\1", value) for value in fields.get("RN", ())),
        keywords=tuple(value.removeprefix("*") for value in fields.get("OT", ())),
        identifiers=_identifiers(fields),
        corrections=_corrections(fields),
    )


def _first(fields: Fields, *keys: str) -> str:
    return next((value for key in keys for value in fields.get(key, ()) if value), "")


def _passages(fields: Fields) -> tuple[Passage, ...]:
    title = Passage("title", _first(fields, "TI", "TT", "BTI"))
    abstract = Passage("abstract", _first(fields, "AB"))
    return tuple(passage for passage in (title, abstract) if passage.text)


def _date(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007  # a day, without a zone
    except ValueError:
        return None


def _history(values: tuple[str, ...]) -> tuple[tuple[str, date], ...]:
    found = (match for value in values if (match := _STATUS_DATE.match(value)))
    dates = ((match[2], _date(match[1], "%Y/%m/%d")) for match in found)
    return tuple((status, day) for status, day in dates if day)


def _translations(fields: Fields) -> tuple[tuple[str, str], ...]:
    texts = fields.get("OAB", ())
    languages = fields.get("OABL", ()) or ("eng",) * len(texts)
    return tuple(zip(languages, texts, strict=False))


def _author(name: str) -> str:
    """Turn ``Last, Fore`` about.

    >>> _author("Doe, Jane A")
    'Jane A Doe'
    """
    last, _, fore = name.partition(", ")
    return f"{fore} {last}".strip()


def _identifiers(fields: Fields) -> tuple[tuple[str, str], ...]:
    values = " ".join(fields.get("AID", ()) + fields.get("LID", ()))
    pairs = [(kind, value) for value, kind in _IDENTIFIER.findall(values)]
    pairs += [("pmc", value) for value in fields.get("PMC", ())]
    return tuple(dict.fromkeys([("pubmed", _first(fields, "PMID")), *pairs]))


def _corrections(fields: Fields) -> tuple[Correction, ...]:
    return tuple(
        _correction(kind, value)
        for key, kind in _CORRECTIONS.items()
        for value in fields.get(key, ())
    )


def _correction(kind: str, value: str) -> Correction:
    pmid = _CITED_PMID.search(value)
    return Correction(kind, pmid[1] if pmid else "", _CITED_PMID.sub("", value))
