"""Graphs to be written to files."""

import pytest
from pyoxigraph import RdfFormat, parse

from kg.assertion import Assertion, Claim
from kg.graph.rdf import assertion_quads, concept_quads
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

DENIED = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix x: <https://w3id.org/gutbrain/assertion/> .
@prefix run: <https://w3id.org/gutbrain/run/> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix pmid: <https://pubmed.ncbi.nlm.nih.gov/> .
graph:concepts {
  obo:NCBITaxon_853 a skos:Concept, gb:Bacteria ; skos:prefLabel "F. prausnitzii" .
  obo:NCIT_C26845 a skos:Concept, gb:DDF ; skos:prefLabel "Parkinson's disease" .
}
graph:articles {
  pmid:1 gb:pmid "1" ; gb:studyKind gb:animalStudy, gb:humanStudy .
  pmid:2 gb:pmid "2" .
}
graph:assertions {
  x:0000000000000001 a biolink:Association ; biolink:subject obo:NCBITaxon_853 ;
    biolink:predicate gb:influence ; biolink:object obo:NCIT_C26845 ;
    gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.3e0 ; gb:isBelieved false ;
    gb:opposingPaperCount 1 ; gb:opposingEvidenceCount 1 ; gb:disbelief 0.8e0 ;
    gb:noChangePaperCount 1 ; gb:humanPaperCount 1 .
}
run:r { x:e1 gb:opposes x:0000000000000001 ; gb:article pmid:1 ; gb:score 0.8e0 ;
    gb:weight 0.8e0 ; gb:polarity gb:noChange ; gb:sentence "F. prausnitzii did not." ;
    prov:wasGeneratedBy run:r ;
    gb:subjectText "F. prausnitzii" ; gb:subjectPassage "abstract" ; gb:subjectStart 0 ;
    gb:subjectEnd 14 ; gb:subjectAt 0 ; gb:objectText "not" ; gb:objectPassage "abstract" ;
    gb:objectStart 19 ; gb:objectEnd 22 ; gb:objectAt 19 .
  x:e2 gb:supports x:0000000000000001 ; gb:article pmid:2 ; gb:score 0.6e0 ;
    gb:weight 0.3e0 ; gb:isSpeculative true ; gb:sentence "F. prausnitzii might." ;
    prov:wasGeneratedBy run:r ;
    gb:subjectText "F. prausnitzii" ; gb:subjectPassage "abstract" ; gb:subjectStart 0 ;
    gb:subjectEnd 14 ; gb:subjectAt 0 ; gb:objectText "might" ; gb:objectPassage "abstract" ;
    gb:objectStart 15 ; gb:objectEnd 20 ; gb:objectAt 15 . }
"""


@pytest.fixture
def quads(graph: EmbeddedStore) -> set[tuple[str, ...]]:
    """What the graph says, as text: subject, predicate, object, graph."""
    return {
        (str(q.subject), str(q.predicate), str(q.object), str(q.graph_name)) for q in graph.quads()
    }


@pytest.fixture
def odd(store: EmbeddedStore) -> EmbeddedStore:
    """Assertions about concepts whose names hold what tables are made of, two between a pair."""
    names = ('"sd microbiota', 'so-called "dysbiosis"', "tab\there", "line\nbreak", '"both"', "a|b")
    concepts = [Concept(f"CHEBI:{n}", name, EntityType.CHEMICAL) for n, name in enumerate(names)]
    claims = [Claim(one.curie, Predicate.INTERACT, "CHEBI:0") for one in concepts[1:]]
    claims.append(Claim("CHEBI:1", Predicate.PART_OF, "CHEBI:0"))
    said = [Assertion(claim, 1, 1, 0.5, is_believed=True) for claim in claims]
    store.bulk_load(quad for concept in concepts for quad in concept_quads(concept))
    store.bulk_load(quad for assertion in said for quad in assertion_quads(assertion))
    return store


@pytest.fixture
def denied(store: EmbeddedStore) -> EmbeddedStore:
    store.bulk_load(parse(DENIED.encode(), RdfFormat.TRIG))
    return store
