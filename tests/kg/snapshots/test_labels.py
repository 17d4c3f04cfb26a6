"""Names are found while they are typed, however they are spelled."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from extract.annotation import AnnotatedDocument
from kg.graph.rdf import concept_quads
from kg.loading import load
from kg.snapshots.labels import build_index, search
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

CONCEPTS = (
    Concept("NCIT:C26845", "Parkinson's disease", EntityType.DDF, ("PD", "Morbus Parkinson")),
    Concept("MONDO:2", "Parkinson’s disease dementia", EntityType.DDF),
    Concept("MONDO:3", "late-onset Parkinson disease", EntityType.DDF),
    Concept("CHEBI:1", "IL-6", EntityType.CHEMICAL, ("interleukin-6",)),
    Concept("NCBIGene:3569", "IL6", EntityType.GENE),
    Concept("CHEBI:2", "γ-aminobutyric acid", EntityType.CHEMICAL, ("GABA",)),
    Concept("FOODON:1", "café naïf", EntityType.FOOD),
)


@pytest.fixture
def index(tmp_path: Path, store: EmbeddedStore) -> Path:
    """The index of a few concepts in no assertion."""
    store.change(remove=(), add=[quad for concept in CONCEPTS for quad in concept_quads(concept)])
    assert build_index(store, tmp_path / "labels.sqlite") == len(CONCEPTS)
    return tmp_path / "labels.sqlite"


def _found(index: Path, text: str) -> list[str]:
    return [hit.curie for hit in search(index, text)]


def test_the_whole_label_comes_first_then_its_beginning(index: Path) -> None:
    assert _found(index, "parkinson's disease") == ["NCIT:C26845", "MONDO:2"]
    assert _found(index, "late-onset") == ["MONDO:3"]


def test_a_possessive_is_found_without_it(index: Path) -> None:
    assert _found(index, "Parkinson disease") == ["NCIT:C26845", "MONDO:2", "MONDO:3"]


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("parkinsons", "NCIT:C26845"),
        ("PARKINSON’S DIS", "NCIT:C26845"),
        ("parkinso", "NCIT:C26845"),
        ("morbus", "NCIT:C26845"),
        ("pd", "NCIT:C26845"),
        ("late onset", "MONDO:3"),
        ("il-6", "CHEBI:1"),
        ("il6", "NCBIGene:3569"),
        ("il 6", "CHEBI:1"),
        ("cafe", "FOODON:1"),
        ("CAFÉ NAIF", "FOODON:1"),
        ("amino", "CHEBI:2"),
        ("NCIT:C26845", "NCIT:C26845"),
    ],
)
def test_spelling_makes_no_difference(index: Path, text: str, curie: str) -> None:
    assert curie in _found(index, text)


def test_a_hit_tells_which_label_matched(index: Path) -> None:
    (hit,) = search(index, "gaba")
    assert (hit.name, hit.label, hit.type) == ("γ-aminobutyric acid", "GABA", EntityType.CHEMICAL)


def test_a_type_and_a_limit_narrow_the_answer(index: Path) -> None:
    assert [hit.curie for hit in search(index, "il6", EntityType.GENE)] == ["NCBIGene:3569"]
    assert len(search(index, "parkinson", limit=2)) == 2


@pytest.mark.parametrize("text", ["", "  ", "'", '"', "*", "()", "zzz"])
def test_what_names_nothing_finds_nothing(index: Path, text: str) -> None:
    assert search(index, text) == []


@pytest.mark.parametrize(
    "text", ['par" OR "il', "NEAR(a b)", "label:x", "a AND", "-x", "^zil", "%"]
)
def test_the_language_of_the_index_is_not_spoken(index: Path, text: str) -> None:
    assert search(index, text) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the index is only read
@given(text=st.text(max_size=20))
def test_no_text_breaks_the_search(index: Path, text: str) -> None:
    search(index, text)


FOREIGN = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<https://w3id.org/gutbrain/graph/concepts> {
  <https://example.org/kimchi> a skos:Concept, gb:Food, owl:Class ; skos:prefLabel "kimchi" .
  <https://example.org/nameless> a skos:Concept, gb:Food .
  <https://example.org/thing> a skos:Concept, owl:Class ; skos:prefLabel "kimchi the cat" .
}"""


def test_a_concept_of_a_foreign_namespace_is_found_by_its_iri(
    tmp_path: Path, store: EmbeddedStore
) -> None:
    store.bulk_load(parse(FOREIGN.encode(), RdfFormat.TRIG))
    assert build_index(store, tmp_path / "labels.sqlite") == 2
    (hit,) = search(tmp_path / "labels.sqlite", "kimchi")
    assert (hit.curie, hit.type) == ("https://example.org/kimchi", EntityType.FOOD)
    assert _found(tmp_path / "labels.sqlite", "nameless") == ["https://example.org/nameless"]


def test_among_equals_the_concept_in_more_assertions_comes_first(
    tmp_path: Path,
    store: EmbeddedStore,
    paper: Callable[..., AnnotatedDocument],
) -> None:
    often, once = "F. prausnitzii", "strain X"
    said = [(often, Predicate.INFLUENCE, o) for o in ("depression", "Parkinson's disease")]
    read = paper("1", *said, (once, Predicate.INFLUENCE, "depression"))
    load(store, [replace(read, concepts=tuple(map(_renamed, read.concepts)))], min_belief=0.5)
    build_index(store, tmp_path / "labels.sqlite")
    hits = search(tmp_path / "labels.sqlite", "bug")
    assert [(hit.curie, hit.assertion_count) for hit in hits] == [
        ("NCBITaxon:853", 2),
        ("gbc:bacteria/strain-x", 1),
    ]


def _renamed(concept: Concept) -> Concept:
    if concept.type is not EntityType.BACTERIA:
        return concept
    return Concept(concept.curie, f"bug {len(concept.name)}", concept.type)
