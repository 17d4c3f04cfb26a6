"""What a graph says before a change: the quads of articles, evidence, concepts, assertions."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from extract.annotation import Pipeline
from kg.assertion import Claim, PaperSupport, Side
from kg.graph import vocabulary as v
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import cell, concept_curie, iri_of, node, statement_quad, value
from kg.identifiers import article_iri, pmid_of, run_iri
from kg.stores import Row, TripleStore
from ontology.namespaces import PREDICATE_OF_IRI

Values = Mapping[str, Collection[NamedNode | Literal]]


@dataclass(frozen=True, slots=True)
class AssertionNode:
    """An assertion as the graph states it: all its quads, the direct triple among them."""

    claim: Claim
    quads: tuple[Quad, ...]


def read_rows(store: TripleStore, query: str, values: Values) -> Iterator[Row]:
    """Ask one query of ``queries/loading``; asking about nothing asks nothing."""
    if not all(values.values()):
        return iter(())
    text = (question_folder() / "loading" / f"{query}.rq").read_text(encoding="utf-8")
    return store.select(bind_terms(text, values))


def read_quads(
    store: TripleStore, query: str, values: Values, graph: NamedNode | None = None
) -> list[Quad]:
    """Read rows of ``?s ?p ?o``, in one graph or else in ``?g``."""
    return [
        Quad(node(row, "s"), node(row, "p"), value(row, "o"), graph or node(row, "g"))
        for row in read_rows(store, query, values)
    ]


def read_concepts(store: TripleStore, concepts: Collection[NamedNode]) -> list[Quad]:
    """Read what stands about some concepts."""
    return read_quads(store, "concepts", {"s": concepts}, v.CONCEPTS)


def read_used(
    store: TripleStore, concepts: Collection[NamedNode], without: Collection[NamedNode]
) -> set[NamedNode]:
    """Read which concepts some assertion is about, leaving some assertions out."""
    rows = read_rows(store, "uses", {"concept": concepts})
    return {node(row, "concept") for row in rows if node(row, "assertion") not in without}


def read_articles(store: TripleStore, pmids: Iterable[str]) -> list[Quad]:
    """Read what stands about some articles, and the evidence of any run that they gave."""
    articles = [NamedNode(article_iri(pmid)) for pmid in pmids]
    described = read_quads(store, "articles", {"s": articles}, v.ARTICLES)
    return described + read_quads(store, "evidence", {"article": articles})


def read_runs(store: TripleStore, pipelines: Iterable[Pipeline]) -> list[Quad]:
    """Read what stands about the runs of some pipelines."""
    runs = [NamedNode(run_iri(pipeline)) for pipeline in pipelines]
    return read_quads(store, "runs", {"s": runs})


def read_assertions(store: TripleStore, assertions: Collection[NamedNode]) -> list[AssertionNode]:
    """Read what stands about some assertions; those that do not stand yet are left out."""
    nodes = read_quads(store, "assertions", {"s": assertions}, v.ASSERTIONS)
    counts = read_quads(store, "year_counts", {"assertion": assertions}, v.ASSERTIONS)
    quads: dict[str, list[Quad]] = {}
    for quad in nodes:
        quads.setdefault(iri_of(quad.subject), []).append(quad)
    for quad in counts:
        quads[iri_of(quad.subject).rpartition("/")[0]].append(quad)
    return [_assertion_node(iri, found) for iri, found in quads.items()]


def _assertion_node(iri: str, quads: list[Quad]) -> AssertionNode:
    said = {quad.predicate: quad.object for quad in quads if iri_of(quad.subject) == iri}
    subject, predicate, object_ = (iri_of(said[p]) for p in (v.SUBJECT, v.PREDICATE, v.OBJECT))
    claim = Claim(concept_curie(subject), PREDICATE_OF_IRI[predicate], concept_curie(object_))
    direct = (statement_quad(claim),) if said[v.IS_BELIEVED] == v.TRUE else ()
    return AssertionNode(claim, (*quads, *direct))


def read_support(
    store: TripleStore, assertions: Collection[NamedNode], without: Collection[str]
) -> dict[str, list[PaperSupport]]:
    """Read which papers say or deny some assertions (IRI to papers), without some PMIDs."""
    sides = _by_paper(read_rows(store, "support", {"assertion": assertions}), without)
    polarities = _by_paper(read_rows(store, "polarities", {"assertion": assertions}), without)
    articles = {NamedNode(article) for _, article in sides}
    described = _by_article(read_rows(store, "article_facts", {"article": articles}))
    support: dict[str, list[PaperSupport]] = {}
    for (assertion, article), rows in sides.items():
        stated = polarities.get((assertion, article), ())
        paper = _paper(article, rows, stated, described.get(article, ()))
        support.setdefault(assertion, []).append(paper)
    return support


def _by_paper(rows: Iterable[Row], without: Collection[str]) -> dict[tuple[str, str], list[Row]]:
    """Group rows by assertion and article."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        article = cell(row, "article")
        if pmid_of(article) not in without:
            grouped.setdefault((cell(row, "assertion"), article), []).append(row)
    return grouped


def _by_article(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(cell(row, "article"), []).append(row)
    return grouped


def _paper(
    article: str, sides: Iterable[Row], polarities: Iterable[Row], facts: Iterable[Row]
) -> PaperSupport:
    side = {node(row, "stance"): _side(row) for row in sides}
    told = [(node(row, "property"), value(row, "value")) for row in facts]
    return PaperSupport(
        pmid=pmid_of(article),
        support=side.get(v.SUPPORTS, Side()),
        opposition=side.get(v.OPPOSES, Side()),
        polarities=tuple(sorted(v.POLARITY_OF_NODE[node(row, "polarity")] for row in polarities)),
        kinds=tuple(
            v.STUDY_OF_NODE[n] for p, n in told if isinstance(n, NamedNode) and p == v.STUDY_KIND
        ),
        year=next((int(said.value) for property_, said in told if property_ == v.YEAR), None),
    )


def _side(row: Row) -> Side:
    return Side(float(cell(row, "best")), int(cell(row, "evidenceCount")))


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
