"""What kg hands on: an Assertion, and the Evidence that supports it."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from extract.annotation import AnnotatedDocument, Relation
from kg.identifiers import run_iri
from kg.quotation import Quoter, Span
from ontology.schema import Predicate

Claim = tuple[str, Predicate, str]
"""What an assertion says: subject CURIE, predicate, object CURIE."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where one paper says an assertion.

    ``sentence`` quotes the article: the sentence that holds both spans, or the two sentences in
    text order joined by `` […] ``. ``subject_at`` and ``object_at`` are where the spans start in
    ``sentence``. ``score`` in [0, 1]; ``run`` is the IRI of the run that found it.
    """

    pmid: str
    version: int
    subject: Span
    object: Span
    sentence: str
    subject_at: int
    object_at: int
    score: float
    run: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A claim about two concepts (CURIEs), with all its evidence."""

    subject: str
    predicate: Predicate
    object: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class PaperSupport:
    """What one paper adds to an assertion: its best score and how often it says so."""

    pmid: str
    score: float
    evidence_count: int
    year: int | None


@dataclass(frozen=True, slots=True)
class AssertionSummary:
    """An assertion as the graph states it, counted over all its evidence.

    ``years`` holds (year, papers) in order, without the papers that have no year.
    """

    subject: str
    predicate: Predicate
    object: str
    paper_count: int
    evidence_count: int
    belief: float
    is_believed: bool
    years: tuple[tuple[int, int], ...] = ()


def collect_evidence(document: AnnotatedDocument) -> Iterator[tuple[Claim, Evidence]]:
    """Quote the sentences of a document that support a claim, in order of its relations.

    Left out: relations with an unlinked mention, relations of a concept with itself, and all of a
    retracted article. A claim found twice at the same spans is given once, with the better score.
    """
    if document.document.is_retracted:
        return
    quoter = Quoter(document.document)
    for claim, relation in _linked(document.relations).items():
        yield claim[0], _evidence(document, relation, quoter)


def _linked(relations: Iterable[Relation]) -> dict[tuple[Claim, Span, Span], Relation]:
    best: dict[tuple[Claim, Span, Span], Relation] = {}
    for relation in relations:
        claim = _claim(relation)
        if claim is None:
            continue
        key = (claim, Span.of(relation.subject), Span.of(relation.object))
        if key not in best or relation.score > best[key].score:
            best[key] = relation
    return best


def _claim(relation: Relation) -> Claim | None:
    subject, object_ = relation.subject.concept, relation.object.concept
    if subject is None or object_ is None or subject == object_:
        return None
    return subject, relation.predicate, object_


def _evidence(document: AnnotatedDocument, relation: Relation, quoter: Quoter) -> Evidence:
    quotation = quoter.quote(Span.of(relation.subject), Span.of(relation.object))
    return Evidence(
        pmid=document.document.pmid,
        version=document.document.version,
        subject=quotation.subject,
        object=quotation.object,
        sentence=quotation.sentence,
        subject_at=quotation.subject_at,
        object_at=quotation.object_at,
        score=round(relation.score * relation.subject.score * relation.object.score, 4),
        run=run_iri(document.pipeline),
    )


def assemble(documents: Iterable[AnnotatedDocument]) -> list[Assertion]:
    """Merge relations between the same two concepts into one assertion each.

    What ``collect_evidence`` leaves out is left out. Assertions come in order of first appearance.
    """
    evidence: dict[Claim, list[Evidence]] = {}
    for document in documents:
        for claim, found in collect_evidence(document):
            evidence.setdefault(claim, []).append(found)
    return [Assertion(*claim, tuple(found)) for claim, found in evidence.items()]


def belief(evidence: Iterable[Evidence]) -> float:
    """Say how probable evidence makes an assertion: the best score a paper, noisy-or over papers.

    A paper that repeats itself adds nothing (gyorilab/indra#1047).
    """
    papers: dict[str, float] = {}
    for found in evidence:
        papers[found.pmid] = max(found.score, papers.get(found.pmid, 0.0))
    return noisy_or(papers.values())


def noisy_or(probabilities: Iterable[float]) -> float:
    """Combine independent probabilities, in six decimals whatever their order.

    >>> noisy_or([0.5, 0.8])
    0.9
    """
    return round(1 - math.prod(1 - p for p in sorted(probabilities)), 6)


def summarise(claim: Claim, papers: Iterable[PaperSupport], min_belief: float) -> AssertionSummary:
    """Count one assertion over the papers that support it, one entry a paper."""
    support = tuple(papers)
    probability = noisy_or(paper.score for paper in support)
    years = Counter(paper.year for paper in support if paper.year is not None)
    return AssertionSummary(
        *claim,
        paper_count=len(support),
        evidence_count=sum(paper.evidence_count for paper in support),
        belief=probability,
        is_believed=probability >= min_belief,
        years=tuple(sorted(years.items())),
    )
