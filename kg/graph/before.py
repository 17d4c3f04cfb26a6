"""What a graph says before a change: quads to compare with, and what its papers support."""

from collections.abc import Collection, Iterable

from pyoxigraph import NamedNode, Quad

from extract.annotation import Pipeline
from kg.assertion import Article, Claim, PaperSupport, Side
from kg.graph import vocabulary as v
from kg.graph.rdf import cell, node, statement_quad
from kg.graph.reading_back import article_of, claim_of, read_nodes, read_quads, read_rows
from kg.identifiers import article_iri, pmid_of, run_iri
from kg.stores import Row, TripleStore


def concept_quads_before(store: TripleStore, concepts: Collection[NamedNode]) -> list[Quad]:
    """Read the quads of some concepts."""
    return read_quads(store, "concepts", {"s": concepts}, v.CONCEPTS)


def paper_quads_before(store: TripleStore, pmids: Iterable[str]) -> list[Quad]:
    """Read the quads of some articles, and of the evidence of any run that they gave."""
    articles = [NamedNode(article_iri(pmid)) for pmid in pmids]
    described = read_quads(store, "articles", {"s": articles}, v.ARTICLES)
    return described + read_quads(store, "evidence_of_articles", {"article": articles})


def run_quads_before(store: TripleStore, pipelines: Iterable[Pipeline]) -> list[Quad]:
    """Read the quads of the runs of some pipelines."""
    return read_quads(store, "runs", {"s": [NamedNode(run_iri(each)) for each in pipelines]})


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
