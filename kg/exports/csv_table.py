"""Assertions with their evidence as CSV: a line a piece of evidence."""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from kg.assertion import Citation, Edge
from kg.graph import vocabulary as v
from kg.graph.ordered import edges
from kg.graph.reading_back import read_evidence
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores import TripleStore
from kg.writing import new_file

Cell = str | int | float | bool | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ASSERTION_COLUMNS = (
    "assertion", "subject_id", "subject", "subject_type", "predicate", "object_id", "object",
    "object_type", "belief", "is_believed", "papers", "evidence_count", "first_year", "last_year",
    "disbelief", "opposing_papers", "opposing_evidence_count",
    *(f"{name.replace(' ', '_')}_papers" for name in (*Polarity, *StudyKind)),
)  # fmt: skip
EVIDENCE_COLUMNS = (
    "evidence", "pmid", "year", "journal", "title", "is_retracted", "study_kinds", "stance",
    "polarity", "is_speculative", "score", "weight", "sentence",
    "subject_text", "subject_passage", "subject_start", "subject_end", "subject_at",
    "object_text", "object_passage", "object_start", "object_end", "object_at",
    "recognizer", "relation_method", "pipeline_version",
)  # fmt: skip


def defused(cell: Cell) -> Cell:
    """Put an apostrophe before a text that a spreadsheet would run; write truth in small letters.

    >>> defused("=HYPERLINK(1)"), defused("IL-6"), defused(-1.5), defused(True)
    ("'=HYPERLINK(1)", 'IL-6', -1.5, 'true')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell


def write_csv(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write a line a piece of evidence; returns how many."""
    columns = (*ASSERTION_COLUMNS, *EVIDENCE_COLUMNS)
    with new_file(out) as file:
        file.write(BOM_UTF8)
        return write_rows(file, columns, _lines(store, work, min_belief))


def write_rows(
    file: IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    dialect: type[csv.Dialect] = csv.excel,
) -> int:
    """Write rows under the names of their columns, each cell ``defused``; returns how many.

    Excel reads UTF-8 only behind a byte order mark, which is left to the caller.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, dialect)
    writer.writerow(columns)
    count = 0
    for count, cells in enumerate(rows, start=1):  # noqa: B007
        writer.writerow(map(defused, cells))
    text.detach()
    return count


def _lines(store: TripleStore, work: Path, min_belief: float) -> Iterator[tuple[Cell, ...]]:
    for batch in edges(store, work, min_belief):
        evidence = read_evidence(store, [edge.iri for edge in batch])
        for edge in batch:
            said = assertion_cells(edge)
            yield from ((*said, *evidence_cells(found)) for found in evidence[edge.iri])


def assertion_cells(edge: Edge) -> tuple[Cell, ...]:
    """Describe an assertion, in the order of ``ASSERTION_COLUMNS``."""
    said, subject, object_ = edge.assertion, edge.subject, edge.object
    return (
        *(edge.iri, subject.curie, subject.name, str(subject.type), edge.predicate.value),
        *(object_.curie, object_.name, str(object_.type)),
        *(said.belief, said.is_believed, said.paper_count, said.evidence_count),
        *(said.first_year, said.last_year, said.disbelief),
        *(said.opposing_paper_count, said.opposing_evidence_count, *said.papers_by_name.values()),
    )


def evidence_cells(cited: Citation) -> tuple[Cell, ...]:
    """Describe a piece of evidence, in the order of ``EVIDENCE_COLUMNS``."""
    found, article, cues = cited.evidence, cited.article, cited.evidence.cues
    studies = sorted(v.local_name(v.STUDY_NODES[kind]) for kind in article.study_kinds)
    polarity = v.local_name(v.POLARITY_NODES[cues.polarity]) if cues.polarity else ""
    pipeline = cited.pipeline
    return (
        *(cited.iri, article.pmid, article.year, article.journal, article.title),
        article.is_retracted,
        *("|".join(studies), "opposes" if cues.is_negated else "supports", polarity),
        *(cues.is_speculative, found.score, found.weight, found.quotation.sentence),
        *(c for s, at in found.quotation.sides for c in (s.text, s.passage, s.start, s.end, at)),
        *((pipeline.recognizer, pipeline.relations) if pipeline else ("", "")),
        cited.reading,
    )
