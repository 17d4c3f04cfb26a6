"""What a graph says, read back into our types: the one reader to the writer ``kg.graph.rdf``.

Nodes are read with all their properties, many at a time, and become the type they were written
from. What we would not write is left out: an assertion with another predicate than ours, a concept
of another type.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pyoxigraph import Literal, NamedNode, Quad

from extract.annotation import Pipeline
from kg.article import Article
from kg.assertion import Assertion, Citation, Claim, Edge, Evidence
from kg.graph import vocabulary as v
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import RowError, Value, cell, node, value
from kg.identifiers import article_iri, identifier_of, pmid_of
from kg.sentence.cues import Cues, Polarity
from kg.sentence.quotation import Quotation, Span
from kg.sentence.study import StudyKind
from kg.stores import Row, TripleStore
from ontology.concept import Concept
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI

BATCH = 500
"""Assertions that are well asked about at a time."""

Values = Mapping[str, Collection[NamedNode | Literal]]
K = TypeVar("K", Polarity, StudyKind)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph with the values of its properties, as far as they were read."""

    iri: str
    values: Mapping[NamedNode, list[Value]]

    def all(self, property_: NamedNode) -> list[str]:
        """All values of a property, in order of the alphabet."""
        return sorted(each.value for each in self.values.get(property_, ()))

    def text(self, property_: NamedNode) -> str:
        """The value of a property, empty where there is none."""
        return next(iter(self.all(property_)), "")

    def needed(self, property_: NamedNode) -> str:
        """The value of a property that cannot be missing; raises RowError where it is."""
        found = self.all(property_)
        if not found:
            raise RowError(f"{self.iri}: {property_.value} is missing")
        return found[0]

    def number(self, property_: NamedNode) -> int | None:
        """The value of a property that is a whole number, None where there is none."""
        found = self.text(property_)
        return int(found) if found else None

    def is_true(self, property_: NamedNode) -> bool:
        """Whether a property is given as true."""
        return v.TRUE in self.values.get(property_, ())

    def quads(self, graph: NamedNode) -> Iterator[Quad]:
        """The node as quads of one graph."""
        for property_, values in self.values.items():
            yield from (Quad(NamedNode(self.iri), property_, each, graph) for each in values)


def read_rows(store: TripleStore, query: str, values: Values) -> Iterator[Row]:
    """Ask one query of ``queries/reading``; asking about nothing asks nothing."""
    return store.select(reading_text(query, values)) if all(values.values()) else iter(())


def reading_text(query: str, values: Values) -> str:
    """Write values into a query of ``queries/reading``."""
    text = (question_folder() / "reading" / f"{query}.rq").read_text(encoding="utf-8")
    return bind_terms(text, values)


def read_quads(
    store: TripleStore, query: str, values: Values, graph: NamedNode | None = None
) -> list[Quad]:
    """Read rows of ``?s ?p ?o``, in one graph or else in ``?g``."""
    return [
        Quad(node(row, "s"), node(row, "p"), value(row, "o"), graph or node(row, "g"))
        for row in read_rows(store, query, values)
    ]


def read_nodes(store: TripleStore, query: str, **iris: Iterable[str]) -> dict[str, Node]:
    """Read rows of ``?s ?p ?o`` as nodes, by their IRIs; ``iris`` are what the query is about."""
    values = {
        name: [NamedNode(iri) for iri in dict.fromkeys(every)] for name, every in iris.items()
    }
    grouped: dict[str, dict[NamedNode, list[Value]]] = {}
    for row in read_rows(store, query, values):
        properties = grouped.setdefault(cell(row, "s"), {})
        properties.setdefault(node(row, "p"), []).append(value(row, "o"))
    return {iri: Node(iri, properties) for iri, properties in grouped.items()}


def read_concepts(store: TripleStore, iris: Iterable[str]) -> dict[str, Concept]:
    """Read some concepts, by IRI; those that are of no type of ours are left out."""
    nodes = read_nodes(store, "concepts", s=iris)
    found = ((iri, concept_of(each)) for iri, each in nodes.items())
    return {iri: concept for iri, concept in found if concept is not None}


def concept_of(found: Node) -> Concept | None:
    """Read a concept; None where it is of no type of ours."""
    kinds = [TYPE_OF_IRI[iri] for iri in found.all(v.TYPE) if iri in TYPE_OF_IRI]
    if not kinds:
        return None
    curie = identifier_of(found.iri)
    exact = tuple(sorted(map(identifier_of, found.all(v.EXACT_MATCH))))
    return Concept(
        curie=curie,
        name=found.text(v.PREF_LABEL) or curie,
        type=kinds[0],
        synonyms=tuple(found.all(v.ALT_LABEL)),
        same_as=tuple(sorted((*exact, *map(identifier_of, found.all(v.CLOSE_MATCH))))),
        is_provisional=found.is_true(v.IS_PROVISIONAL),
        exact_matches=exact,
        broader=tuple(sorted(map(identifier_of, found.all(v.BROADER)))),
        ancestors=tuple(sorted(map(identifier_of, found.all(v.BROADER_TRANSITIVE)))),
        related=tuple(sorted(map(identifier_of, found.all(v.RELATED)))),
    )


def read_articles(store: TripleStore, pmids: Iterable[str]) -> dict[str, Article]:
    """Read some articles, by PMID."""
    nodes = read_nodes(store, "articles", s=map(article_iri, pmids))
    return {article.pmid: article for article in map(article_of, nodes.values())}


def article_of(found: Node) -> Article:
    """Read an article, as far as its properties were read, by the table of ``kg.article``."""
    article = Article(pmid_of(found.iri))
    read = {fact.name: _as_in(found, v.term(fact.term), fact.value) for fact in article.facts()}
    studies = {v.STUDY_OF_NODE[NamedNode(iri)] for iri in found.all(v.STUDY_KIND)}
    kinds = tuple(kind for kind in StudyKind if kind in studies)
    return replace(article, **read | {"study_kinds": kinds})


def _as_in(found: Node, property_: NamedNode, default: object) -> Any:
    """Read a property as what its default is: a list, a text, a truth, or a number."""
    match default:
        case tuple():
            return tuple(found.all(property_))
        case str():
            return found.text(property_)
        case bool():
            return found.is_true(property_)
        case _:
            number = found.number(property_)
            return default if number is None else number


def pipeline_of(run: Node) -> Pipeline:
    """Read the pipeline of a run."""
    terms = (v.RECOGNIZER, v.RELATION_METHOD, v.WEIGHTS_HASH, v.LEXICON_HASH)
    return Pipeline(*map(run.text, terms))


def read_edges(store: TripleStore, iris: Iterable[str]) -> list[Edge]:
    """Read some assertions with their concepts, in order of their IRIs; those of others are not."""
    nodes = read_nodes(store, "assertions", s=iris)
    years = _years(store, nodes)
    ends = (iri for each in nodes.values() for p in (v.SUBJECT, v.OBJECT) for iri in each.all(p))
    concepts = read_concepts(store, ends)
    found = (_edge(nodes[iri], years.get(iri, {}), concepts) for iri in sorted(nodes))
    return [edge for edge in found if edge is not None]


def _years(store: TripleStore, assertions: Collection[str]) -> dict[str, dict[int, int]]:
    """Read how many papers of each year say some assertions."""
    years: dict[str, dict[int, int]] = {}
    for count in read_nodes(store, "year_counts", assertion=assertions).values():
        of_assertion = years.setdefault(count.needed(v.OF_ASSERTION), {})
        of_assertion[int(count.needed(v.YEAR))] = int(count.needed(v.PAPER_COUNT))
    return years


def _edge(found: Node, years: Mapping[int, int], concepts: Mapping[str, Concept]) -> Edge | None:
    assertion = assertion_of(found, years)
    subject, object_ = (concepts.get(found.text(end)) for end in (v.SUBJECT, v.OBJECT))
    if assertion is None or subject is None or object_ is None:
        return None
    return Edge(found.iri, assertion, subject, object_)


def claim_of(found: Node) -> Claim | None:
    """Read what an assertion says; None where the predicate is none of ours."""
    predicate = PREDICATE_OF_IRI.get(found.needed(v.PREDICATE))
    if predicate is None:
        return None
    subject, object_ = (identifier_of(found.needed(end)) for end in (v.SUBJECT, v.OBJECT))
    return Claim(subject, predicate, object_)


def assertion_of(found: Node, years: Mapping[int, int]) -> Assertion | None:
    """Read an assertion, given its papers by year; None where the predicate is none of ours."""
    claim = claim_of(found)
    return claim and Assertion(
        claim=claim,
        paper_count=int(found.needed(v.PAPER_COUNT)),
        evidence_count=int(found.needed(v.EVIDENCE_COUNT)),
        belief=float(found.needed(v.BELIEF)),
        is_believed=found.is_true(v.IS_BELIEVED),
        years=tuple(sorted(years.items())),
        opposing_paper_count=found.number(v.OPPOSING_PAPER_COUNT) or 0,
        opposing_evidence_count=found.number(v.OPPOSING_EVIDENCE_COUNT) or 0,
        disbelief=float(found.text(v.DISBELIEF) or 0),
        polarities=_counted(found, v.POLARITY_COUNTS),
        kinds=_counted(found, v.STUDY_COUNTS),
    )


def _counted(found: Node, terms: Mapping[K, NamedNode]) -> tuple[tuple[K, int], ...]:
    counts = ((key, found.number(term)) for key, term in terms.items())
    return tuple(sorted((key, count) for key, count in counts if count))


def read_evidence(store: TripleStore, assertions: Iterable[str]) -> dict[str, list[Citation]]:
    """Read the evidence for and against some assertions, by their IRIs; the best comes first."""
    cited: dict[str, list[Citation]] = {iri: [] for iri in assertions}
    nodes = read_nodes(store, "evidence_of_assertions", assertion=cited).values()
    for citation, found in zip(cite(store, nodes), nodes, strict=True):
        cited[_about(found)].append(citation)
    return {iri: sorted(found, key=_rank) for iri, found in cited.items()}


def _about(evidence: Node) -> str:
    return evidence.text(v.SUPPORTS) or evidence.needed(v.OPPOSES)


def _rank(citation: Citation) -> tuple[float, str]:
    return -citation.evidence.score, citation.iri


def cite(store: TripleStore, nodes: Collection[Node]) -> Iterator[Citation]:
    """Read the articles and the pipelines of some evidence, each once; in the order given."""
    articles = read_nodes(store, "articles", s=(each.needed(v.ARTICLE) for each in nodes))
    runs = read_nodes(store, "runs", s=(each.needed(v.GENERATED_BY) for each in nodes))
    described = {iri: article_of(found) for iri, found in articles.items()}
    pipelines = {iri: pipeline_of(found) for iri, found in runs.items()}
    for each in nodes:
        evidence = evidence_of(each)
        article = described.get(each.text(v.ARTICLE), Article(evidence.pmid))
        yield Citation(each.iri, evidence, article, pipelines.get(evidence.run))


def evidence_of(found: Node) -> Evidence:
    """Read one piece of evidence; raises RowError that names what is missing."""
    return Evidence(
        pmid=pmid_of(found.needed(v.ARTICLE)),
        version=found.number(v.RECORD_VERSION) or 1,
        quotation=Quotation(
            found.needed(v.SENTENCE), *_side(found, v.SUBJECT_SPAN), *_side(found, v.OBJECT_SPAN)
        ),
        score=float(found.needed(v.SCORE)),
        run=found.needed(v.GENERATED_BY),
        cues=_cues(found),
    )


def _cues(found: Node) -> Cues:
    polarity = found.text(v.POLARITY)
    return Cues(
        polarity=v.POLARITY_OF_NODE[NamedNode(polarity)] if polarity else None,
        is_negated=bool(found.text(v.OPPOSES)),
        is_speculative=found.is_true(v.IS_SPECULATIVE),
    )


def _side(found: Node, terms: v.SpanTerms) -> tuple[Span, int]:
    start, end, at = (int(found.needed(term)) for term in (terms.start, terms.end, terms.at))
    return Span(found.needed(terms.passage), start, end, found.needed(terms.text)), at


def graph_state(store: TripleStore) -> dict[str, tuple[str, str]]:
    """Map each PMID to the record hash and the pipeline version that the graph was made from."""
    return {
        cell(row, "pmid"): (cell(row, "recordHash"), cell(row, "pipelineVersion"))
        for row in read_rows(store, "state", {})
    }


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """How much a graph holds."""

    articles: int
    mentions: int
    relations: int
    concepts: int
    assertions: int
    believed: int
    evidence: int
    quads: int


def graph_counts(store: TripleStore) -> GraphCounts:
    """Count what a graph holds; a walk over articles and assertions, never over evidence."""
    counts: dict[str, int] = {}
    for query in ("article_counts", "assertion_counts", "believed_count", "concept_count"):
        for row in read_rows(store, query, {}):
            # Virtuoso leaves the sum over nothing unbound
            counts.update({name: int(cell(row, name)) if row[name] else 0 for name in row})
    return GraphCounts(**counts, quads=store.size())
