"""What is published of the ontology agrees with it: the page, the context, the mappings."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace, URIRef

from kg.exports.ontology_page import json_context, mappings, ontology_page
from kg.graph.vocabulary import PREFIXES, compacted
from ontology.namespaces import ONTOLOGY, PREDICATE_OF_IRI
from ontology.schema import LEGAL_TRIPLES

ROOT = Path(__file__).parents[3]
GB, SCHEMA = Namespace(ONTOLOGY), Namespace("https://schema.org/")
REGENERATE = "run: gutbrain ontology --html docs/ontology.html --context ontology/context.jsonld"
BORROWED = {"predicate"}
"""Names of ours that the context gives to terms of others: gb:predicate stays gb:predicate."""


@pytest.fixture(scope="module")
def ontology() -> Graph:
    return Graph().parse(ROOT / "ontology" / "gutbrain.ttl")


def test_the_page_in_the_repository_is_up_to_date() -> None:
    assert (ROOT / "docs" / "ontology.html").read_text(encoding="utf-8") == ontology_page(), (
        REGENERATE
    )


def test_the_context_in_the_repository_is_up_to_date() -> None:
    written = (ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8")
    assert written == json_context(), REGENERATE


@pytest.fixture(scope="module")
def context() -> dict[str, dict[str, str]]:
    """Names to the IRIs they stand for, and how their values are read."""
    found = json.loads((ROOT / "ontology" / "context.jsonld").read_text())["@context"]
    return {name: {"@id": term} if isinstance(term, str) else term for name, term in found.items()}


def test_the_context_has_every_prefix(context: dict[str, dict[str, str]]) -> None:
    assert {name: context[name]["@id"] for name in PREFIXES} == PREFIXES


def test_the_context_names_every_class_and_property(
    ontology: Graph, context: dict[str, dict[str, str]]
) -> None:
    expected = {each: {} for each in ontology.subjects(RDF.type, OWL.Class)}
    for each in ontology.subjects(RDF.type, OWL.ObjectProperty):
        expected[each] = {"@type": "@id"}
    for each in ontology.subjects(RDF.type, OWL.DatatypeProperty):
        reach = str(ontology.value(each, RDFS.range))
        expected[each] = {} if reach == str(XSD.string) else {"@type": compacted(reach)}
    named = {
        str(iri).removeprefix(ONTOLOGY): term for iri, term in expected.items() if str(iri) in GB
    }
    wanted = {n: {"@id": f"gb:{n}"} | term for n, term in named.items() if n not in BORROWED}
    assert len(wanted) > 80
    assert {n: term for n, term in context.items() if term["@id"][:3] == "gb:"} == wanted


class Anchors(HTMLParser):
    """Collects what can be linked to and what is; checks that tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        self.targets.add(given.get("href", ""))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_link_inside_the_page_leads_somewhere() -> None:
    read = Anchors()
    read.feed(ontology_page())
    assert read.open == []
    inside = {target.removeprefix("#") for target in read.targets if target.startswith("#")}
    assert len(inside) > 60
    assert inside <= read.ids


def test_the_page_lists_every_legal_triple() -> None:
    page = ontology_page()
    table = page[page.index("<h2>Legal triples</h2>") :]
    rows = re.findall(r"<tr>((?:<td>.*?</td>){3})</tr>", table)
    told = {tuple(re.findall(r">([^<>]+)</a>", row)) for row in rows}
    assert told == {(t.head.label, t.predicate.value, t.tail.label) for t in LEGAL_TRIPLES}


def test_every_mapping_is_in_the_ontology_and_the_table(ontology: Graph) -> None:
    relations = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch)
    stated = {
        (str(s).replace(ONTOLOGY, "gb:"), str(p).replace(str(SKOS), "skos:"), str(o))
        for p in (*relations, SKOS.relatedMatch)
        for s, o in ontology.subject_objects(p)
    }
    assert stated == {(m["subject_id"], m["predicate_id"], m["object_iri"]) for m in mappings()}
    assert len(stated) == len(mappings())
    assert all(m["mapping_source"] for m in mappings())


def test_a_mapping_to_biolink_names_a_term_of_the_model() -> None:
    known = json.loads((ROOT / "tests" / "data" / "biolink_terms.json").read_text())
    terms = {*known["classes"], *known["predicates"]}
    objects = (m["object_id"] for m in mappings())
    mapped = {each.removeprefix("biolink:") for each in objects if each.startswith("biolink:")}
    assert len(mapped) > 15
    assert mapped <= terms


def test_one_domain_or_range_is_stated_exactly_where_one_type_is_legal(ontology: Graph) -> None:
    for listed, one in ((SCHEMA.domainIncludes, RDFS.domain), (SCHEMA.rangeIncludes, RDFS.range)):
        for predicate in map(URIRef, PREDICATE_OF_IRI):
            types = set(ontology.objects(predicate, listed))
            stated = set(ontology.objects(predicate, one))
            assert stated == (types if len(types) == 1 else set())


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # rdflib's own parser
def test_the_context_gives_names_their_meaning() -> None:
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text())
    thing = {
        "id": "gba:1", "type": ["Association"], "subject": "NCBITaxon:853",
        "predicate": "influence", "object": "MESH:D010300", "belief": "0.5", "paperCount": 2,
    }  # fmt: skip
    read = Graph().parse(data=json.dumps(context | thing), format="json-ld")
    (node,) = set(read.subjects())
    biolink = Namespace("https://w3id.org/biolink/vocab/")
    assert read.value(node, biolink.subject) == URIRef(
        "http://purl.obolibrary.org/obo/NCBITaxon_853"
    )
    assert read.value(node, biolink.object) == URIRef("https://identifiers.org/mesh:D010300")
    assert read.value(node, biolink.predicate) == GB.influence
    assert read.value(node, GB.belief) == Literal("0.5", datatype=XSD.double)
    assert read.value(node, GB.paperCount) == Literal(2)
