import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import RDF, SH, Graph, Namespace, URIRef
from rdflib.term import Node

from ontology.namespaces import ONTOLOGY, predicate_iri, type_iri
from ontology.schema import LEGAL_TRIPLES, EntityType, LegalTriple, Predicate

SHAPES = Path(__file__).parents[2] / "ontology" / "shapes.ttl"
EX = Namespace("http://example.org/")
PREFIXES = f"""
PREFIX : <{EX}>
PREFIX gb: <{ONTOLOGY}>
PREFIX biolink: <https://w3id.org/biolink/vocab/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX fabio: <http://purl.org/spar/fabio/>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
GOOD = """
:akk a skos:Concept, gb:Bacteria ; skos:prefLabel "Akkermansia muciniphila" ;
    skos:altLabel "A. muciniphila" ; dcterms:identifier "NCBITaxon:239935" .
:anxiety a skos:Concept, gb:DDF ; skos:prefLabel "anxiety" ;
    dcterms:identifier "gbc:ddf/anxiety" ; gb:isProvisional true .
:akk gb:influence :anxiety .

:assertion a biolink:Association ; biolink:subject :akk ;
    biolink:predicate gb:influence ; biolink:object :anxiety ;
    gb:paperCount 1 ; gb:evidenceCount 2 ; gb:belief 0.71e0 ; gb:isBelieved true ;
    gb:opposingPaperCount 1 ; gb:opposingEvidenceCount 2 ; gb:disbelief 0.4e0 ;
    gb:decreasePaperCount 1 ; gb:animalPaperCount 1 ;
    gb:firstYear 2021 ; gb:lastYear 2021 .
:count a gb:YearCount ; gb:ofAssertion :assertion ; gb:year 2021 ; gb:paperCount 1 .

:evidence a gb:Evidence ; gb:supports :assertion ; gb:article :article ;
    prov:wasGeneratedBy :run ; gb:score 0.71e0 ; gb:weight 0.355e0 ; gb:recordVersion 1 ;
    gb:polarity gb:decrease ; gb:isSpeculative true ;
    gb:sentence "A. muciniphila reduced anxiety." ;
    gb:subjectText "A. muciniphila" ; gb:subjectPassage "abstract" ;
    gb:subjectStart 0 ; gb:subjectEnd 14 ; gb:subjectAt 0 ;
    gb:objectText "anxiety" ; gb:objectPassage "abstract" ;
    gb:objectStart 23 ; gb:objectEnd 30 ; gb:objectAt 23 .

:article a fabio:JournalArticle ; dcterms:title "Title" ; dcterms:identifier "PMID:12345" ;
    gb:pmid "12345" ; gb:recordVersion 1 ; gb:year 2021 ; gb:journal "Journal" ; gb:doi "10.1/x" ;
    gb:publicationType "Journal Article", "Review" ; gb:isRetracted false ;
    gb:studyKind gb:animalStudy, gb:inVitroStudy ; gb:recordHash "c0" ;
    gb:pipelineVersion "1" ; gb:mentionCount 2 ; gb:relationCount 1 .
:run a prov:Activity, gb:Run ; gb:recognizer "lexicon" ; gb:relationMethod "counts" ;
    gb:weightsHash "a1" ; gb:lexiconHash "b2" ; gb:pipelineVersion "1" .
"""


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(SHAPES)


def focus_nodes(batch: Graph, shapes: Graph) -> set[Node]:
    """Validate and name the nodes that break a shape."""
    conforms, report, _ = validate(batch, shacl_graph=shapes)
    assert isinstance(report, Graph)
    nodes = set(report.objects(None, SH.focusNode))
    assert conforms is (not nodes)
    return nodes


def batch_of(turtle: str) -> Graph:
    return Graph().parse(data=PREFIXES + turtle, format="turtle")


def test_a_good_batch_conforms(shapes: Graph):
    assert focus_nodes(batch_of(GOOD), shapes) == set()


def test_years_titles_and_weights_may_be_unknown(shapes: Graph):
    turtle = GOOD
    for optional in (
        "gb:firstYear 2021 ; gb:lastYear 2021 .",
        'gb:weightsHash "a1" ;',
        'dcterms:title "Title" ;',
        'gb:doi "10.1/x" ;',
    ):
        assert optional in turtle
        turtle = turtle.replace(optional, "." if optional.endswith(".") else "")
    assert focus_nodes(batch_of(turtle), shapes) == set()


@pytest.mark.parametrize(
    ("culprit", "right", "wrong"),
    [
        pytest.param("akk", ":akk gb:influence", ":akk gb:strike", id="illegal triple"),
        pytest.param("akk", "gb:influence :anxiety .", "gb:influence :nowhere .", id="no concept"),
        pytest.param("akk", "a skos:Concept, gb:B", "a gb:Drug, skos:Concept, gb:B", id="2 types"),
        pytest.param("anxiety", "skos:Concept, gb:DDF", "skos:Concept", id="no type"),
        pytest.param("anxiety", "skos:Concept, gb:DDF", "skos:Concept, gb:Axis", id="strange type"),
        pytest.param("akk", 'prefLabel "Akk', 'prefLabel "AM", "Akk', id="two labels"),
        pytest.param("akk", 'skos:prefLabel "Akk', 'skos:hiddenLabel "Akk', id="no label"),
        pytest.param("akk", 'dcterms:identifier "NCB', 'skos:note "NCB', id="no identifier"),
        pytest.param("assertion", "predicate gb:influence", "predicate gb:cures", id="predicate"),
        pytest.param("assertion", "biolink:subject :akk", "gb:x :akk", id="no subject"),
        pytest.param("assertion", "biolink:object :anxiety", "biolink:object :run", id="object"),
        pytest.param("assertion", "1 ; gb:evidenceCount", "-1 ; gb:evidenceCount", id="papers"),
        pytest.param("assertion", "gb:evidenceCount 2", "gb:evidenceCount 0", id="no evidence"),
        pytest.param("assertion", "opposingPaperCount 1", "opposingPaperCount 3", id="opposition"),
        pytest.param("assertion", "disbelief 0.4e0", "disbelief 1.4e0", id="disbelief over 1"),
        pytest.param("assertion", "decreasePaperCount 1", "decreasePaperCount 0", id="direction"),
        pytest.param("assertion", "animalPaperCount 1", 'animalPaperCount "1"', id="study count"),
        pytest.param("assertion", "belief 0.71e0", "belief 1.01e0", id="belief over 1"),
        pytest.param("assertion", "belief 0.71e0", "belief 0.71", id="belief no double"),
        pytest.param("assertion", "firstYear 2021", "firstYear 1066", id="first year"),
        pytest.param("assertion", "firstYear 2021", "firstYear 2022", id="years in wrong order"),
        pytest.param("count", "gb:year 2021 ; gb:paperCount", "gb:paperCount", id="no year"),
        pytest.param("count", "gb:ofAssertion :assertion ;", "", id="count of nothing"),
        pytest.param("evidence", "gb:supports :assertion ;", "", id="supports nothing"),
        pytest.param(
            "evidence",
            "gb:supports :assertion",
            "gb:supports :assertion ; gb:opposes :run",
            id="for and against",
        ),
        pytest.param("evidence", "weight 0.355e0", "weight 0.9e0", id="weight over score"),
        pytest.param("evidence", "gb:weight 0.355e0 ;", "", id="no weight"),
        pytest.param("evidence", "polarity gb:decrease", "polarity gb:worse", id="polarity"),
        pytest.param("evidence", "isSpeculative true", 'isSpeculative "yes"', id="doubt"),
        pytest.param("evidence", "gb:article :article ;", "", id="no article"),
        pytest.param("evidence", "prov:wasGeneratedBy :run ;", "", id="no run"),
        pytest.param("evidence", "score 0.71e0", "score 1.2e0", id="score over 1"),
        pytest.param("evidence", "score 0.71e0", "score -0.1e0", id="score under 0"),
        pytest.param("evidence", "gb:sentence", "skos:note", id="no sentence"),
        pytest.param("evidence", '"A. muciniphila reduced anxiety."', '""', id="empty sentence"),
        pytest.param("evidence", "subjectStart 0", "subjectStart -1", id="negative start"),
        pytest.param("evidence", "objectEnd 30", "objectEnd 23", id="empty span"),
        pytest.param("evidence", "gb:objectAt 23", "gb:objectAt 23, 24", id="two places"),
        pytest.param(
            "evidence", 'subjectPassage "abstract"', 'subjectPassage "body"', id="strange passage"
        ),
        pytest.param("article", 'gb:pmid "12345"', 'gb:pmid "PMC12345"', id="no PMID"),
        pytest.param("article", 'title "Title"', 'title "Title", "Other"', id="two titles"),
        pytest.param("article", 'gb:recordHash "c0" ;', "", id="no record hash"),
        pytest.param("article", "gb:animalStudy, gb:in", "gb:moonStudy, gb:in", id="strange study"),
        pytest.param("article", "gb:year 2021 ; gb:j", "gb:year 20210 ; gb:j", id="article year"),
        pytest.param("run", 'gb:recognizer "lexicon" ;', "", id="no recognizer"),
        pytest.param("run", "a prov:Activity, gb:Run", "a gb:Run", id="run is no activity"),
    ],
)
def test_one_planted_violation_is_found(shapes: Graph, culprit: str, right: str, wrong: str):
    assert GOOD.count(right) == 1
    assert EX[culprit] in focus_nodes(batch_of(GOOD.replace(right, wrong)), shapes)


def direct_triples(triples: Iterable[LegalTriple]) -> tuple[Graph, set[Node]]:
    """State each triple of a subject of its own; returns the batch and the subjects."""
    batch, subjects = Graph(), set[Node]()
    for number, triple in enumerate(triples):
        subject, tail = EX[f"s{number}"], URIRef(type_iri(triple.tail) + "-example")
        batch.add((subject, RDF.type, URIRef(type_iri(triple.head))))
        batch.add((tail, RDF.type, URIRef(type_iri(triple.tail))))
        batch.add((subject, URIRef(predicate_iri(triple.predicate)), tail))
        subjects.add(subject)
    return batch, subjects


def test_evidence_may_oppose_instead_of_supporting(shapes: Graph):
    assert focus_nodes(batch_of(GOOD.replace("gb:supports", "gb:opposes")), shapes) == set()


def test_every_legal_triple_conforms(shapes: Graph):
    batch, subjects = direct_triples(LEGAL_TRIPLES)
    assert len(subjects) == 59
    assert focus_nodes(batch, shapes) == set()


def test_every_illegal_triple_is_found(shapes: Graph):
    every = itertools.starmap(LegalTriple, itertools.product(EntityType, Predicate, EntityType))
    batch, subjects = direct_triples(triple for triple in every if triple not in LEGAL_TRIPLES)
    assert len(subjects) == 13 * 17 * 13 - 59
    assert focus_nodes(batch, shapes) == subjects
