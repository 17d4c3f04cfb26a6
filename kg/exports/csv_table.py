"""Assertions with their evidence as CSV: a line a piece of evidence."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from kg.exports.rows import (
    POLARITIES,
    STUDIES,
    Edge,
    EvidenceEntry,
    read_edges,
    read_evidence,
)
from kg.exports.writing import new_file
from kg.stores import TripleStore

Cell = str | int | float | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ASSERTION_COLUMNS = (
    "assertion", "subject_id", "subject", "predicate", "object_id", "object", "belief",
    "is_believed", "papers", "evidence_count", "first_year", "last_year", "disbelief",
    "opposing_papers", "opposing_evidence_count", *(f"{name}_papers" for name in POLARITIES),
    *(f"{name}_papers" for name in STUDIES),
)  # fmt: skip
EVIDENCE_COLUMNS = (
    "evidence", "pmid", "year", "journal", "title", "study_kinds", "stance", "polarity",
    "is_speculative", "score", "weight", "sentence",
    "subject_text", "subject_passage", "subject_start", "subject_end", "subject_at",
    "object_text", "object_passage", "object_start", "object_end", "object_at",
    "recognizer", "relation_method", "pipeline_version",
)  # fmt: skip


def defused(cell: Cell) -> Cell:
    """Put an apostrophe before a text that a spreadsheet would run.

    >>> defused("=HYPERLINK(1)"), defused("IL-6"), defused(-1.5)
    ("'=HYPERLINK(1)", 'IL-6', -1.5)
    """
    is_formula = isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
    return f"'{cell}" if is_formula else cell


def write_csv(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write a line a piece of evidence; returns how many."""
    count = 0
    with new_file(out) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        text.write("\ufeff")  # Excel reads UTF-8 only behind a byte order mark
        writer = csv.writer(text)
        writer.writerow((*ASSERTION_COLUMNS, *EVIDENCE_COLUMNS))
        for cells in _lines(store, work, min_belief):
            writer.writerow([defused(cell) for cell in cells])
            count += 1
        text.detach()
    return count


def _lines(store: TripleStore, work: Path, min_belief: float) -> Iterator[tuple[Cell, ...]]:
    for edges in read_edges(store, work, min_belief):
        evidence = read_evidence(store, edges)
        for edge in edges:
            yield from _of(edge, evidence[edge.iri])


def _of(edge: Edge, evidence: Iterable[EvidenceEntry]) -> Iterator[tuple[Cell, ...]]:
    """Repeat what stands of an assertion before each of its pieces of evidence."""
    ends = (edge.iri, edge.subject, edge.subject_name, edge.predicate)
    other = (edge.object, edge.object_name, edge.belief, _told(edge.is_believed))
    counts = (edge.papers, edge.evidence, edge.first_year, edge.last_year)
    against = (edge.disbelief, edge.opposing_papers, edge.opposing_evidence)
    kinds = (papers for _, papers in (*edge.by_polarity, *edge.by_study))
    said = (*ends, *other, *counts, *against, *kinds)
    for found in evidence:
        yield (*said, *_evidence_cells(found))


def _evidence_cells(found: EvidenceEntry) -> tuple[Cell, ...]:
    article = (found.iri, found.pmid, found.year, found.journal, found.title)
    sides = (
        cell
        for side in (found.subject, found.object)
        for cell in (side.text, side.passage, side.start, side.end, side.at)
    )
    stance = ("|".join(found.study_kinds), "opposes" if found.opposes else "supports")
    cues = (found.polarity, _told(found.is_speculative), found.score, found.weight)
    how = (found.recognizer, found.relation_method, found.pipeline_version)
    return (*article, *stance, *cues, found.sentence, *sides, *how)


def _told(claim: bool) -> str:  # noqa: FBT001
    return "true" if claim else "false"
