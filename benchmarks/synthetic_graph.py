"""Write a graph of realistic shape and any size as N-Quads, the same each time for a seed.

Everything is written by the project's own ``kg.graph.rdf``; ``kg.assertion`` sums up the counts.
The shape is that of the graph of 1,577 GutBrainIE abstracts: kinds of relation in its shares, few
concepts in most relations (its best connected one stands in 15 % of all), nine of ten assertions
in one paper and some in hundreds, ten pieces of evidence an article. Articles and assertions grow
as they do there: with ten times the articles, 7.5 times the assertions (Heaps, exponent 0.87).
Nothing is kept in memory but the names last used. The best connected concepts bear the
identifiers that the catalogue asks about, so that its questions, as they stand, ask the hardest.
"""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, serialize

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.article import Article
from kg.assertion import Claim, Evidence, PaperSupport, paper_support, summarise
from kg.belief import MIN_BELIEF
from kg.graph.rdf import article_quads, assertion_quads, concept_quads, evidence_quads, run_quads
from kg.identifiers import run_iri
from kg.sentence.cues import DIRECTED, Cues, Polarity
from kg.sentence.quotation import Quotation, Span
from ontology.concept import Concept
from ontology.schema import EntityType, LegalTriple, Predicate

E, P = EntityType, Predicate

ARTICLES, ASSERTIONS, CONCEPTS = 3.1, 12.4, 5.0
"""How many there are for each 1,000 triples of a graph of millions."""
FIRST_PMID = 36_517_457
LAST_YEAR = 2026
JOURNALS = 2_000
FILLED_POOL = 0.5
"""A subject is tied to at most this share of the concepts it could be tied to."""
KINDS = {
    LegalTriple(E.DDF, P.TARGET, E.HUMAN): 1226,
    LegalTriple(E.MICROBIOME, P.IS_LINKED_TO, E.DDF): 1121,
    LegalTriple(E.CHEMICAL, P.INFLUENCE, E.DDF): 935,
    LegalTriple(E.DDF, P.AFFECT, E.DDF): 775,
    LegalTriple(E.BACTERIA, P.INFLUENCE, E.DDF): 473,
    LegalTriple(E.DIETARY_SUPPLEMENT, P.INFLUENCE, E.DDF): 456,
    LegalTriple(E.DDF, P.TARGET, E.ANIMAL): 450,
    LegalTriple(E.HUMAN, P.USED_BY, E.BIOMEDICAL_TECHNIQUE): 342,
    LegalTriple(E.MICROBIOME, P.LOCATED_IN, E.HUMAN): 294,
    LegalTriple(E.CHEMICAL, P.LOCATED_IN, E.ANATOMICAL_LOCATION): 289,
    LegalTriple(E.DDF, P.CHANGE_ABUNDANCE, E.BACTERIA): 244,
    LegalTriple(E.MICROBIOME, P.LOCATED_IN, E.ANIMAL): 199,
    LegalTriple(E.BACTERIA, P.PART_OF, E.MICROBIOME): 178,
    LegalTriple(E.ANATOMICAL_LOCATION, P.LOCATED_IN, E.ANIMAL): 153,
    LegalTriple(E.MICROBIOME, P.USED_BY, E.BIOMEDICAL_TECHNIQUE): 145,
    LegalTriple(E.DRUG, P.CHANGE_EFFECT, E.DDF): 140,
    LegalTriple(E.BACTERIA, P.LOCATED_IN, E.ANIMAL): 139,
    LegalTriple(E.CHEMICAL, P.LOCATED_IN, E.HUMAN): 121,
    LegalTriple(E.CHEMICAL, P.IMPACT, E.MICROBIOME): 89,
    LegalTriple(E.FOOD, P.INFLUENCE, E.DDF): 53,
    LegalTriple(E.DIETARY_SUPPLEMENT, P.IMPACT, E.BACTERIA): 42,
    LegalTriple(E.BACTERIA, P.INTERACT, E.CHEMICAL): 10,
    LegalTriple(E.CHEMICAL, P.CHANGE_EXPRESSION, E.GENE): 8,
}
"""Relations of each kind in the graph of 1,577 abstracts, the frequent ones and those asked of."""
SHARES = {
    E.DDF: 1847, E.CHEMICAL: 667, E.HUMAN: 542, E.BACTERIA: 484, E.ANIMAL: 362,
    E.BIOMEDICAL_TECHNIQUE: 265, E.MICROBIOME: 197, E.DIETARY_SUPPLEMENT: 149,
    E.ANATOMICAL_LOCATION: 110, E.DRUG: 109, E.FOOD: 25, E.GENE: 9,
}  # fmt: skip
"""Concepts of each type in the same graph."""
SKEW = {E.MICROBIOME: 2.0, E.HUMAN: 1.4}
"""Types of which few concepts have nearly all relations: the microbiota, the patients."""
KNOWN = {
    (E.MICROBIOME, 0): ("OHMI:0000463", "microbiota"),
    (E.DDF, 0): ("NCIT:C26845", "Parkinson's disease"),
    (E.DDF, 1): ("NCIT:C124639", "depression"),
    (E.BACTERIA, 0): ("NCBITaxon:853", "Faecalibacterium prausnitzii"),
    (E.BACTERIA, 1): ("NCBITaxon:239935", "Akkermansia muciniphila"),
    (E.GENE, 0): ("NCIT:C105874", "SLC6A4"),
    (E.CHEMICAL, 0): ("CHEBI:17968", "butyrate"),
}
PREFIXES = {
    E.BACTERIA: "NCBITaxon:7", E.ANIMAL: "NCBITaxon:8", E.CHEMICAL: "CHEBI:9", E.GENE: "NCBIGene:9",
}  # fmt: skip
SYLLABLES = ("ba", "co", "di", "fe", "ga", "lo", "mi", "nu", "pra", "ro", "sti", "tha", "vul")
STUDIES = ("Review", "Randomized Controlled Trial", "Clinical Trial, Veterinary", "Journal Article")
PIPELINE = Pipeline("synthetic", "synthetic", "none", "none")


@dataclass(frozen=True, slots=True)
class Shape:
    """How much of everything a graph has, and the seed of all chance in it."""

    articles: int
    assertions: int
    concepts: int
    seed: int

    @classmethod
    def of(cls, triples: int, seed: int) -> "Shape":
        """Choose the sizes for about so many triples."""
        articles, assertions, concepts = (
            max(round(triples * rate / 1_000), 20) for rate in (ARTICLES, ASSERTIONS, CONCEPTS)
        )
        return cls(articles, assertions, concepts, seed)

    def pool(self, kind: EntityType) -> int:
        """How many concepts of a type there are."""
        return max(round(self.concepts * SHARES[kind] / sum(SHARES.values())), 8)

    def chance(self, *place: object) -> random.Random:
        """The dice of one place of the graph, whatever was thrown elsewhere."""
        return random.Random(f"{self.seed}/{place}")  # noqa: S311  # a benchmark, no secret


def graph_quads(shape: Shape) -> Iterator[Quad]:
    """Write the whole graph: concepts, articles, the run, assertions with their evidence."""
    for kind in SHARES:
        for rank in range(shape.pool(kind)):
            yield from concept_quads(concept(shape, kind, rank))
    for number in range(shape.articles):
        yield from article_quads(article(shape, number))
    yield from run_quads(PIPELINE)
    for claim in claims(shape):
        yield from _assertion_quads(shape, claim)


@lru_cache(maxsize=50_000)
def concept(shape: Shape, kind: EntityType, rank: int) -> Concept:
    """Make the concept of a type that is so manyth in how many relations it stands."""
    dice = shape.chance(kind, rank)
    curie, name = KNOWN.get((kind, rank), ("", ""))
    name = name or " ".join(_word(dice) for _ in range(dice.choice((1, 2, 2, 3)))) + f" {rank}"
    synonyms = tuple(f"{_word(dice)} {rank}" for _ in range(dice.choice((0, 0, 0, 1, 2))))
    is_provisional = not curie and dice.random() < 0.6  # noqa: PLR2004
    slug = f"gbc:{kind.value.replace(' ', '-').lower()}/{name.replace(' ', '-')}"
    code = f"{PREFIXES.get(kind, 'MESH:D9' + str(list(SHARES).index(kind)))}{rank:06}"
    return Concept(
        curie or (slug if is_provisional else code),
        name,
        kind,
        () if is_provisional else synonyms,
        is_provisional=is_provisional,
    )


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.choice((2, 3, 4))))


@lru_cache(maxsize=20_000)
def document(shape: Shape, number: int) -> Document:
    """Make an article; later years have more."""
    dice = shape.chance("article", number)
    title = " ".join(_word(dice) for _ in range(12))
    journal = int(JOURNALS ** dice.random())
    return Document(
        str(FIRST_PMID - number),
        (Passage("title", title), Passage("abstract", "")),
        journal=f"Journal of {_word(shape.chance('journal', journal))} {journal}",
        year=LAST_YEAR - int(25 * dice.random() ** 2),
        publication_types=(dice.choices(STUDIES, (47, 28, 31, 3))[0],),
    )


@lru_cache(maxsize=20_000)
def article(shape: Shape, number: int) -> Article:
    """Describe an article with as many mentions and relations as its node tells of."""
    dice = shape.chance("found", number)
    mention = Mention("abstract", 0, 4, "text", E.DDF)
    relation = Relation(mention, P.AFFECT, mention)
    mentions, relations = (mention,) * dice.randint(5, 40), (relation,) * dice.randint(0, 20)
    found = AnnotatedDocument(document(shape, number), mentions, relations, PIPELINE)
    return Article.of(found)


def claims(shape: Shape) -> Iterator[tuple[LegalTriple, Concept, Concept]]:
    """Walk over what is claimed, each claim once: kind by kind, subjects by their rank."""
    scale = shape.assertions / sum(KINDS.values())
    for kind, share in KINDS.items():
        heads, tails = shape.pool(kind.head), shape.pool(kind.tail)
        for rank in range(heads):
            until, since = (round(share * scale * _told(kind, r, heads)) for r in (rank + 1, rank))
            dice = shape.chance(kind, rank)
            for other in _partners(dice, until - since, tails, SKEW.get(kind.tail, 1.0)):
                subject, object_ = concept(shape, kind.head, rank), concept(shape, kind.tail, other)
                if subject != object_:
                    yield kind, subject, object_


def _told(kind: LegalTriple, rank: int, size: int) -> float:
    """The share of the relations whose subject has a lower rank; by half for each doubled rank."""
    return (math.log(rank + 1) / math.log(size + 1)) ** (1 / SKEW.get(kind.head, 1.0))


def _partners(dice: random.Random, wanted: int, size: int, skew: float) -> Iterable[int]:
    """Choose different ranks, the lower ones rather; many are wanted of the first ranks only."""
    wanted = min(wanted, max(round(size * FILLED_POOL), 1))
    found: dict[int, None] = {}
    for _ in range(3 * wanted):
        if len(found) < wanted:
            found[int((size + 1) ** (dice.random() ** skew)) - 1] = None
    rest = (rank for rank in count() if rank not in found)
    while len(found) < wanted:
        found[next(rest)] = None
    return found


def _assertion_quads(shape: Shape, claimed: tuple[LegalTriple, Concept, Concept]) -> Iterator[Quad]:
    kind, subject, object_ = claimed
    claim = Claim(subject.curie, kind.predicate, object_.curie)
    dice = shape.chance(*claim)
    papers: list[PaperSupport] = []
    for number in _papers(dice, shape.articles):
        paper = document(shape, number)
        evidence = [
            _evidence(dice, paper, subject, kind.predicate, object_, n) for n in _some(dice)
        ]
        papers.append(paper_support(evidence, article(shape, number)))
        for found in evidence:
            yield from evidence_quads(claim, found)
    yield from assertion_quads(summarise(claim, papers, MIN_BELIEF))


def _papers(dice: random.Random, articles: int) -> list[int]:
    """Choose the papers of a claim: mostly one, at most a sixth of all."""
    tail = int((1 - dice.random()) ** -0.85) if dice.random() < 0.36 else 1  # noqa: PLR2004
    return dice.sample(range(articles), min(tail, max(articles // 6, 1)))


def _some(dice: random.Random) -> range:
    return range(dice.choices((1, 2, 3, 5), (80, 14, 4, 2))[0])


def _evidence(
    dice: random.Random,
    paper: Document,
    subject: Concept,
    predicate: Predicate,
    object_: Concept,
    nth: int,
) -> Evidence:
    words = " ".join(_word(dice) for _ in range(10))
    sentence = f"{subject.name} {words} {object_.name} in {words} {nth}."
    at = len(subject.name) + len(words) + 2
    start = 300 * nth + dice.randint(0, 99)
    return Evidence(
        pmid=paper.pmid,
        version=1,
        quotation=Quotation(
            sentence,
            Span("abstract", start, start + len(subject.name), subject.name),
            0,
            Span("abstract", start + at, start + at + len(object_.name), object_.name),
            at,
        ),
        score=round(dice.uniform(0.3, 1.0), 4),
        run=run_iri(PIPELINE),
        cues=_cues(dice, predicate),
    )


def _cues(dice: random.Random, predicate: Predicate) -> Cues:
    is_negated = dice.random() < 0.005  # noqa: PLR2004
    told = predicate in DIRECTED and (is_negated or dice.random() < 0.15)  # noqa: PLR2004
    direction = Polarity.NO_CHANGE if is_negated else dice.choice(tuple(Polarity)[:2])
    return Cues(direction if told else None, is_negated, dice.random() < 0.18)  # noqa: PLR2004


def write_graph(path: Path, shape: Shape) -> None:
    """Write a graph to a file, in the order of ``graph_quads``."""
    with path.open("wb") as file:
        serialize(graph_quads(shape), file, RdfFormat.N_QUADS)
