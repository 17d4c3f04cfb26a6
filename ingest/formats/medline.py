"""PubMed XML -> Documents: E-utilities answers, baseline and update files, saved exports.

Canonical text: all characters of an element in order, without inline mark-up (i, b, sub, sup,
MathML), XML white space collapsed to single spaces and stripped, every other character as PubMed
has it. The parts of a structured abstract are joined by one space, each preceded by ``LABEL: ``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import BinaryIO

from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]  # lxml's only name

from ingest.document import (
    Correction,
    Deletion,
    Document,
    Passage,
    Record,
    RecordError,
    Rejected,
    Section,
    is_pmid,
    quote,
    to_pmid,
)
from ingest.formats.record_splitter import MedlineError, RecordSplitter, TooLongError

# What merely groups. ReferenceList is not among them: it holds the identifiers of other articles.
# Nor is AuthorList: a book has one for its editors.
# fmt: off
_GROUPS = frozenset({
    "MedlineCitation", "Article", "Journal", "JournalIssue", "MedlineJournalInfo", "PubmedData",
    "BookDocument", "Book", "PubmedBookData", "ArticleIdList", "ChemicalList",
    "CommentsCorrectionsList", "History", "KeywordList", "MeshHeadingList", "PublicationTypeList",
})
# fmt: on
_PUBLISHED_FIRST = ("epublish", "ppublish", "ecollection", "aheadofprint", "pubmed", "entrez")
_RUNS = re.compile(r"[\t\n\r ]+")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_RAW_PMID = re.compile(rb"<PMID[^>]*>\s*(\d{1,8})\s*<")
_KEPT_BYTES = 1 << 20  # of a record that is too long
_VERSION = re.compile(r"[0-9]{1,4}")

Fields = dict[str, list[Element]]


def read_records(stream: BinaryIO, source: str) -> Iterator[Record]:
    """Read everything a PubMed file says, in its order and in constant memory.

    ``stream`` is decompressed; ``source`` names it in errors. A record that cannot be read becomes
    a Rejected and the rest goes on. Raises NotPubMedError or NoRecordsError where there is nothing
    to read, IncompleteFileError after the last complete record of a file that was cut short.
    """
    cutter = RecordSplitter(stream, source)
    parser = _parser(cutter.encoding, source)
    for raw in cutter.records():
        try:
            cutter.check_length(raw)
            yield from _records(etree.fromstring(raw, parser), source, raw)
        except TooLongError as error:
            yield Rejected(source, _raw_pmid(raw), str(error), raw[:_KEPT_BYTES])
        except (etree.XMLSyntaxError, RecordError) as error:
            yield Rejected(source, _raw_pmid(raw), quote(str(error)), raw)


def _raw_pmid(raw: bytes) -> str | None:
    found = _RAW_PMID.search(raw)
    pmid = found[1].decode() if found else ""
    return pmid if is_pmid(pmid) else None


def _parser(encoding: str, source: str) -> etree.XMLParser:
    """Make a parser that reads nothing but the bytes it is given."""
    try:
        return etree.XMLParser(
            encoding=encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
    except LookupError as error:
        raise MedlineError(f"{source}: unknown encoding {encoding!r}") from error


def _records(root: Element, source: str, raw: bytes) -> Iterator[Record]:
    if root.tag == "DeleteCitation":
        pmids = [_text(child) for child in root if child.tag == "PMID"]
        yield from (Deletion(pmid) for pmid in pmids if is_pmid(pmid))
        if wrong := next((pmid for pmid in pmids if not is_pmid(pmid)), None):
            yield Rejected(source, None, f"deletes '{quote(wrong, 20)}', which is no PMID", raw)
    else:
        yield _document(root)


def _document(root: Element) -> Document:
    fields: Fields = defaultdict(list)
    _collect(root, fields)
    pmid, version = _identity(fields)
    history = _history(fields["PubMedPubDate"])
    headings = list(_children(fields["MeshHeading"], "DescriptorName"))
    return Document(
        pmid=pmid,
        version=version,
        passages=_passages(fields),
        journal=_first(fields, "Title", "ISOAbbreviation", "MedlineTA", "BookTitle"),
        year=_year(fields, dict(history)),
        published=_published(fields),
        revised=next((_date(element) for element in fields["DateRevised"]), None),
        history=history,
        status=next((child.get("Status", "") for child in root if "Status" in child.attrib), ""),
        languages=_all(fields["Language"]),
        vernacular_title=_first(fields, "VernacularTitle"),
        translations=_translations(fields["OtherAbstract"]),
        authors=_authors(fields["AuthorList"]),
        publication_types=_all(fields["PublicationType"]),
        mesh=_all(headings),
        chemicals=_all(_children(fields["Chemical"], "NameOfSubstance")),
        keywords=_all(fields["Keyword"]),
        identifiers=_identifiers(fields),
        corrections=_corrections(fields["CommentsCorrections"]),
        mesh_ids=_ids(headings),
        publication_type_ids=_ids(fields["PublicationType"]),
    )


def _collect(element: Element, fields: Fields) -> None:
    """File every field of a record under its tag, in one walk that enters only the groups."""
    for child in element:
        if child.tag in _GROUPS:
            _collect(child, fields)
        else:
            fields[child.tag].append(child)


def _identity(fields: Fields) -> tuple[str, int]:
    element = next(iter(fields["PMID"]), None)
    pmid = to_pmid("" if element is None else _text(element))
    version = "1" if element is None else element.get("Version", "1")
    if not _VERSION.fullmatch(version):
        raise RecordError(f"PMID {pmid}: version '{quote(version, 20)}' is no small number")
    return pmid, int(version)


def _text(element: Element) -> str:
    """Join all text of an element, at any depth, and collapse its white space."""
    if len(element):
        joined = etree.tostring(element, method="text", encoding="unicode", with_tail=False)
    else:
        joined = element.text or ""  # nine of ten have no mark-up
    # looking first costs a fifth of substituting, and most text has single spaces only
    if "  " in joined or "\n" in joined or "\t" in joined or "\r" in joined:
        joined = _RUNS.sub(" ", joined)
    return joined.strip(" ")


def _children(parents: Iterable[Element], tag: str) -> Iterator[Element]:
    return (child for parent in parents for child in parent if child.tag == tag)


def _all(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(text for element in elements if (text := _text(element)))


def _ids(elements: Iterable[Element]) -> tuple[str, ...]:
    """Take the identifiers of those elements that ``_all`` takes the text of."""
    return tuple(element.get("UI", "") for element in elements if _text(element))


def _first(fields: Fields, *tags: str) -> str:
    """Take the first text there is, in the order of the tags."""
    return next((text for tag in tags for element in fields[tag] if (text := _text(element))), "")


def _passages(fields: Fields) -> tuple[Passage, ...]:
    title = Passage("title", _first(fields, "ArticleTitle", "VernacularTitle", "BookTitle"))
    abstract = _abstract(_children(fields["Abstract"], "AbstractText"))
    return tuple(passage for passage in (title, abstract) if passage.text)


def _abstract(parts: Iterable[Element]) -> Passage:
    """Join the parts. The offsets of a section include its label."""
    text, sections = "", list[Section]()
    for part in parts:
        if not (body := _text(part)):
            continue
        label, category = part.get("Label", "").strip(": "), part.get("NlmCategory", "")
        start = len(text) + 1 if text else 0
        text = " ".join(filter(None, (text, f"{label}: {body}" if label else body)))
        if label or category:
            sections.append(Section(label, category, start, len(text)))
    return Passage("abstract", text, tuple(sections))


def _translations(elements: Iterable[Element]) -> tuple[tuple[str, str], ...]:
    texts = (
        (element.get("Language", "eng"), _abstract(_children([element], "AbstractText")).text)
        for element in elements
    )
    return tuple((language, text) for language, text in texts if text)


def _published(fields: Fields) -> str:
    return " ".join(text for element in fields["PubDate"][:1] for text in _all(element))


def _year(fields: Fields, history: dict[str, date]) -> int | None:
    """Read the year of publication; of a span such as ``1998 Dec-1999 Jan`` the first."""
    electronic = (_text(element) for day in fields["ArticleDate"] for element in day)
    known = (str(history[status].year) for status in _PUBLISHED_FIRST if status in history)
    for text in (_published(fields), *electronic, *known):
        if found := _YEAR.search(text):
            return int(found[0])
    return None


def _date(element: Element) -> date | None:
    parts = {child.tag: _text(child) for child in element}
    try:
        return date(int(parts["Year"]), int(parts["Month"]), int(parts["Day"]))
    except (KeyError, ValueError):
        return None  # PubMed has days such as 31 February


def _history(elements: Iterable[Element]) -> tuple[tuple[str, date], ...]:
    dates = ((element.get("PubStatus", ""), _date(element)) for element in elements)
    return tuple((status, day) for status, day in dates if day)


def _authors(lists: Iterable[Element]) -> tuple[str, ...]:
    authors = (author for group in lists if group.get("Type") != "editors" for author in group)
    return tuple(name for author in authors if (name := _author(author)))


def _author(author: Element) -> str:
    """Write a name as ``Fore Last``; empty for the misprinted twin of a corrected name."""
    if author.get("ValidYN") == "N":
        return ""
    parts = {child.tag: _text(child) for child in author}
    fore = parts.get("ForeName") or parts.get("Initials", "")
    names = (fore, parts.get("LastName", ""), parts.get("Suffix", ""))
    return " ".join(filter(None, names)) or parts.get("CollectiveName", "")


def _identifiers(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Pair the record's own identifiers with their types, each once."""
    pairs = [(element.get("IdType", "pubmed"), _text(element)) for element in fields["ArticleId"]]
    pairs += [
        (element.get("EIdType", ""), _text(element))
        for element in fields["ELocationID"]
        if element.get("ValidYN") != "N"
    ]
    return tuple(dict.fromkeys(pair for pair in pairs if pair[1]))


def _corrections(elements: Iterable[Element]) -> tuple[Correction, ...]:
    # files before 2019 list the cited articles here too
    return tuple(_correction(each) for each in elements if each.get("RefType") != "Cites")


def _correction(element: Element) -> Correction:
    parts = {child.tag: _text(child) for child in element}
    return Correction(element.get("RefType", ""), parts.get("PMID", ""), parts.get("RefSource", ""))
