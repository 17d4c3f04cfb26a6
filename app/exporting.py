"""Lists as files: CSV that no spreadsheet runs as a formula, and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from app.answers.evidence import AssertionPage, EvidenceRow
from app.answers.relations import RelationRow

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | None
RELATION_COLUMNS = (
    "subject_id", "subject", "subject_type", "predicate", "object_id", "object", "object_type",
    "papers", "belief", "first_year", "last_year", "assertion",
)  # fmt: skip
EVIDENCE_COLUMNS = (
    "subject_id", "subject", "predicate", "object_id", "object", "pmid", "year", "journal",
    "title", "is_retracted", "passage", "sentence", "subject_text", "subject_at", "object_text",
    "object_at", "score", "recognizer", "relation_method", "pipeline_version", "evidence",
)  # fmt: skip


def defused(cell: Cell) -> Cell:
    """Put an apostrophe before a text that a spreadsheet would run.

    >>> defused("=HYPERLINK(1)"), defused("IL-6"), defused(-1.5)
    ("'=HYPERLINK(1)", 'IL-6', -1.5)
    """
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write CSV in UTF-8, with a mark at the start that makes Excel read it as such."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a JSON list of objects."""
    objects = [dict(zip(columns, row, strict=True)) for row in rows]
    return json.dumps(objects, ensure_ascii=False, indent=1).encode()


def relation_cells(row: RelationRow) -> tuple[Cell, ...]:
    """The cells of ``RELATION_COLUMNS``."""
    ends = (row.subject.id, row.subject.name, row.subject.type)
    other = (row.object.id, row.object.name, row.object.type)
    return (*ends, row.predicate, *other, row.papers, row.belief, row.first, row.last, row.id)


def evidence_cells(page: AssertionPage, row: EvidenceRow) -> tuple[Cell, ...]:
    """The cells of ``EVIDENCE_COLUMNS``."""
    claim, marked, paper = page.claim, row.marked, row.paper
    said = (claim.subject.id, claim.subject.name, claim.predicate, claim.object.id)
    where = (
        (paper.pmid, paper.year, paper.journal, paper.title, paper.is_retracted)
        if paper
        else (None,) * 5
    )
    spans = (marked.subject_text, marked.subject_at, marked.object_text, marked.object_at)
    how = (row.score, row.recognizer, row.method, row.version, row.id)
    return (*said, claim.object.name, *where, row.passage, marked.sentence, *spans, *how)
