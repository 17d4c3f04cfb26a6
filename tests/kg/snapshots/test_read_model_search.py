"""Names are found while they are typed, whatever their spelling."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from extract.annotation import AnnotatedDocument
from kg.belief import MIN_BELIEF
from kg.graph.rdf import concept_quads
from kg.loading import load
from kg.snapshots.read_model import ReadModel
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate
from tests.small_graph import built

CONCEPTS = (
    Concept("NCIT:C26845", "Parkinson's disease", EntityType.DDF, ("Morbus Parkinson", "PD")),
    Concept("MONDO:2", "Parkinson’s disease dementia", EntityType.DDF),
    Concept("MONDO:3", "late-onset Parkinson disease", EntityType.DDF),
    Concept("CHEBI:1", "IL-6", EntityType.CHEMICAL, ("interleukin-6",)),
    Concept("NCBIGene:3569", "IL6", EntityType.GENE),
    Concept("CHEBI:2", "γ-aminobutyric acid", EntityType.CHEMICAL, ("GABA",)),
    Concept("FOODON:1", "café naïf", EntityType.FOOD, same_as=("MESH:D1", "MONDO:3")),
    Concept("FOODON:2", "mesh", EntityType.FOOD, same_as=("MESH:D1",)),
)


@pytest.fixture
def index(tmp_path: Path, store: EmbeddedStore) -> ReadModel:
    """The read model of a few concepts in no relation."""
    store.change(remove=(), add=[quad for concept in CONCEPTS for quad in concept_quads(concept)])
    return built(tmp_path, store)


def found(index: ReadModel, text: str) -> list[str]:
    return [hit.concept.curie for hit in index.search(text)]


def test_the_whole_label_comes_first_then_its_beginning(index: ReadModel) -> None:
    assert found(index, "parkinson's disease") == ["NCIT:C26845", "MONDO:2"]
    assert found(index, "late-onset") == ["MONDO:3"]


def test_a_possessive_is_found_without_it(index: ReadModel) -> None:
    assert found(index, "Parkinson disease") == ["NCIT:C26845", "MONDO:2", "MONDO:3"]


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
def test_spelling_makes_no_difference(index: ReadModel, text: str, curie: str) -> None:
    assert curie in found(index, text)


def test_a_hit_tells_which_label_matched(index: ReadModel) -> None:
    (hit,) = index.search("gaba")
    assert hit.concept == Concept("CHEBI:2", "γ-aminobutyric acid", EntityType.CHEMICAL)
    assert (hit.matched, hit.relations) == ("GABA", 0)


def test_each_type_counts_what_the_search_finds_of_it(index: ReadModel) -> None:
    for text in ("IL6", "parkinson disease", "mesh", "MONDO:3", "MESH:D1", "nothing", "?!"):
        types = [hit.concept.type for hit in index.search(text)]
        assert index.types_found(text) == {kind: types.count(kind) for kind in types}
    assert list(index.types_found("IL6").items()) == [("chemical", 1), ("gene", 1)]


def test_a_search_can_be_read_page_by_page(index: ReadModel) -> None:
    found = index.search("parkinson disease")
    assert [index.search("parkinson disease", None, 1, at) for at in range(4)] == [
        *([hit] for hit in found),
        [],
    ]


def test_a_type_and_a_limit_narrow_the_answer(index: ReadModel) -> None:
    (gene,) = index.search("il6", EntityType.GENE)
    assert gene.concept.curie == "NCBIGene:3569"
    assert len(index.search("parkinson", limit=2)) == 2


@pytest.mark.parametrize("text", ["", "  ", "'", '"', "*", "()", "zzz"])
def test_what_names_nothing_finds_nothing(index: ReadModel, text: str) -> None:
    assert index.search(text) == []


@pytest.mark.parametrize(
    "text", ['par" OR "il', "NEAR(a b)", "label:x", "a AND", "-x", "^zil", "%"]
)
def test_the_language_of_the_index_is_not_spoken(index: ReadModel, text: str) -> None:
    assert index.search(text) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the index is only read
@given(text=st.text(max_size=20))
def test_no_text_breaks_the_search(index: ReadModel, text: str) -> None:
    index.search(text)


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
    index = built(tmp_path, store)
    assert index.totals().concepts == 2
    (hit,) = index.search("kimchi")
    assert hit.concept == Concept("https://example.org/kimchi", "kimchi", EntityType.FOOD)
    assert found(index, "nameless") == ["https://example.org/nameless"]


def test_among_equals_the_concept_in_more_relations_comes_first(
    tmp_path: Path, store: EmbeddedStore, paper: Callable[..., AnnotatedDocument]
) -> None:
    often, once = "F. prausnitzii", "strain X"
    said = [(often, Predicate.INFLUENCE, o) for o in ("depression", "Parkinson's disease")]
    read = paper("1", *said, (once, Predicate.INFLUENCE, "depression"))
    load(
        store, [replace(read, concepts=tuple(map(_renamed, read.concepts)))], min_belief=MIN_BELIEF
    )
    hits = built(tmp_path, store).search("bug")
    assert [(hit.concept.curie, hit.relations) for hit in hits] == [
        ("NCBITaxon:853", 2),
        ("gbc:bacteria/strain-x", 1),
    ]


def _renamed(concept: Concept) -> Concept:
    if concept.type is not EntityType.BACTERIA:
        return concept
    return Concept(concept.curie, f"bug {len(concept.name)}", concept.type)


def test_a_concept_is_found_by_its_identifier_once(index: ReadModel) -> None:
    for text in ("NCIT:C26845", "ncit:c26845 ", "http://purl.obolibrary.org/obo/NCIT_C26845"):
        (hit,) = index.search(text)
        assert (hit.concept.curie, hit.matched) == ("NCIT:C26845", "NCIT:C26845")


def test_an_identifier_of_a_close_match_finds_what_has_it_after_its_own(index: ReadModel) -> None:
    assert found(index, "MONDO:3") == ["MONDO:3", "FOODON:1"]
    assert found(index, "MESH:D1") == ["FOODON:2", "FOODON:1"]
    assert index.search("MESH:D1")[0].matched == "MESH:D1"
    assert found(index, "MESH:D1")[0] == "FOODON:2"


def test_a_part_of_an_identifier_is_no_name(index: ReadModel) -> None:
    assert found(index, "mesh") == ["FOODON:2"]
    assert found(index, "ncit") == []


def test_a_concept_is_told_by_curie_by_iri_and_by_a_close_match(index: ReadModel) -> None:
    parkinson = index.concept("NCIT:C26845")
    assert parkinson == CONCEPTS[0]
    assert index.concept(" http://purl.obolibrary.org/obo/NCIT_C26845 ") == parkinson
    assert index.concept("MONDO:3") == CONCEPTS[2]
    cafe = index.concept("MESH:D1")
    assert cafe is not None
    assert cafe.curie in {"FOODON:1", "FOODON:2"}
    assert index.concept("NCIT:c26845") is None
    assert index.concept("'; DROP TABLE concept") is None
    assert index.concept("") is None
