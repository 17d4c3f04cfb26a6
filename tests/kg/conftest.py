"""Papers to build graphs from, and a small graph that answers every question."""

from collections.abc import Callable, Iterator

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, Passage
from kg.loading import load
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType as Type
from ontology.schema import Predicate
from tests.rdf4j_server import Rdf4jServer
from tests.serving import serving
from tests.sparql_server import SparqlServer

PIPELINE = Pipeline("lexicon", "counts", "weights", "names")
CONCEPTS = (
    Concept("NCIT:C26845", "Parkinson's disease", Type.DDF, ("PD",), ("MESH:D010300", "X:1")),
    Concept("NCIT:C124639", "depression", Type.DDF),
    Concept("NCBITaxon:853", "F. prausnitzii", Type.BACTERIA, ("Faecalibacterium prausnitzii",)),
    Concept("NCBITaxon:239935", "A. muciniphila", Type.BACTERIA),
    Concept("CHEBI:17968", "butyrate", Type.CHEMICAL),
    Concept("CHEBI:15765", "L-DOPA", Type.DRUG),
    Concept("OHMI:0000003", "gut microbiota", Type.MICROBIOME),
    Concept("NCIT:C105874", "SLC6A4", Type.GENE),
    Concept("FOODON:1", "inulin", Type.DIETARY_SUPPLEMENT),
    Concept("gbc:bacteria/strain-x", "strain X", Type.BACTERIA, is_provisional=True),
)
BY_NAME = {concept.name: concept for concept in CONCEPTS}
BY_CURIE = {concept.curie: concept for concept in CONCEPTS}
Said = tuple[str, Predicate, str]
Paper = Callable[..., AnnotatedDocument]


def _mention(text: str, surface: str) -> Mention:
    start, concept = text.index(surface), BY_NAME[surface]
    return Mention(
        "abstract", start, start + len(surface), surface, concept.type, concept=concept.curie
    )


def _paper(
    pmid: str,
    *said: Said,
    text: str = "",
    score: float = 0.8,
    year: int | None = 2020,
    kinds: tuple[str, ...] = ("Journal Article",),
    pipeline: Pipeline = PIPELINE,
) -> AnnotatedDocument:
    """A paper that says things; without ``text``, one sentence for each."""
    text = text or " ".join(f"It holds that {s} {p.value} {o} in mice." for s, p, o in said)
    passages = (Passage("title", f"Paper {pmid}"), Passage("abstract", text))
    document = Document(
        pmid, passages, journal="Gut", year=year, publication_types=kinds,
        identifiers=(("pubmed", pmid), ("doi", f"10.1/{pmid}")),
    )  # fmt: skip
    relations = tuple(
        Relation(_mention(text, s), predicate, _mention(text, o), score) for s, predicate, o in said
    )
    mentions = tuple(m for r in relations for m in (r.subject, r.object))
    named = dict.fromkeys(BY_CURIE[m.concept] for m in mentions if m.concept)
    return AnnotatedDocument(document, mentions, relations, pipeline, tuple(named))


@pytest.fixture
def paper() -> Paper:
    """Builds an annotated document out of (subject, predicate, object) by concept names."""
    return _paper


@pytest.fixture
def store() -> EmbeddedStore:
    """An empty store in memory."""
    return EmbeddedStore.in_memory()


def _library() -> Iterator[AnnotatedDocument]:
    taxon, parkinson, depression = "F. prausnitzii", "Parkinson's disease", "depression"
    yield _paper(
        "36517457",
        (taxon, Predicate.INFLUENCE, parkinson),
        (taxon, Predicate.INTERACT, "butyrate"),
        ("butyrate", Predicate.INFLUENCE, parkinson),
        year=2022,
    )
    yield _paper(
        "2",
        (parkinson, Predicate.CHANGE_ABUNDANCE, taxon),
        (parkinson, Predicate.CHANGE_ABUNDANCE, "A. muciniphila"),
        ("gut microbiota", Predicate.IS_LINKED_TO, parkinson),
        ("L-DOPA", Predicate.CHANGE_EFFECT, parkinson),
        year=2019,
    )
    yield _paper("3", (taxon, Predicate.INFLUENCE, parkinson), score=0.6, year=None)
    yield _paper(
        "4",
        (taxon, Predicate.INFLUENCE, depression),
        ("inulin", Predicate.IMPACT, taxon),
        ("butyrate", Predicate.CHANGE_EXPRESSION, "SLC6A4"),
        ("strain X", Predicate.INFLUENCE, depression),
    )
    yield _paper("5", ("inulin", Predicate.IMPACT, "gut microbiota"), score=0.3)
    yield _paper(
        "6", (taxon, Predicate.INFLUENCE, depression), kinds=("Retracted Publication",)
    )  # fmt: skip
    changed = (parkinson, Predicate.CHANGE_ABUNDANCE, taxon)
    less = f"{taxon} was decreased in {parkinson}."
    yield _paper("7", changed, text=less, kinds=("Randomized Controlled Trial",))
    more = f"{taxon} was increased in {parkinson}."
    yield _paper("8", changed, text=more, kinds=("Clinical Trial, Veterinary",))
    same = f"{taxon} did not differ between {parkinson} and controls."
    yield _paper("9", changed, text=same, kinds=("Observational Study",))


@pytest.fixture
def graph(store: EmbeddedStore) -> EmbeddedStore:
    """A small graph in which every question of the catalogue has an answer."""
    load(store, _library(), min_belief=0.5)
    return store


@pytest.fixture
def rdf4j() -> Rdf4jServer:
    """A stand-in for an RDF4J server, with the repository ``test``."""
    return Rdf4jServer()


@pytest.fixture
def rdf4j_url(rdf4j: Rdf4jServer) -> Iterator[str]:
    """Where its repository answers."""
    with serving(rdf4j.app()) as base:
        yield f"{base}/repositories/test"


@pytest.fixture
def sparql() -> SparqlServer:
    """A stand-in for a server that knows SPARQL 1.1 alone."""
    return SparqlServer()


@pytest.fixture
def sparql_url(sparql: SparqlServer) -> Iterator[str]:
    """Where it takes queries."""
    with serving(sparql.app()) as base:
        yield f"{base}/sparql"
