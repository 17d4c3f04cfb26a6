"""Rows of the catalogue's answers, read back into our types."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pyoxigraph import NamedNode

from kg.assertion import Assertion, Claim, Evidence
from kg.graph import vocabulary as v
from kg.graph.rdf import cell, concept_curie, node
from kg.identifiers import pmid_of
from kg.sentence.cues import Cues, Polarity
from kg.sentence.quotation import Span
from kg.sentence.study import StudyKind
from kg.stores import Row
from ontology.namespaces import PREDICATE_OF_IRI

K = TypeVar("K", Polarity, StudyKind)


def claim_of(row: Row) -> Claim:
    """Read ``?subject ?predicate ?object``."""
    predicate = PREDICATE_OF_IRI[cell(row, "predicate")]
    subject, object_ = (concept_curie(cell(row, end)) for end in ("subject", "object"))
    return Claim(subject, predicate, object_)


def evidence_of(row: Row) -> Evidence:
    """Read the variables of ``evidence_of_assertion.rq``, named as the properties are."""
    return Evidence(
        pmid=pmid_of(cell(row, "article")),
        version=int(cell(row, "recordVersion")),
        subject=_span_of(row, "subject"),
        object=_span_of(row, "object"),
        sentence=cell(row, "sentence"),
        subject_at=int(cell(row, "subjectAt")),
        object_at=int(cell(row, "objectAt")),
        score=float(cell(row, "score")),
        run=cell(row, "run"),
        cues=_cues_of(row),
    )


def _cues_of(row: Row) -> Cues:
    polarity, speculative = row.get("polarity"), row.get("speculative")
    return Cues(
        polarity=v.POLARITY_OF_NODE[node(row, "polarity")] if polarity else None,
        is_negated=node(row, "stance") == v.OPPOSES,
        is_speculative=speculative == v.TRUE,
    )


def _span_of(row: Row, side: str) -> Span:
    start, end = int(cell(row, side + "Start")), int(cell(row, side + "End"))
    passage, text = cell(row, side + "Passage"), cell(row, side + "Text")
    return Span(passage, start, end, text)


def summary_of(row: Row, years: Iterable[Row] = ()) -> Assertion:
    """Read an Assertion node, its variables named as the properties are.

    Its YearCounts are rows of ``?year ?paperCount``. A count that is unbound is none.
    """
    counts = {name: int(cell(row, name)) for name in row if name.endswith("Count") and row[name]}
    return Assertion(
        claim=claim_of(row),
        paper_count=counts["paperCount"],
        evidence_count=counts["evidenceCount"],
        belief=float(cell(row, "belief")),
        is_believed=cell(row, "isBelieved") == "true",
        years=tuple(sorted((int(cell(r, "year")), int(cell(r, "paperCount"))) for r in years)),
        opposing_paper_count=counts.get("opposingPaperCount", 0),
        opposing_evidence_count=counts.get("opposingEvidenceCount", 0),
        disbelief=float(cell(row, "disbelief")) if row.get("disbelief") else 0.0,
        polarities=_counted(counts, v.POLARITY_COUNTS),
        kinds=_counted(counts, v.STUDY_COUNTS),
    )


def _counted(counts: Mapping[str, int], terms: Mapping[K, NamedNode]) -> tuple[tuple[K, int], ...]:
    found = ((key, counts.get(v.local_name(term), 0)) for key, term in terms.items())
    return tuple(sorted((key, count) for key, count in found if count))
