"""Bring a graph up to date: load documents, withdraw articles, recompute what they touch.

Everything goes through a TripleStore, a batch a transaction. What the graph says is read, what it
should say is built, and only the difference is written: loading the same twice changes nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from importlib.resources import files
from itertools import chain, starmap
from typing import TypeVar

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat
from pyoxigraph import parse as parse_rdf

from extract.annotation import AnnotatedDocument
from kg.article import Article
from kg.assertion import (
    Claim,
    Evidence,
    PaperSupport,
    Side,
    collect_evidence,
    paper_support,
    summarise,
)
from kg.checks.invariants import check
from kg.graph import vocabulary as v
from kg.graph.ordered import batched
from kg.graph.rdf import (
    article_quads,
    assertion_quads,
    cell,
    concept_node,
    concept_quads,
    evidence_quads,
    iri_of,
    node,
    run_quads,
    statement_quad,
)
from kg.graph.reading_back import article_of, claim_of, read_nodes, read_quads, read_rows
from kg.identifiers import article_iri, assertion_iri, pmid_of, run_iri
from kg.stores import Row, TripleStore
from ontology.namespaces import GUTBRAIN

GENID = GUTBRAIN + "ontology/genid/"
BATCH_SIZE = 200
"""Documents a transaction: about 50,000 quads, held in memory once as they were, once as new."""

T = TypeVar("T")
Found = tuple[Claim, Evidence]
_ByPmid = Mapping[str, AnnotatedDocument | None]


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did. ``evidence`` is of these documents, ``assertions`` were recomputed."""

    documents: int = 0
    withdrawn: int = 0
    evidence: int = 0
    assertions: int = 0
    added: int = 0
    removed: int = 0

    def __add__(self, other: "LoadResult") -> "LoadResult":
        """Sum up two batches."""
        return LoadResult(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def has_changed(self) -> bool:
        """Whether any quad was written or removed."""
        return self.added + self.removed > 0


def load(
    store: TripleStore,
    documents: Iterable[AnnotatedDocument],
    *,
    min_belief: float,
    batch_size: int = BATCH_SIZE,
    on_progress: Callable[[LoadResult], object] = lambda _: None,
) -> LoadResult:
    """Put documents into the graph in place of what it said of the same PMIDs before.

    An assertion with at least ``min_belief`` is also stated as a direct triple. A retracted
    document keeps its article and loses its evidence. ``on_progress`` gets the sum so far after
    every batch. Raises ValidationError before a batch that breaks the shapes is written.
    """
    _finish_earlier(store)
    total = LoadResult()
    for batch in batched(documents, batch_size):
        latest = {document.document.pmid: document for document in batch}
        total += _replace(store, latest, min_belief)
        on_progress(total)
    return total


def withdraw(store: TripleStore, pmids: Iterable[str], *, min_belief: float) -> LoadResult:
    """Take articles and their evidence out of the graph, and recompute what they supported."""
    _finish_earlier(store)
    total = LoadResult()
    for batch in batched(pmids, BATCH_SIZE):
        total += _replace(store, dict.fromkeys(batch), min_belief)
    return total


def load_ontology(store: TripleStore) -> LoadResult:
    """Put ``gutbrain.ttl`` into its graph, in place of what was there."""
    _finish_earlier(store)
    turtle = (files("ontology") / "gutbrain.ttl").read_bytes()
    before = read_quads(store, "ontology", {}, v.ONTOLOGY_GRAPH)
    return _write(store, before, ontology_quads(turtle))


def _finish_earlier(store: TripleStore) -> None:
    """Have a change finished that a crash left halfway, before anything is read."""
    store.change(remove=(), add=())


def ontology_quads(turtle: bytes) -> Iterator[Quad]:
    """Read an ontology; its blank nodes get IRIs, the same each time (RDFC-1.0)."""
    dataset = Dataset(parse_rdf(turtle, format=RdfFormat.TURTLE))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    for quad in dataset:
        subject, object_ = _skolem(quad.subject), _skolem(quad.object)
        yield Quad(subject, quad.predicate, object_, v.ONTOLOGY_GRAPH)


def _skolem(term: BlankNode | T) -> NamedNode | T:
    return NamedNode(GENID + term.value) if isinstance(term, BlankNode) else term


def _replace(store: TripleStore, documents: _ByPmid, min_belief: float) -> LoadResult:
    """Make the graph say of some PMIDs what their documents say; None is for nothing."""
    annotated = [document for document in documents.values() if document is not None]
    described = {document.document.pmid: Article.of(document) for document in annotated}
    found = [pair for document in annotated for pair in collect_evidence(document)]
    pipelines = dict.fromkeys(document.pipeline for document in annotated)
    runs = read_quads(store, "runs", {"s": [NamedNode(run_iri(each)) for each in pipelines]})
    papers = paper_quads_before(store, documents)
    touched = _touched(papers, found)
    known, assertions = assertions_before(store, touched)
    claims = known | {claim for claim, _ in found}
    support = support_before(store, touched, documents)
    _add_support(support, described, found)
    concepts = read_quads(store, "concepts", {"s": _concepts_of(claims)}, v.CONCEPTS)
    unused = _unused(store, claims, {claim for claim in claims if not _papers(support, claim)})
    after = (
        *map(run_quads, pipelines),
        _concept_quads(found, annotated, (q for q in concepts if q.subject not in unused)),
        *map(article_quads, described.values()),
        *starmap(evidence_quads, found),
        _assertion_quads(claims, support, min_belief),
    )
    before = chain(runs, papers, assertions, concepts)
    written = _write(store, before, chain.from_iterable(after))
    counts = LoadResult(len(annotated), len(documents) - len(annotated), len(found), len(claims))
    return counts + written


def _touched(papers: Iterable[Quad], found: Iterable[Found]) -> list[str]:
    """Name the assertions that papers said or denied so far, or do now."""
    about = {v.SUPPORTS, v.OPPOSES}
    before = (iri_of(quad.object) for quad in papers if quad.predicate in about)
    after = (assertion_iri(*claim) for claim, _ in found)
    return list(dict.fromkeys(chain(before, after)))


def _add_support(
    support: dict[str, list[PaperSupport]],
    articles: Mapping[str, Article],
    found: Iterable[Found],
) -> None:
    by_paper: dict[tuple[Claim, str], list[Evidence]] = {}
    for claim, evidence in found:
        by_paper.setdefault((claim, evidence.pmid), []).append(evidence)
    for (claim, pmid), given in by_paper.items():
        paper = paper_support(given, articles[pmid])
        support.setdefault(assertion_iri(*claim), []).append(paper)


def _assertion_quads(
    claims: Iterable[Claim], support: Mapping[str, list[PaperSupport]], min_belief: float
) -> Iterator[Quad]:
    """State the claims that some paper still says or denies."""
    for claim in sorted(claims):
        papers = _papers(support, claim)
        if papers:
            yield from assertion_quads(summarise(claim, papers, min_belief))


def _papers(support: Mapping[str, list[PaperSupport]], claim: Claim) -> list[PaperSupport]:
    return support.get(assertion_iri(*claim), [])


def _unused(store: TripleStore, claims: set[Claim], dropped: set[Claim]) -> set[NamedNode]:
    """Name the concepts that nothing is said of once some claims are dropped.

    They go with their last assertion, or the graph would depend on papers that it has no longer.
    """
    gone = {assertion_iri(*claim) for claim in dropped}
    candidates = {*_concepts_of(dropped)} - {*_concepts_of(claims - dropped)}
    return candidates - concepts_in_use(store, candidates, gone)


def _concepts_of(claims: Iterable[Claim]) -> list[NamedNode]:
    curies = {curie for subject, _, object_ in claims for curie in (subject, object_)}
    return [concept_node(curie) for curie in sorted(curies)]


def _concept_quads(
    found: Iterable[Found], annotated: Iterable[AnnotatedDocument], known: Iterable[Quad]
) -> Iterator[Quad]:
    """Describe the concepts that were found; the others stay as they were."""
    curies = {curie for (subject, _, object_), _ in found for curie in (subject, object_)}
    described = {concept_node(curie) for curie in curies}
    yield from (quad for quad in known if quad.subject not in described)
    concepts = {concept.curie: concept for document in annotated for concept in document.concepts}
    for curie in sorted(curies):
        yield from concept_quads(concepts[curie])


def _write(store: TripleStore, before: Iterable[Quad], after: Iterable[Quad]) -> LoadResult:
    """Write only what differs, once all that the graph should say was checked."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    remove = [quad for quad in old if quad not in new]
    add = [quad for quad in new if quad not in old]
    if remove or add:
        check(new)
        store.change(remove=remove, add=add)
    return LoadResult(added=len(add), removed=len(remove))


def paper_quads_before(store: TripleStore, pmids: Iterable[str]) -> list[Quad]:
    """Read the quads of some articles, and of the evidence of any run that they gave."""
    articles = [NamedNode(article_iri(pmid)) for pmid in pmids]
    described = read_quads(store, "articles", {"s": articles}, v.ARTICLES)
    return described + read_quads(store, "evidence_of_articles", {"article": articles})


def assertions_before(
    store: TripleStore, assertions: Collection[str]
) -> tuple[set[Claim], list[Quad]]:
    """Read the claims of those assertions that are there, and their quads with direct triples."""
    nodes = read_nodes(store, "assertions", s=assertions).values()
    years = read_nodes(store, "year_counts", assertion=assertions).values()
    claims = {claim: each for each in nodes if (claim := claim_of(each)) is not None}
    direct = (c for c, each in claims.items() if each.is_true(v.IS_BELIEVED))
    quads = (quad for each in (*nodes, *years) for quad in each.quads(v.ASSERTIONS))
    return set(claims), [*quads, *map(statement_quad, direct)]


def concepts_in_use(
    store: TripleStore, concepts: Collection[NamedNode], without: Collection[str]
) -> set[NamedNode]:
    """Read which concepts some assertion is about, leaving some assertions out."""
    rows = read_rows(store, "uses", {"concept": concepts})
    return {node(row, "concept") for row in rows if cell(row, "assertion") not in without}


def support_before(
    store: TripleStore, assertions: Collection[str], without: Collection[str]
) -> dict[str, list[PaperSupport]]:
    """Read which papers say or deny some assertions (IRI to papers), without some PMIDs."""
    about = {"assertion": [NamedNode(iri) for iri in assertions]}
    sides = _by_paper(read_rows(store, "support", about), without)
    polarities = _by_paper(read_rows(store, "polarities", about), without)
    facts = read_nodes(store, "article_facts", s=(article_iri(pmid) for _, pmid in sides))
    articles = {article.pmid: article for article in map(article_of, facts.values())}
    support: dict[str, list[PaperSupport]] = {}
    for (assertion, pmid), rows in sides.items():
        article = articles.get(pmid, Article(pmid))
        paper = _paper(article, rows, polarities.get((assertion, pmid), ()))
        support.setdefault(assertion, []).append(paper)
    return support


def _by_paper(rows: Iterable[Row], without: Collection[str]) -> dict[tuple[str, str], list[Row]]:
    """Group rows by assertion and PMID."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        pmid = pmid_of(cell(row, "article"))
        if pmid not in without:
            grouped.setdefault((cell(row, "assertion"), pmid), []).append(row)
    return grouped


def _paper(article: Article, sides: Iterable[Row], polarities: Iterable[Row]) -> PaperSupport:
    side = {node(row, "stance"): _side(row) for row in sides}
    return PaperSupport(
        pmid=article.pmid,
        support=side.get(v.SUPPORTS, Side()),
        opposition=side.get(v.OPPOSES, Side()),
        polarities=tuple(sorted(v.POLARITY_OF_NODE[node(row, "polarity")] for row in polarities)),
        kinds=article.study_kinds,
        year=article.year,
    )


def _side(row: Row) -> Side:
    return Side(float(cell(row, "best")), int(cell(row, "evidenceCount")))
