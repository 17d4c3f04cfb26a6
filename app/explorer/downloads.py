"""Lists as files: CSV that no spreadsheet runs as a formula, and JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence

from kg.assertion import Citation, Edge
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

Writer = Callable[[Sequence[str], Iterable[Sequence[Cell]]], bytes]
"""What writes rows under the names of their columns."""


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


def relation_cells(edge: Edge) -> tuple[Cell, ...]:
    """The cells of ``RELATION_COLUMNS``."""
    subject, stated, object_ = edge.subject, edge.assertion, edge.object
    return (
        *(subject.curie, subject.name, subject.type),
        edge.predicate,
        *(object_.curie, object_.name, object_.type),
        *(stated.paper_count, stated.opposing_paper_count, stated.belief),
        *(stated.first_year, stated.last_year),
        edge.id,
    )


def evidence_cells(edge: Edge, citation: Citation) -> tuple[Cell, ...]:
    """The cells of ``EVIDENCE_COLUMNS``."""
    found, article, pipeline = citation.evidence, citation.article, citation.pipeline
    quoted, cues = found.quotation, found.cues
    return (
        *(edge.subject.curie, edge.subject.name, edge.predicate),
        *(edge.object.curie, edge.object.name),
        *(article.pmid, article.year, article.journal, article.title, article.is_retracted),
        *(quoted.subject.passage, quoted.sentence),
        *(quoted.subject.text, quoted.subject_at, quoted.object.text, quoted.object_at),
        *("against" if cues.is_negated else "for", cues.polarity or "", cues.is_speculative),
        *("; ".join(sorted(article.study_kinds)), found.score),
        *((pipeline.recognizer, pipeline.relations) if pipeline else ("", "")),
        *(citation.reading, citation.id),
    )
