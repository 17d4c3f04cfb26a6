"""An assertion, the sentences that say or deny it, and the papers they stand in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.explorer.queries.concepts import End, YearCount, end_of, year_counts
from app.explorer.queries.relation_table import ASSERTION, predicate_name
from app.explorer.queries.relations import year
from app.explorer.queries.standpoint import (
    Counted,
    Said,
    StudyName,
    read_counts,
    said_of,
    studies_by_evidence,
    studies_of_paper,
)
from app.graph_access import Row, ask, ask_one
from ontology.namespaces import to_iri

NO_CHOICE: Mapping[str, str] = MappingProxyType({})
PAGE_SIZE = 50
SCORED_PAPERS = 100


@dataclass(frozen=True, slots=True)
class Claim:
    """Subject, predicate and object; ``id`` is the hash of the assertion."""

    id: str
    subject: End
    predicate: str
    object: End


@dataclass(frozen=True, slots=True)
class AssertionPage:
    """One assertion with what was counted for it."""

    claim: Claim
    papers: int
    evidences: int
    belief: float
    is_believed: bool
    first: int | None
    last: int | None
    counted: Counted

    @property
    def sentences(self) -> int:
        """Evidence for and against."""
        return self.evidences + self.counted.opposing_evidences


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence and the two mentions in it: where each starts, and its text."""

    sentence: str
    subject_at: int
    subject_text: str
    object_at: int
    object_text: str


@dataclass(frozen=True, slots=True)
class Paper:
    """An article."""

    pmid: str
    title: str
    journal: str
    year: int | None
    doi: str = ""
    is_retracted: bool = False
    mentions: int | None = None
    relations: int | None = None
    studies: tuple[StudyName, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One place where one paper says an assertion or denies it, and how it was read."""

    id: str
    marked: Marked
    passage: str
    score: float
    recognizer: str
    method: str
    version: str
    said: Said
    paper: Paper | None = None
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class PaperScore:
    """A paper's best evidence for an assertion or against it, and how many pieces it gives."""

    pmid: str
    best: float
    evidences: int
    is_against: bool


@dataclass(frozen=True, slots=True)
class PaperCounts:
    """How much was read in a paper."""

    evidences: int
    assertions: int


def is_assertion_id(text: str) -> bool:
    """Whether a text from a URL can name an assertion."""
    return re.fullmatch(r"[0-9a-f]{16}", text) is not None


def is_pmid(text: str) -> bool:
    """Whether a text from a URL can name an article."""
    return re.fullmatch(r"[0-9]{1,9}", text) is not None


def read_assertion(identifier: str) -> AssertionPage | None:
    """Read an assertion by its hash."""
    row = ask_one("assertion", assertion=ASSERTION + identifier)
    if row is None:
        return None
    return AssertionPage(
        _claim(row),
        int(str(row["papers"])),
        int(str(row["evidences"])),
        float(str(row["belief"])),
        row["believed"] is True,
        year(row, "first"),
        year(row, "last"),
        read_counts(identifier),
    )


def evidence_page(
    identifier: str, page: int, size: int = PAGE_SIZE, chosen: Mapping[str, str] = NO_CHOICE
) -> tuple[EvidenceRow, ...]:
    """Read one page of an assertion's evidence, pages counted from 1.

    ``chosen`` narrows it: ``says`` and ``study`` are names of ``standpoint.py``.
    """
    page_of = {"limit": str(size), "offset": str((page - 1) * size)}
    rows = ask("evidence", assertion=ASSERTION + identifier, **page_of, **chosen)
    studies = studies_by_evidence(identifier)
    papers = (_paper(row, studies.get(str(row["evidence"]), ())) for row in rows)
    return tuple(_evidence(row, paper=paper) for row, paper in zip(rows, papers, strict=True))


def assertion_years(identifier: str) -> tuple[YearCount, ...]:
    """How many papers of each year say the assertion."""
    return year_counts(ask("assertion_years", assertion=ASSERTION + identifier))


def paper_scores(identifier: str) -> tuple[PaperScore, ...]:
    """The inputs of belief and disbelief: best weight of each paper, at most 100 papers."""
    rows = ask("assertion_papers", assertion=ASSERTION + identifier, limit=str(SCORED_PAPERS))
    return tuple(_score(row) for row in rows)


def _score(row: Row) -> PaperScore:
    best, evidences = float(str(row["best"])), int(str(row["evidences"]))
    return PaperScore(str(row["pmid"]), best, evidences, said_of(row).denies)


def read_paper(pmid: str) -> Paper | None:
    """Read an article by PMID."""
    row = ask_one("paper", article=to_iri(f"PMID:{pmid}"))
    return _paper(row, studies_of_paper(pmid)) if row else None


def paper_evidence(pmid: str, page: int, size: int = PAGE_SIZE) -> tuple[EvidenceRow, ...]:
    """Read one page of what was found in an article, in the order of its text's sentences."""
    article, offset = to_iri(f"PMID:{pmid}"), (page - 1) * size
    rows = ask("paper_evidence", article=article, limit=str(size), offset=str(offset))
    return tuple(_evidence(row, claim=_claim(row)) for row in rows)


def paper_counts(pmid: str) -> PaperCounts:
    """Count what was found in an article."""
    row = ask("paper_evidence_count", article=to_iri(f"PMID:{pmid}"))[0]
    return PaperCounts(int(str(row["evidences"])), int(str(row["assertions"])))


def _claim(row: Row) -> Claim:
    return Claim(
        str(row["assertion"]).removeprefix(ASSERTION),
        end_of(row, "subject"),
        predicate_name(str(row["predicate"])),
        end_of(row, "object"),
    )


def _evidence(row: Row, paper: Paper | None = None, claim: Claim | None = None) -> EvidenceRow:
    marked = Marked(
        str(row["sentence"]),
        int(str(row["subjectAt"])),
        str(row["subjectText"]),
        int(str(row["objectAt"])),
        str(row["objectText"]),
    )
    return EvidenceRow(
        id=str(row["evidence"]).rpartition("/")[2],
        marked=marked,
        passage=_text(row, "passage"),
        score=float(str(row["score"])),
        recognizer=_text(row, "recognizer"),
        method=_text(row, "method"),
        version=_text(row, "version"),
        said=said_of(row),
        paper=paper,
        claim=claim,
    )


def _paper(row: Row, studies: tuple[StudyName, ...]) -> Paper:
    return Paper(
        str(row["pmid"]),
        _text(row, "title"),
        _text(row, "journal"),
        year(row, "year"),
        _text(row, "doi"),
        row.get("retracted") is True,
        year(row, "mentions"),
        year(row, "relations"),
        studies,
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)
