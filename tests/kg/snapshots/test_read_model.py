"""Names are found while they are typed, and lists are what SPARQL says they are."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from extract.annotation import AnnotatedDocument, Pipeline
from kg.assertion import Edge
from kg.belief import MIN_BELIEF
from kg.graph.catalogue import bind, read_question
from kg.graph.rdf import cell, concept_quads
from kg.identifiers import identifier_of, local_id
from kg.loading import load
from kg.snapshots.read_model import FacetName, ReadModel, ReadModelError, RelationFilter, Totals
from kg.snapshots.read_model_build import build_read_model
from kg.stores import Row
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI, predicate_iri, type_iri
from ontology.schema import EntityType, Predicate
from tests.small_graph import SAID, graph_of_text, small_graph

SPARQL = Path(__file__).parents[2] / "data" / "sparql"
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


def built(folder: Path, store: EmbeddedStore) -> ReadModel:
    build_read_model(store, folder / "read_model.sqlite")
    return ReadModel.open(folder / "read_model.sqlite")


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


@pytest.fixture(scope="module")
def small_store() -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    store.bulk_load(small_graph())
    return store


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, small_store: EmbeddedStore) -> ReadModel:
    return built(tmp_path_factory.mktemp("small"), small_store)


def ask(store: EmbeddedStore, name: str, **arguments: str) -> list[Row]:
    """Ask one of the queries by which the read model is checked."""
    return list(store.select(bind(read_question(SPARQL / f"{name}.rq"), arguments)))


def arguments_of(wanted: RelationFilter) -> dict[str, str]:
    given = {
        "subject": wanted.subject,
        "object": wanted.object,
        "predicate": wanted.predicate and predicate_iri(Predicate(wanted.predicate)),
        "subjectType": wanted.subject_type and type_iri(EntityType(wanted.subject_type)),
        "objectType": wanted.object_type and type_iri(EntityType(wanted.object_type)),
        "minPapers": wanted.papers,
        "minBelief": wanted.belief,
        "lastFrom": wanted.latest,
        "firstUntil": wanted.first,
    }
    return {name: str(value) for name, value in given.items() if value}


Listed = tuple[str, str, str, str, str, str, str, str, int, int, float, int, int]


def row_of(row: Row) -> Listed:
    """What SPARQL says of a relation."""
    ends = [
        (identifier_of(cell(row, e)), cell(row, f"{e}Name"), TYPE_OF_IRI[cell(row, f"{e}Type")])
        for e in ("subject", "object")
    ]
    against = int(cell(row, "against")) if row["against"] else 0
    return (
        local_id(cell(row, "assertion")),
        *(*ends[0], PREDICATE_OF_IRI[cell(row, "predicate")], *ends[1]),
        int(cell(row, "papers")),
        against,
        float(cell(row, "belief")),
        int(cell(row, "first")),
        int(cell(row, "last")),
    )


def listed(edge: Edge) -> Listed:
    """What the read model says of it."""
    stated, subject, object_ = edge.assertion, edge.subject, edge.object
    first, last = stated.first_year, stated.last_year
    assert (first, last) == (stated.years[0][0], stated.years[-1][0])
    return (
        edge.id,
        *(subject.curie, subject.name, subject.type, edge.predicate),
        *(object_.curie, object_.name, object_.type),
        *(stated.paper_count, stated.opposing_paper_count, stated.belief, first or 0, last or 0),
    )


FILTERS = st.builds(
    RelationFilter,
    subject=st.sampled_from(["", "CHEBI:17968", "NCBITaxon:239935", "MONDO:9"]),
    object=st.sampled_from(["", "MONDO:0002050", "HP:0000739"]),
    subject_type=st.sampled_from(["", "bacteria", "chemical", "DDF"]),
    object_type=st.sampled_from(["", "DDF", "gene"]),
    predicate=st.sampled_from(["", "influence", "affect"]),
    papers=st.integers(0, 3),
    belief=st.sampled_from([0, 40, 41, 50, 90, 94, 95]),
    latest=st.sampled_from([0, 2020, 2021, 2022, 2023]),
    first=st.sampled_from([0, 2018, 2019, 2020, 2021, 2022]),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
@given(wanted=FILTERS, offset=st.sampled_from([0, 0, 1, 50]))
def test_lists_counts_and_facets_are_what_sparql_says(
    small: ReadModel, small_store: EmbeddedStore, wanted: RelationFilter, offset: int
) -> None:
    def rows(chosen: RelationFilter) -> list[Listed]:
        arguments = arguments_of(chosen) | {"limit": "1000"}
        return [row_of(row) for row in ask(small_store, "relations", **arguments)]

    all_rows = rows(wanted)
    assert [listed(edge) for edge in small.relations(wanted, 50, offset)] == all_rows[offset:][:50]
    assert small.count(wanted) == len(all_rows)
    names: Mapping[FacetName, int] = {"subject_type": 3, "predicate": 4, "object_type": 7}
    for name, column in names.items():
        others = rows(replace(wanted, **{name: ""}))
        assert small.facet(wanted, name) == Counter(row[column] for row in others)


def test_the_filters_that_are_compared_leave_something(small: ReadModel) -> None:
    assert small.count(RelationFilter()) == 64
    assert small.facet(RelationFilter(), "predicate") == {"affect": 1, "influence": 63}
    assert small.count(RelationFilter(predicate="invents")) == 0
    assert small.count(RelationFilter(papers=2, belief=94, latest=2021, first=2019)) == 1
    assert small.count(RelationFilter(papers=2, belief=94, latest=2021, first=2018)) == 0


def test_a_relation_has_all_that_was_counted(small: ReadModel) -> None:
    edge = small.relation("a" * 16)
    assert edge is not None
    stated = edge.assertion
    assert edge.iri == "https://w3id.org/gutbrain/assertion/" + "a" * 16
    assert (stated.paper_count, stated.evidence_count, stated.belief) == (2, 3, 0.94)
    assert (stated.opposing_paper_count, stated.opposing_evidence_count) == (1, 1)
    assert (stated.disbelief, stated.is_believed) == (0.3, True)
    assert stated.years == ((2019, 1), (2021, 1))
    assert stated.polarities == (("decrease", 1), ("no change", 1))
    assert stated.kinds == (("animal", 1), ("human", 1))
    assert small.relation("0" * 15) is None
    assert small.relations_named(["a" * 16, "b" * 16, "x"]).keys() == {"a" * 16, "b" * 16}


def test_totals_types_and_provisional_names_are_what_sparql_says(
    small: ReadModel, small_store: EmbeddedStore
) -> None:
    (row,) = ask(small_store, "totals")
    assert astuple(small.totals()) == tuple(int(cell(row, name)) for name in row)
    assert small.totals() == Totals(65, 64, 7, 4, 1, 1, 2022)
    types = ask(small_store, "types")
    counts = {TYPE_OF_IRI[cell(row, "type")]: int(cell(row, "concepts")) for row in types}
    assert small.type_counts() == counts
    assert list(small.type_counts().items()) == [("bacteria", 61), ("DDF", 2), ("chemical", 2)]
    hits = [(hit.concept.curie, hit.relations) for hit in small.provisional(20)]
    assert hits == [
        (identifier_of(cell(row, "concept")), int(cell(row, "relations")))
        for row in ask(small_store, "provisional")
    ]
    assert hits == [("gbc:chemical/hostile", 1)]


def test_degrees_are_what_sparql_says(small: ReadModel, small_store: EmbeddedStore) -> None:
    for curie in ("MONDO:0002050", "HP:0000739", "NCBITaxon:9000"):
        (row,) = ask(small_store, "concept_degree", concept=curie)
        (hit,) = small.search(curie)
        assert hit.relations == int(cell(row, "relations")) > 0


def test_runs_are_told_with_their_methods(small: ReadModel) -> None:
    assert small.runs() == {"00000000000000aa": Pipeline("lexicon", "counts", "w1", "l1")}


def said_at_random(dice: random.Random) -> list[tuple[str, Predicate, str]]:
    taxon = dice.choice(("A. muciniphila", "F. prausnitzii"))
    disease = dice.choice(("Parkinson's disease", "depression"))
    return [
        (taxon, Predicate.INFLUENCE, disease),
        ("butyrate", Predicate.INFLUENCE, disease),
    ][: dice.randint(1, 2)]


def test_every_concept_has_the_papers_a_year_that_sparql_says(
    store: EmbeddedStore, paper: Callable[..., AnnotatedDocument], tmp_path: Path
) -> None:
    dice = random.Random(1)
    papers = [
        paper(str(n), *said_at_random(dice), year=dice.choice((2019, 2020, 2021, None)))
        for n in range(1, 40)
    ]
    load(store, papers, min_belief=MIN_BELIEF)
    lists = built(tmp_path, store)
    for curie in ("NCIT:C26845", "CHEBI:17968", "NCBITaxon:853", "CHEBI:15765"):
        rows = ask(store, "concept_years", concept=curie)
        years = tuple((int(cell(row, "year")), int(cell(row, "papers"))) for row in rows)
        assert lists.paper_years(curie) == years
    assert lists.paper_years("NCIT:C26845")


def test_a_paper_counts_once_and_one_that_denies_counts_too(
    store: EmbeddedStore, paper: Callable[..., AnnotatedDocument], tmp_path: Path
) -> None:
    twice = [
        ("butyrate", Predicate.INFLUENCE, "Parkinson's disease"),
        ("A. muciniphila", Predicate.INFLUENCE, "Parkinson's disease"),
    ]
    denied = [("butyrate", Predicate.INFLUENCE, "Parkinson's disease")]
    text = "We found that butyrate did not affect Parkinson's disease."
    papers = [paper("1", *twice, year=2020), paper("2", *denied, text=text, year=2020)]
    load(store, papers, min_belief=MIN_BELIEF)
    lists = built(tmp_path, store)
    assert lists.paper_years("NCIT:C26845") == ((2020, 2),)
    assert lists.paper_years("CHEBI:17968") == ((2020, 2),)


def test_a_file_that_is_missing_or_another_is_told_in_one_line(
    tmp_path: Path, small: ReadModel
) -> None:
    older = tmp_path / "older.sqlite"
    older.write_bytes(small.path.read_bytes())
    with sqlite3.connect(older) as base:
        base.execute("UPDATE origin SET version = '0'")
    (tmp_path / "text.sqlite").write_text("no database")
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    for name, why in (
        ("missing", "there is no read model yet"),
        ("older", "has version 0, 1-"),
        ("text", "does not answer as a read model: file is not a database"),
        ("empty", "does not answer as a read model: no such table: origin"),
    ):
        with pytest.raises(ReadModelError, match=why):
            ReadModel.open(tmp_path / f"{name}.sqlite")


def test_the_whole_name_comes_before_a_longer_one_in_more_relations(tmp_path: Path) -> None:
    graph = graph_of_text(
        f"""
        :a a skos:Concept , gb:Food ; skos:prefLabel "tea" ; skos:altLabel "black tea" .
        :b a skos:Concept , gb:Food ; skos:prefLabel "tea leaf" .
        :c a skos:Concept , gb:Food ; skos:prefLabel "green tea" .
        ---
        :1 biolink:subject :b ; biolink:predicate gb:affect ; biolink:object :c ; {SAID} .
        :2 biolink:subject :c ; biolink:predicate gb:affect ; biolink:object :b ; {SAID} .
        :3 biolink:subject :c ; biolink:predicate gb:affect ; biolink:object :a ; {SAID} .
        """
    )
    lists = built(tmp_path, graph)
    hits = [(hit.concept.name, hit.relations) for hit in lists.search("tea")]
    assert hits == [("tea", 1), ("tea leaf", 2), ("green tea", 3)]


def test_provisional_concepts_are_listed_that_are_in_a_relation(tmp_path: Path) -> None:
    text = f":1 biolink:subject :a ; biolink:predicate gb:affect ; biolink:object :b ; {SAID} ."
    concepts = """
        :a a skos:Concept , gb:Food ; gb:isProvisional true . :b a skos:Concept , gb:Food .
        :c a skos:Concept , gb:Food ; gb:isProvisional true .
    """
    lists = built(tmp_path, graph_of_text(f"{concepts} --- {text}"))
    assert [hit.matched for hit in lists.provisional(5)] == ["https://example.org/a"]
    assert lists.totals().provisional == 2
