"""Lists as files: CSV that no spreadsheet runs as a formula, and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from app.explorer.queries.evidence import AssertionPage, EvidenceRow
from app.explorer.queries.relation_table import RelationRow
from kg.exports.csv_table import Cell, defused

RELATION_COLUMNS = (
    "subject_id", "subject", "subject_type", "predicate", "object_id", "object", "object_type",
    "papers", "opposing_papers", "belief", "first_year", "last_year", "assertion",
)  # fmt: skip
EVIDENCE_COLUMNS = (
    "subject_id", "subject", "predicate", "object_id", "object", "pmid", "year", "journal",
    "title", "is_retracted", "passage", "sentence", "subject_text", "subject_at", "object_text",
    "object_at", "says", "direction", "is_speculative", "study_kinds", "score",
    "recognizer", "relation_method", "pipeline_version", "evidence",
)  # fmt: skip


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
    return (
        *ends,
        row.predicate,
        *other,
        row.papers,
        row.against,
        row.belief,
        row.first,
        row.last,
        row.id,
    )


def evidence_cells(page: AssertionPage, row: EvidenceRow) -> tuple[Cell, ...]:
    """The cells of ``EVIDENCE_COLUMNS``."""
    claim, marked, paper = page.claim, row.marked, row.paper
    ends = (claim.subject.id, claim.subject.name, claim.predicate, claim.object.id)
    where = (
        (paper.pmid, paper.year, paper.journal, paper.title, paper.is_retracted)
        if paper
        else (None,) * 5
    )
    spans = (marked.subject_text, marked.subject_at, marked.object_text, marked.object_at)
    said = row.said
    side = "against" if said.denies else "for"
    studies = "; ".join(paper.studies) if paper else ""
    spans += (side, said.direction, said.is_speculative, studies)
    how = (row.score, row.recognizer, row.method, row.version, row.id)
    return (*ends, claim.object.name, *where, row.passage, marked.sentence, *spans, *how)
