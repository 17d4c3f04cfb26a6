"""What kg hands on: an Assertion, and the Evidence that supports it."""

from dataclasses import dataclass

from ontology.schema import Predicate


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``[start, end)`` of one passage of the article."""

    passage: str
    start: int
    end: int
    text: str


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
