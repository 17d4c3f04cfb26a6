"""What kg hands on: an Assertion, and the Evidence for and against it."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from extract.annotation import AnnotatedDocument, Pipeline, Relation
from kg.article import Article
from kg.belief import is_believed, noisy_or, weight
from kg.identifiers import local_id, run_iri, run_version
from kg.sentence.cue_words import Place
from kg.sentence.cues import SILENT, Cues, Polarity, read_cues
from kg.sentence.quotation import GAP, Quotation, Quoter, Span
from kg.sentence.study import StudyKind
from ontology.concept import Concept
from ontology.schema import Predicate

K = TypeVar("K", bound=Hashable)


class Claim(NamedTuple):
    """What an assertion says of two concepts, by their CURIEs."""

    subject: str
    predicate: Predicate
    object: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where one paper says an assertion, or denies it.

    ``score`` in [0, 1] is how sure the reading is that the sentence ties the two; ``cues`` is what
    the sentence says of that tie. ``run`` is the IRI of the run that found it.
    """

    pmid: str
    version: int
    quotation: Quotation
    score: float
    run: str
    cues: Cues = SILENT

    @property
    def weight(self) -> float:
        """What it brings to belief, or to disbelief where it denies."""
        return weight(self.score, is_speculative=self.cues.is_speculative)


@dataclass(frozen=True, slots=True)
class Citation:
    """Evidence as people and files are shown it: with its article and the pipeline that found it.

    ``pipeline`` is None where the graph does not describe the run.
    """

    iri: str
    evidence: Evidence
    article: Article
    pipeline: Pipeline | None = None

    @property
    def id(self) -> str:
        """The hash that names the evidence."""
        return local_id(self.iri)

    @property
    def reading(self) -> str:
        """The version of the reading that found it."""
        return run_version(self.evidence.run)


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
class Assertion:
    """A claim as the graph states it, counted over all its evidence.

    ``paper_count`` and ``evidence_count`` count support, ``opposing_…`` what denies; a paper may
    do both. ``years``, ``kinds`` (of supporting papers) and ``polarities`` (of all papers) hold
    (value, papers) in order, without what no paper has.
    """

    claim: Claim
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

    @property
    def first_year(self) -> int | None:
        """The year of the first paper that says it, None where no year is known."""
        return self.years[0][0] if self.years else None

    @property
    def last_year(self) -> int | None:
        """The year of the latest paper that says it."""
        return self.years[-1][0] if self.years else None

    @property
    def is_denied(self) -> bool:
        """Whether more speaks against it than for it."""
        return self.disbelief > self.belief

    @property
    def papers_by_name(self) -> dict[str, int]:
        """Papers by every direction and every kind of study, named as columns of files are."""
        counts = dict([*self.polarities, *self.kinds])
        return {key.replace(" ", "_"): counts.get(key, 0) for key in (*Polarity, *StudyKind)}


@dataclass(frozen=True, slots=True)
class Edge:
    """An assertion as people and files are shown it: with both its concepts."""

    iri: str
    assertion: Assertion
    subject: Concept
    object: Concept

    @property
    def id(self) -> str:
        """The hash that names the assertion."""
        return local_id(self.iri)

    @property
    def predicate(self) -> Predicate:
        """What ties subject and object."""
        return self.assertion.claim.predicate


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
    return Claim(subject, relation.predicate, object_)


def _evidence(document: AnnotatedDocument, relation: Relation, quoter: Quoter) -> Evidence:
    quotation = quoter.quote(Span.of(relation.subject), Span.of(relation.object))
    return Evidence(
        pmid=document.document.pmid,
        version=document.document.version,
        quotation=quotation,
        score=round(relation.score, 4),
        run=run_iri(document.pipeline),
        cues=_cues(relation, quotation),
    )


def _cues(relation: Relation, quotation: Quotation) -> Cues:
    """Read the cues of one sentence. Two sentences say nothing of a pair over both."""
    if GAP in quotation.sentence:
        return SILENT
    ends = zip(quotation.sides, (relation.subject, relation.object), strict=True)
    subject, object_ = (
        Place(at, at + len(span.text), mention.type) for (span, at), mention in ends
    )
    return read_cues(quotation.sentence, subject, relation.predicate, object_)


def paper_support(evidence: Iterable[Evidence], article: Article) -> PaperSupport:
    """Sum up what one paper says of one assertion."""
    found = tuple(evidence)
    stated = {one.cues.polarity for one in found}
    return PaperSupport(
        pmid=article.pmid,
        support=Side.of(one for one in found if not one.cues.is_negated),
        opposition=Side.of(one for one in found if one.cues.is_negated),
        polarities=tuple(polarity for polarity in Polarity if polarity in stated),
        kinds=article.study_kinds,
        year=article.year,
    )


def summarise(claim: Claim, papers: Iterable[PaperSupport], min_belief: float) -> Assertion:
    """Count one assertion over the papers that say or deny it, one entry a paper."""
    every = tuple(papers)
    support = [paper for paper in every if paper.support.evidence_count]
    opposed = [paper for paper in every if paper.opposition.evidence_count]
    probability = noisy_or(paper.support.best for paper in support)
    disbelief = noisy_or(paper.opposition.best for paper in opposed)
    return Assertion(
        claim=claim,
        paper_count=len(support),
        evidence_count=sum(paper.support.evidence_count for paper in support),
        belief=probability,
        is_believed=is_believed(probability, disbelief, min_belief),
        years=_counted(paper.year for paper in support if paper.year is not None),
        opposing_paper_count=len(opposed),
        opposing_evidence_count=sum(paper.opposition.evidence_count for paper in opposed),
        disbelief=disbelief,
        polarities=_counted(polarity for paper in every for polarity in paper.polarities),
        kinds=_counted(kind for paper in support for kind in paper.kinds),
    )


def _counted(values: Iterable[K]) -> tuple[tuple[K, int], ...]:
    return tuple(sorted(Counter(values).items()))
