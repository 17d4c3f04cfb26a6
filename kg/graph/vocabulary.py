"""The RDF terms that the graph is written in, as pyoxigraph nodes, and the prefixes of files."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from curies import Converter
from pyoxigraph import Literal, NamedNode

from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from ontology.namespaces import GUTBRAIN, ONTOLOGY, PREDICATE_OF_IRI, PREFIX_MAP, TYPE_OF_IRI
from ontology.schema import EntityType, Predicate

K = TypeVar("K", Polarity, StudyKind)
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
BIOLINK = "https://w3id.org/biolink/vocab/"
PROV = "http://www.w3.org/ns/prov#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
FABIO = "http://purl.org/spar/fabio/"
XSD = "http://www.w3.org/2001/XMLSchema#"
VOCABULARIES = {
    "biolink": BIOLINK,
    "dcterms": DCTERMS,
    "fabio": FABIO,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": "https://schema.org/",
    "skos": SKOS,
    "xsd": XSD,
}
"""Prefixes of the vocabularies of others."""
_OF_THINGS = {
    **PREFIX_MAP,
    "gba": GUTBRAIN + "assertion/",
    "gbe": GUTBRAIN + "evidence/",
    "gbr": GUTBRAIN + "run/",
}
PREFIXES = dict(sorted({**VOCABULARIES, **_OF_THINGS}.items()))
"""The prefixes that files are written with."""
_CONVERTER = Converter.from_prefix_map(PREFIXES)

ONTOLOGY_GRAPH = NamedNode(GUTBRAIN + "graph/ontology")
CONCEPTS = NamedNode(GUTBRAIN + "graph/concepts")
ARTICLES = NamedNode(GUTBRAIN + "graph/articles")
ASSERTIONS = NamedNode(GUTBRAIN + "graph/assertions")
RUN_GRAPHS = GUTBRAIN + "graph/run/"

TYPE = NamedNode(RDF + "type")
CONCEPT = NamedNode(SKOS + "Concept")
PREF_LABEL = NamedNode(SKOS + "prefLabel")
ALT_LABEL = NamedNode(SKOS + "altLabel")
CLOSE_MATCH = NamedNode(SKOS + "closeMatch")
EXACT_MATCH = NamedNode(SKOS + "exactMatch")
BROADER = NamedNode(SKOS + "broader")
RELATED = NamedNode(SKOS + "related")
BROADER_TRANSITIVE = NamedNode(SKOS + "broaderTransitive")
IDENTIFIER = NamedNode(DCTERMS + "identifier")
ARTICLE_CLASS = NamedNode(FABIO + "JournalArticle")
ASSERTION_CLASS = NamedNode(BIOLINK + "Association")
SUBJECT = NamedNode(BIOLINK + "subject")
PREDICATE = NamedNode(BIOLINK + "predicate")
OBJECT = NamedNode(BIOLINK + "object")
ACTIVITY = NamedNode(PROV + "Activity")
GENERATED_BY = NamedNode(PROV + "wasGeneratedBy")


def gb(name: str) -> NamedNode:
    """Name a term of the gutbrain ontology.

    >>> gb("belief").value
    'https://w3id.org/gutbrain/ontology#belief'
    """
    return NamedNode(ONTOLOGY + name)


@cache
def term(curie: str) -> NamedNode:
    """Name what a CURIE with one of ``PREFIXES`` stands for.

    >>> term("dcterms:title").value
    'http://purl.org/dc/terms/title'
    """
    return NamedNode(_CONVERTER.expand(curie, strict=True))


def local_name(term: NamedNode) -> str:
    """Give the name of a term of the gutbrain ontology.

    >>> local_name(gb("belief"))
    'belief'
    """
    return term.value.removeprefix(ONTOLOGY)


def compacted(iri: str) -> str:
    """Write an IRI as short as the prefixes allow.

    >>> compacted("http://www.w3.org/2004/02/skos/core#prefLabel"), compacted("https://x.org/1")
    ('skos:prefLabel', 'https://x.org/1')
    """
    return _CONVERTER.compress(iri) or iri


@dataclass(frozen=True, slots=True)
class SpanTerms:
    """The properties of one side of a piece of evidence."""

    text: NamedNode
    passage: NamedNode
    start: NamedNode
    end: NamedNode
    at: NamedNode

    @classmethod
    def of(cls, side: str) -> "SpanTerms":
        """Name the properties of the subject or the object."""
        return cls(*(gb(side + part) for part in ("Text", "Passage", "Start", "End", "At")))


SUBJECT_SPAN, OBJECT_SPAN = SpanTerms.of("subject"), SpanTerms.of("object")
TRUE = Literal(True)  # noqa: FBT003
ARTICLE = gb("article")
BELIEF = gb("belief")
DISBELIEF = gb("disbelief")
EVIDENCE_CLASS = gb("Evidence")
EVIDENCE_COUNT = gb("evidenceCount")
FIRST_YEAR = gb("firstYear")
IS_BELIEVED = gb("isBelieved")
IS_PROVISIONAL = gb("isProvisional")
IS_RETRACTED = gb("isRetracted")
IS_SPECULATIVE = gb("isSpeculative")
LAST_YEAR = gb("lastYear")
LEXICON_HASH = gb("lexiconHash")
LINKS_HASH = gb("linksHash")
OF_ASSERTION = gb("ofAssertion")
OPPOSES = gb("opposes")
OPPOSING_EVIDENCE_COUNT = gb("opposingEvidenceCount")
OPPOSING_PAPER_COUNT = gb("opposingPaperCount")
PAPER_COUNT = gb("paperCount")
PIPELINE_VERSION = gb("pipelineVersion")
PMID = gb("pmid")
POLARITY = gb("polarity")
RECOGNIZER = gb("recognizer")
RECORD_VERSION = gb("recordVersion")
RELATION_METHOD = gb("relationMethod")
RUN_CLASS = gb("Run")
SCORE = gb("score")
SENTENCE = gb("sentence")
STUDY_KIND = gb("studyKind")
SUPPORTS = gb("supports")
WEIGHT = gb("weight")
WEIGHTS_HASH = gb("weightsHash")
YEAR = gb("year")
YEAR_COUNT = gb("YearCount")


def _named(values: Iterable[K], end: str = "") -> dict[K, NamedNode]:
    """Name a term for each value: of "no change" gb:noChange, or gb:noChangePaperCount."""
    words = ((value, value.split()) for value in values)
    return {
        value: gb(first + "".join(map(str.title, rest)) + end) for value, (first, *rest) in words
    }


TYPE_NODES = {EntityType(kind): NamedNode(iri) for iri, kind in TYPE_OF_IRI.items()}
PREDICATE_NODES = {Predicate(kind): NamedNode(iri) for iri, kind in PREDICATE_OF_IRI.items()}
POLARITY_NODES, POLARITY_COUNTS = _named(Polarity), _named(Polarity, "PaperCount")
STUDY_NODES, STUDY_COUNTS = _named(StudyKind, "Study"), _named(StudyKind, "PaperCount")
POLARITY_OF_NODE = {node: polarity for polarity, node in POLARITY_NODES.items()}
STUDY_OF_NODE = {node: kind for kind, node in STUDY_NODES.items()}
