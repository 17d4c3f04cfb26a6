"""The small graph of ``tests/data/explorer.trig`` with a long list added, and smaller ones."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Quad, RdfFormat, parse

from kg.graph import vocabulary as v
from kg.snapshots.read_model import ReadModel
from kg.snapshots.read_model_build import build_read_model
from kg.stores.embedded import EmbeddedStore

TRIG = Path(__file__).parent / "data" / "explorer.trig"
LISTED_BACTERIA = 60
PREFIXES = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix assertion: <https://w3id.org/gutbrain/assertion/> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix : <https://example.org/> .
"""
BACTERIUM = """
graph:concepts {{ obo:NCBITaxon_90{n:02} a skos:Concept , gb:Bacteria ;
    skos:prefLabel "Bacterium {n:02}" ; dcterms:identifier "NCBITaxon:90{n:02}" }}
graph:assertions {{ assertion:{n:016x} a biolink:Association ;
    biolink:subject obo:NCBITaxon_90{n:02} ; biolink:predicate gb:influence ;
    biolink:object obo:MONDO_0002050 ; gb:paperCount 1 ; gb:evidenceCount 1 ; gb:belief 0.5e0 ;
    gb:firstYear 2022 ; gb:lastYear 2022 ; gb:isBelieved true .
  assertion:{n:016x}\\/2022 a gb:YearCount ; gb:ofAssertion assertion:{n:016x} ;
    gb:year 2022 ; gb:paperCount 1 }}
"""


def small_graph() -> Iterator[Quad]:
    """Five concepts with evidence, and sixty bacteria that influence one of them."""
    yield from parse(TRIG.read_bytes(), RdfFormat.TRIG)
    bacteria = "".join(BACTERIUM.format(n=n) for n in range(LISTED_BACTERIA))
    yield from parse((PREFIXES + bacteria).encode(), RdfFormat.TRIG)


SAID = "gb:paperCount 1 ; gb:belief 0.5e0"
"""The least that an assertion has beside its claim."""


def graph_of_text(text: str) -> EmbeddedStore:
    """Concepts and, after ``---``, assertions in Turtle, each in their graph."""
    store = EmbeddedStore.in_memory()
    concepts, _, assertions = text.partition("---")
    for graph, part in ((v.CONCEPTS, concepts), (v.ASSERTIONS, assertions)):
        quads = parse((PREFIXES + part).encode(), RdfFormat.TURTLE)
        store.bulk_load(Quad(q.subject, q.predicate, q.object, graph) for q in quads)
    return store


def built(folder: Path, store: EmbeddedStore) -> ReadModel:
    """Make the read model of a store in a folder, and open it."""
    build_read_model(store, folder / "read_model.sqlite")
    return ReadModel.open(folder / "read_model.sqlite")
