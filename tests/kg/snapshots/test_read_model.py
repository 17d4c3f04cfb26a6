"""Lists, counts and pages of concepts are what SPARQL says they are."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.annotation import AnnotatedDocument, Pipeline
from kg.assertion import Edge
from kg.belief import MIN_BELIEF
from kg.graph.catalogue import bind, read_question
from kg.graph.rdf import cell
from kg.identifiers import identifier_of, local_id
from kg.loading import load
from kg.snapshots.read_model import FacetName, ReadModel, ReadModelError, RelationFilter, Totals
from kg.stores import Row
from kg.stores.embedded import EmbeddedStore
from ontology.namespaces import PREDICATE_OF_IRI, TYPE_OF_IRI, predicate_iri, type_iri
from ontology.schema import EntityType, Predicate
from tests.small_graph import SAID, built, graph_of_text, small_graph

SPARQL = Path(__file__).parents[2] / "data" / "sparql"


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


def test_pipelines_are_listed_with_their_methods(small: ReadModel) -> None:
    assert small.pipelines() == {"00000000000000aa": Pipeline("lexicon", "counts", "w1", "l1")}


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
        ("text", "damaged: its first page is not that of an SQLite file"),
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
