import json
import os
import re
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef

from ontology.namespaces import (
    ONTOLOGY,
    PREDICATE_OF_IRI,
    TYPE_OF_IRI,
    predicate_iri,
    type_iri,
)
from ontology.schema import LEGAL_TRIPLES, EntityType, LegalTriple, Predicate

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GUTBRAIN_TEST_DATA", ROOT.parent / "shared" / "data"))
GB = Namespace(ONTOLOGY)
SCHEMA = Namespace("https://schema.org/")


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(ROOT / "ontology" / "gutbrain.ttl")


def declared_triples(ontology: Graph) -> set[LegalTriple]:
    return {
        LegalTriple(
            TYPE_OF_IRI[str(ontology.value(node, GB.head))],
            PREDICATE_OF_IRI[str(ontology.value(node, GB.predicate))],
            TYPE_OF_IRI[str(ontology.value(node, GB.tail))],
        )
        for node in ontology.subjects(RDF.type, GB.LegalTriple)
    }


@pytest.mark.parametrize("entity_type", EntityType)
def test_every_type_is_a_class_with_its_label(ontology: Graph, entity_type: EntityType):
    node = URIRef(type_iri(entity_type))
    assert (node, RDF.type, OWL.Class) in ontology
    assert ontology.value(node, RDFS.label) == Literal(entity_type.label)
    name = Literal(entity_type.value)
    assert name in {ontology.value(node, term) for term in (RDFS.label, SKOS.altLabel)}


def test_an_abbreviated_type_is_spelled_out_and_keeps_its_notation(ontology: Graph):
    assert EntityType.DDF.label == "disease, disorder or finding"
    assert ontology.value(GB.DDF, SKOS.notation) == Literal("DDF")


@pytest.mark.parametrize("predicate", Predicate)
def test_every_predicate_is_a_property_with_its_corpus_label(ontology: Graph, predicate: Predicate):
    node = URIRef(predicate_iri(predicate))
    assert (node, RDF.type, OWL.ObjectProperty) in ontology
    assert ontology.value(node, RDFS.label) == Literal(predicate.value)


def test_the_legal_triples_of_the_file_are_those_of_the_code(ontology: Graph):
    assert declared_triples(ontology) == LEGAL_TRIPLES
    assert len(list(ontology.subjects(RDF.type, GB.LegalTriple))) == len(LEGAL_TRIPLES)


def test_the_legal_triples_of_the_code_are_those_of_the_task():
    path = DATA / "relation_schema.json"
    if not path.exists():
        pytest.skip("needs relation_schema.json of the GutBrainIE data")
    rows: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    assert {
        LegalTriple(EntityType(row["head"]), Predicate(row["predicate"]), EntityType(row["tail"]))
        for row in rows
    } == LEGAL_TRIPLES


@pytest.mark.parametrize("predicate", Predicate)
def test_domain_and_range_of_a_predicate_follow_from_its_legal_triples(
    ontology: Graph, predicate: Predicate
):
    node = URIRef(predicate_iri(predicate))
    legal = [triple for triple in LEGAL_TRIPLES if triple.predicate is predicate]
    assert set(ontology.objects(node, SCHEMA.domainIncludes)) == {
        URIRef(type_iri(triple.head)) for triple in legal
    }
    assert set(ontology.objects(node, SCHEMA.rangeIncludes)) == {
        URIRef(type_iri(triple.tail)) for triple in legal
    }


def test_every_term_of_the_graph_document_is_declared(ontology: Graph):
    text = (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?m)^ {4}.*$", text) + re.findall(r"`[^`\n]+`", text)
    terms = {term for block in blocks for term in re.findall(r"\bgb:(\w+)", block)}
    assert {"influence", "sentence", "objectAt", "isProvisional", "YearCount"} <= terms
    assert {term for term in terms if (GB[term], RDF.type, None) not in ontology} == set()


def test_every_class_and_property_has_a_label_and_a_definition(ontology: Graph):
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    terms = {term for kind in kinds for term in ontology.subjects(RDF.type, kind)}
    lacking = {
        term
        for term in terms
        if len(list(ontology.objects(term, RDFS.label))) != 1
        or len(list(ontology.objects(term, SKOS.definition))) != 1
    }
    assert lacking == set()


def test_every_datatype_property_has_one_range(ontology: Graph):
    properties = list(ontology.subjects(RDF.type, OWL.DatatypeProperty))
    assert all(len(list(ontology.objects(term, RDFS.range))) == 1 for term in properties)


def test_there_are_no_blank_nodes(ontology: Graph):
    assert not any(isinstance(node, BNode) for node in ontology.all_nodes())


def test_the_ontology_says_its_version(ontology: Graph):
    node = URIRef(ONTOLOGY.removesuffix("#"))
    version = ontology.value(node, OWL.versionInfo)
    assert ontology.value(node, OWL.versionIRI) == URIRef(f"{node}/{version}")
