"""From our types to RDF, and single values back; ``docs/graph.md`` shows what comes out."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from unicodedata import normalize

from pyoxigraph import Literal, NamedNode, Quad

from extract.annotation import Pipeline
from kg.article import Article
from kg.assertion import Assertion, Claim, Evidence
from kg.graph import vocabulary as v
from kg.identifiers import RUN, article_iri, assertion_iri, digest, run_iri
from kg.sentence.cue_words import reading_version
from kg.sentence.cues import Cues
from kg.sentence.quotation import Span
from kg.sentence.study import StudyKind
from kg.stores import Row
from ontology.concept import Concept
from ontology.namespaces import GUTBRAIN, CurieError, to_iri

Value = NamedNode | Literal
Pairs = Iterable[tuple[NamedNode, Value | None]]

_REMEMBERED = 100_000
"""Identifiers kept in mind; expanding one costs 25 µs, and a load asks for each many times."""


class RowError(ValueError):
    """A row of a query lacks what a type of ours needs."""


def _text(value: str) -> Literal | None:
    """Write text in NFC; empty text is not written at all."""
    return Literal(normalize("NFC", value)) if value else None


def _quads(subject: NamedNode, pairs: Pairs, graph: NamedNode) -> Iterator[Quad]:
    for predicate, value in pairs:
        if value is not None:
            yield Quad(subject, predicate, value, graph)


@lru_cache(maxsize=_REMEMBERED)
def concept_node(curie: str) -> NamedNode:
    """Name the concept of a CURIE; raises CurieError on an unknown prefix."""
    return NamedNode(to_iri(curie))


def concept_quads(concept: Concept) -> Iterator[Quad]:
    """Describe a concept. References in vocabularies without a known IRI are left out.

    All that is above it is stated of the concept itself, so that one triple pattern counts a whole
    branch, whether or not what lies between is in the graph.
    """
    pairs: list[tuple[NamedNode, Value | None]] = [
        (v.TYPE, v.CONCEPT),
        (v.TYPE, v.TYPE_NODES[concept.type]),
        (v.PREF_LABEL, _text(concept.name)),
        (v.IDENTIFIER, Literal(concept.curie)),
        (v.IS_PROVISIONAL, v.TRUE if concept.is_provisional else None),
    ]
    synonyms = {normalize("NFC", name) for name in concept.synonyms}
    synonyms.discard(normalize("NFC", concept.name))
    pairs.extend((v.ALT_LABEL, _text(name)) for name in sorted(synonyms))
    close = (curie for curie in concept.same_as if curie not in concept.exact_matches)
    pairs.extend((v.CLOSE_MATCH, node) for node in _nodes(close))
    pairs.extend((v.EXACT_MATCH, node) for node in _nodes(concept.exact_matches))
    pairs.extend((v.BROADER, node) for node in _nodes(concept.broader))
    pairs.extend((v.BROADER_TRANSITIVE, node) for node in _nodes(concept.ancestors))
    pairs.extend((v.RELATED, node) for node in _nodes(concept.related))
    return _quads(concept_node(concept.curie), pairs, v.CONCEPTS)


def _nodes(curies: Iterable[str]) -> Iterator[NamedNode]:
    for curie in dict.fromkeys(curies):
        try:
            yield concept_node(curie)
        except CurieError:
            continue


def article_quads(article: Article) -> Iterator[Quad]:
    """Describe an article, and how much was found in it, by the table of ``kg.article``."""
    pairs: list[tuple[NamedNode, Value | None]] = [
        (v.TYPE, v.ARTICLE_CLASS),
        (v.IDENTIFIER, Literal(f"PMID:{article.pmid}")),
        (v.PMID, Literal(article.pmid)),
    ]
    for fact in article.facts():
        values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
        pairs.extend((v.term(fact.term), _stated(each)) for each in values)
    return _quads(NamedNode(article_iri(article.pmid)), pairs, v.ARTICLES)


def _stated(value: str | int | None) -> Value | None:
    match value:
        case StudyKind():
            return v.STUDY_NODES[value]
        case str():
            return _text(value)
        case _:
            return None if value is None else Literal(value)


def run_graph(run: str) -> NamedNode:
    """Name the graph of a run.

    >>> run_graph("https://w3id.org/gutbrain/run/0123456789ab").value
    'https://w3id.org/gutbrain/graph/run/0123456789ab'
    """
    return NamedNode(v.RUN_GRAPHS + run.removeprefix(RUN))


def run_quads(pipeline: Pipeline) -> Iterator[Quad]:
    """Describe a run: which methods read, with which weights and lexicon."""
    run = run_iri(pipeline)
    pairs: list[tuple[NamedNode, Value | None]] = [
        (v.TYPE, v.ACTIVITY),
        (v.TYPE, v.RUN_CLASS),
        (v.RECOGNIZER, Literal(pipeline.recognizer)),
        (v.RELATION_METHOD, Literal(pipeline.relations)),
        (v.WEIGHTS_HASH, Literal(pipeline.weights)),
        (v.LEXICON_HASH, Literal(pipeline.lexicon)),
        (v.LINKS_HASH, _text(pipeline.links)),
        (v.PIPELINE_VERSION, Literal(reading_version(pipeline))),
    ]
    return _quads(NamedNode(run), pairs, run_graph(run))


def evidence_iri(claim: Claim, evidence: Evidence) -> str:
    """Name evidence by the paper, both spans, the assertion and the run."""
    sides = evidence.quotation.sides
    places = [f"{span.passage}:{span.start}:{span.end}" for span, _ in sides]
    parts = digest(evidence.pmid, *places, assertion_iri(*claim), evidence.run)
    return f"{GUTBRAIN}evidence/{parts}"


def evidence_quads(claim: Claim, evidence: Evidence) -> Iterator[Quad]:
    """Describe one piece of evidence, in the graph of its run."""
    cues = evidence.cues
    stance = v.OPPOSES if cues.is_negated else v.SUPPORTS
    pairs: list[tuple[NamedNode, Value | None]] = [
        (v.TYPE, v.EVIDENCE_CLASS),
        (stance, NamedNode(assertion_iri(*claim))),
        *cue_pairs(cues),
        (v.ARTICLE, NamedNode(article_iri(evidence.pmid))),
        (v.GENERATED_BY, NamedNode(evidence.run)),
        (v.SCORE, Literal(float(evidence.score))),
        (v.WEIGHT, Literal(float(evidence.weight))),
        (v.RECORD_VERSION, Literal(evidence.version)),
        (v.SENTENCE, _text(evidence.quotation.sentence)),
        *_span_pairs(v.SUBJECT_SPAN, *evidence.quotation.sides[0]),
        *_span_pairs(v.OBJECT_SPAN, *evidence.quotation.sides[1]),
    ]
    node = NamedNode(evidence_iri(claim, evidence))
    return _quads(node, pairs, run_graph(evidence.run))


def cue_pairs(cues: Cues) -> Iterator[tuple[NamedNode, Value]]:
    """State direction and doubt; a denial is stated by what the evidence does to its assertion."""
    if cues.polarity:
        yield v.POLARITY, v.POLARITY_NODES[cues.polarity]
    if cues.is_speculative:
        yield v.IS_SPECULATIVE, v.TRUE


def _span_pairs(terms: v.SpanTerms, span: Span, at: int) -> Pairs:
    yield terms.text, Literal(span.text)
    yield terms.passage, Literal(span.passage)
    yield terms.start, Literal(span.start)
    yield terms.end, Literal(span.end)
    yield terms.at, Literal(at)


def statement_quad(claim: Claim) -> Quad:
    """State a claim as a direct triple."""
    subject, predicate, object_ = claim
    node = v.PREDICATE_NODES[predicate]
    return Quad(concept_node(subject), node, concept_node(object_), v.ASSERTIONS)


def assertion_quads(assertion: Assertion) -> Iterator[Quad]:
    """State an assertion: its node, its counts by year and, if believed, the direct triple."""
    claim, iri = assertion.claim, assertion_iri(*assertion.claim)
    if assertion.is_believed:
        yield statement_quad(claim)
    first, last = assertion.first_year, assertion.last_year
    pairs: list[tuple[NamedNode, Value | None]] = [
        (v.TYPE, v.ASSERTION_CLASS),
        (v.SUBJECT, concept_node(claim.subject)),
        (v.PREDICATE, v.PREDICATE_NODES[claim.predicate]),
        (v.OBJECT, concept_node(claim.object)),
        (v.PAPER_COUNT, Literal(assertion.paper_count)),
        (v.EVIDENCE_COUNT, Literal(assertion.evidence_count)),
        (v.BELIEF, Literal(float(assertion.belief))),
        (v.IS_BELIEVED, Literal(assertion.is_believed)),
        (v.FIRST_YEAR, None if first is None else Literal(first)),
        (v.LAST_YEAR, None if last is None else Literal(last)),
        *_opposition_pairs(assertion),
        *((v.POLARITY_COUNTS[polarity], Literal(n)) for polarity, n in assertion.polarities),
        *((v.STUDY_COUNTS[kind], Literal(n)) for kind, n in assertion.kinds),
    ]
    yield from _quads(NamedNode(iri), pairs, v.ASSERTIONS)
    for year, papers in assertion.years:
        yield from _year_quads(iri, year, papers)


def _opposition_pairs(assertion: Assertion) -> Pairs:
    """State what speaks against an assertion; nothing where nothing does."""
    if assertion.opposing_paper_count:
        yield v.OPPOSING_PAPER_COUNT, Literal(assertion.opposing_paper_count)
        yield v.OPPOSING_EVIDENCE_COUNT, Literal(assertion.opposing_evidence_count)
        yield v.DISBELIEF, Literal(float(assertion.disbelief))


def _year_quads(assertion: str, year: int, papers: int) -> Iterator[Quad]:
    pairs: Pairs = (
        (v.TYPE, v.YEAR_COUNT),
        (v.OF_ASSERTION, NamedNode(assertion)),
        (v.YEAR, Literal(year)),
        (v.PAPER_COUNT, Literal(papers)),
    )
    return _quads(NamedNode(f"{assertion}/{year}"), pairs, v.ASSERTIONS)


def value(row: Row, name: str) -> Value:
    """Read one IRI or literal of a row; raises RowError where there is none."""
    term = row.get(name)
    if not isinstance(term, NamedNode | Literal):
        raise RowError(f"?{name} is {term!r}")
    return term


def cell(row: Row, name: str) -> str:
    """Read one value of a row as text; raises RowError where it is unbound."""
    return value(row, name).value


def node(row: Row, name: str) -> NamedNode:
    """Read one value of a row as an IRI; raises RowError where it is none."""
    term = row.get(name)
    if not isinstance(term, NamedNode):
        raise RowError(f"?{name} is {term!r}")
    return term


def iri_of(term: object) -> str:
    """Read the IRI of a term of a quad; raises ValueError where it is none."""
    if not isinstance(term, NamedNode):
        raise ValueError(f"Unexpected term: {term!r}")  # noqa: TRY004
    return term.value
