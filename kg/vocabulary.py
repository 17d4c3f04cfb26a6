"""The RDF terms that the graph is written in, as pyoxigraph nodes."""

from pyoxigraph import Literal, NamedNode

from ontology.namespaces import GUTBRAIN, ONTOLOGY, PREDICATE_OF_IRI, TYPE_OF_IRI
from ontology.schema import EntityType, Predicate

SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
BIOLINK = "https://w3id.org/biolink/vocab/"
PROV = "http://www.w3.org/ns/prov#"

ONTOLOGY_GRAPH = NamedNode(GUTBRAIN + "graph/ontology")
CONCEPTS = NamedNode(GUTBRAIN + "graph/concepts")
ARTICLES = NamedNode(GUTBRAIN + "graph/articles")
ASSERTIONS = NamedNode(GUTBRAIN + "graph/assertions")
RUN_GRAPHS = GUTBRAIN + "graph/run/"

TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
CONCEPT = NamedNode(SKOS + "Concept")
PREF_LABEL = NamedNode(SKOS + "prefLabel")
ALT_LABEL = NamedNode(SKOS + "altLabel")
CLOSE_MATCH = NamedNode(SKOS + "closeMatch")
IDENTIFIER = NamedNode(DCTERMS + "identifier")
TITLE = NamedNode(DCTERMS + "title")
ARTICLE_CLASS = NamedNode("http://purl.org/spar/fabio/JournalArticle")
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


TRUE = Literal(True)  # noqa: FBT003
ARTICLE = gb("article")
BELIEF = gb("belief")
RECORD_HASH = gb("recordHash")
DOI = gb("doi")
EVIDENCE_CLASS = gb("Evidence")
EVIDENCE_COUNT = gb("evidenceCount")
FIRST_YEAR = gb("firstYear")
IS_BELIEVED = gb("isBelieved")
IS_PROVISIONAL = gb("isProvisional")
IS_RETRACTED = gb("isRetracted")
JOURNAL = gb("journal")
LAST_YEAR = gb("lastYear")
LEXICON_HASH = gb("lexiconHash")
MENTION_COUNT = gb("mentionCount")
OF_ASSERTION = gb("ofAssertion")
PAPER_COUNT = gb("paperCount")
PIPELINE_VERSION = gb("pipelineVersion")
PMID = gb("pmid")
PUBLICATION_TYPE = gb("publicationType")
RECOGNIZER = gb("recognizer")
RECORD_VERSION = gb("recordVersion")
RELATION_COUNT = gb("relationCount")
RELATION_METHOD = gb("relationMethod")
RUN_CLASS = gb("Run")
SCORE = gb("score")
SENTENCE = gb("sentence")
SUPPORTS = gb("supports")
WEIGHTS_HASH = gb("weightsHash")
YEAR = gb("year")
YEAR_COUNT = gb("YearCount")

TYPE_NODES = {EntityType(kind): NamedNode(iri) for iri, kind in TYPE_OF_IRI.items()}
PREDICATE_NODES = {Predicate(kind): NamedNode(iri) for iri, kind in PREDICATE_OF_IRI.items()}
