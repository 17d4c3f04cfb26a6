"""Names stand for identifiers in questions; a file may hold any query."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from app.graph_access import ChosenGraph, chosen_graph
from app.questions import (
    AmbiguousNameError,
    NamingError,
    answer,
    answer_in_turtle,
    ask_rows,
    list_questions,
    named_query,
    resolve,
    similar_concepts,
    write_query,
)
from app.settings import Settings
from kg.graph.catalogue import QuestionError, question
from kg.snapshots.read_model import ReadModel
from kg.snapshots.snapshot import next_snapshot
from kg.stores.answers import QueryError
from ontology.schema import EntityType
from tests.endpoint_server import endpoint

CONCEPTS = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix biolink: <https://w3id.org/biolink/vocab/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
<https://w3id.org/gutbrain/graph/concepts> {
  obo:NCIT_C26845 a skos:Concept, gb:DDF ; skos:prefLabel "Parkinson's disease" ;
    skos:altLabel "PD" ; skos:closeMatch obo:MONDO_0005180 .
  obo:NCIT_C401 a skos:Concept, gb:DietarySupplement ; skos:prefLabel "curcumin" .
  obo:CHEBI_3962 a skos:Concept, gb:Chemical ; skos:prefLabel "Curcumin" .
  obo:CHEBI_17968 a skos:Concept, gb:Chemical ; skos:prefLabel "butyrate" }
<https://w3id.org/gutbrain/graph/assertions> {
  <https://w3id.org/gutbrain/assertion/1> a biolink:Association ; biolink:subject obo:CHEBI_17968 ;
    biolink:predicate gb:influence ; biolink:object obo:NCIT_C26845 ; gb:paperCount 1 ;
    gb:evidenceCount 1 ; gb:belief 0.5e0 ; gb:isBelieved true }
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    with next_snapshot(folder / "graph") as store:
        store.change(remove=(), add=parse(CONCEPTS.encode(), RdfFormat.TRIG))
    return folder


@pytest.fixture(scope="module")
def graph(data: Path) -> ChosenGraph:
    return chosen_graph(Settings(data=data))


@pytest.fixture(scope="module")
def lists(graph: ChosenGraph) -> ReadModel:
    return graph.lists()


@pytest.fixture(scope="module")
def server(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChosenGraph]:
    with endpoint(Settings(data=data)) as address:
        folder, store = tmp_path_factory.mktemp("away"), f"{address}/repositories/gutbrain"
        graph = chosen_graph(Settings(data=folder, store=store))
        yield graph
        graph.store.close()


@pytest.fixture(params=["graph", "server"])
def either(request: pytest.FixtureRequest) -> ChosenGraph:
    """The graph from its snapshot, and over HTTP."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    "text", ["Parkinson's Disease", "Parkinson’s  disease", "pd", "NCIT:C26845", "MONDO:0005180",
             "http://purl.obolibrary.org/obo/NCIT_C26845"],
)  # fmt: skip
def test_a_concept_is_found_by_identifier_name_or_synonym(either: ChosenGraph, text: str) -> None:
    found = resolve(either.lists(), text)
    assert (found.curie, found.type) == ("NCIT:C26845", EntityType.DDF)


def test_a_name_of_two_concepts_lists_both(lists: ReadModel) -> None:
    with pytest.raises(AmbiguousNameError) as caught:
        resolve(lists, "curcumin")
    assert {h.concept.curie for h in caught.value.choices} == {"NCIT:C401", "CHEBI:3962"}
    assert "NCIT:C401  curcumin (dietary supplement, 0 relations)" in str(caught.value)


def test_the_expected_type_tells_which_concept_is_meant(lists: ReadModel) -> None:
    assert resolve(lists, "curcumin", EntityType.CHEMICAL).curie == "CHEBI:3962"


@pytest.mark.parametrize("text", ["Parkinson", "parkinsonism", "parkinsons diseases"])
def test_an_unknown_name_comes_with_similar_ones(lists: ReadModel, text: str) -> None:
    with pytest.raises(NamingError, match="similar names") as caught:
        resolve(lists, text, EntityType.DDF)
    assert not isinstance(caught.value, AmbiguousNameError)
    (hit,) = caught.value.choices
    assert (hit.concept.curie, hit.relations) == ("NCIT:C26845", 1)


@pytest.mark.parametrize("text", ["butyrate", "CHEBI:17968"])
def test_a_concept_of_another_type_is_offered(lists: ReadModel, text: str) -> None:
    with pytest.raises(NamingError, match="of type DDF") as caught:
        resolve(lists, text, EntityType.DDF)
    assert [hit.concept.curie for hit in caught.value.choices] == ["CHEBI:17968"]


def test_similar_names_share_at_least_four_letters(lists: ReadModel) -> None:
    assert similar_concepts(lists, "parkxxx") != []
    assert similar_concepts(lists, "parxxxx") == []
    assert similar_concepts(lists, "par") != []
    assert len(similar_concepts(lists, "curcuminoid")) == 2
    with pytest.raises(NamingError) as caught:
        resolve(lists, "zzz")
    assert str(caught.value) == "No concept is called 'zzz'"


def test_a_question_takes_names_of_concepts(lists: ReadModel) -> None:
    asked = question("taxa_for_disease")
    by_name, by_identifier = (
        write_query(asked, {"disease": disease, "limit": "7"}, lambda: lists)
        for disease in ("pd", "NCIT:C26845")
    )
    assert by_name == by_identifier
    assert "LIMIT 7" in by_name
    with pytest.raises(NamingError, match="of type DDF"):
        write_query(asked, {"disease": "curcumin"}, lambda: lists)


@pytest.mark.parametrize(
    ("label", "name"),
    [("animal study", "animalStudy"), ("Is linked to", "isLinkedTo"), ("dietary supplement",
     "DietarySupplement"), ("gb:humanStudy", "humanStudy")],
)  # fmt: skip
def test_a_question_takes_labels_of_terms(label: str, name: str) -> None:
    query = write_query(question("assertions_by_study"), {"kind": label}, no_lists)
    assert f"VALUES ?kind {{ <https://w3id.org/gutbrain/ontology#{name}> }}" in query


def test_an_unknown_term_is_named_with_its_parameter() -> None:
    with pytest.raises(QuestionError, match="'kind': the ontology has no term 'butyrate'"):
        write_query(question("assertions_by_study"), {"kind": "butyrate"}, no_lists)


def answered(
    graph: ChosenGraph, name: str, arguments: list[str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    return answer(graph.store, named_query(graph, name, arguments))


def no_lists() -> ReadModel:
    """Stand for a read model that would first have to be made."""
    raise AssertionError("no name of a concept is looked up")


def test_a_question_is_answered_in_plain_values(graph: ChosenGraph) -> None:
    names, ((direction, _, _, name, *_),) = answered(graph, "neighbours", ["concept=butyrate"])
    assert (names[:2], direction, name) == (
        ("direction", "predicate"),
        "out",
        "Parkinson's disease",
    )
    assert answered(graph, "neighbours", ["concept=NCIT:C401"]) == ((), [])
    with pytest.raises(QuestionError, match="name=value"):
        answered(graph, "neighbours", ["concept"])
    with pytest.raises(QuestionError, match="no parameter is called 'x'"):
        answered(graph, "neighbours", ["x=1"])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) } }", [("1", "")]),
        ("SELECT (COUNT(*) AS ?n) { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?o }",
         [("4",)]),
        ("ASK { ?s ?p 'butyrate' }", [("true",)]),
        ("ASK { ?s ?p 'nothing' }", [("false",)]),
        ("CONSTRUCT { ?s ?p 1 } WHERE { ?s ?p 'PD' }",
         [("http://purl.obolibrary.org/obo/NCIT_C26845",
           "http://www.w3.org/2004/02/skos/core#altLabel", "1")]),
    ],
)  # fmt: skip
def test_a_file_holds_any_query_and_needs_no_head(
    either: ChosenGraph, tmp_path: Path, query: str, rows: list[tuple[str, ...]]
) -> None:
    (tmp_path / "q.rq").write_text(query)
    assert answered(either, str(tmp_path / "q.rq"), [])[1] == rows


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?s ?p 1 } WHERE { ?s ?p 'PD' }",
        "DESCRIBE <http://purl.obolibrary.org/obo/NCIT_C26845>",
    ],
)
def test_triples_are_answered_in_turtle(either: ChosenGraph, query: str) -> None:
    triples = {
        quad.triple
        for quad in parse(answer_in_turtle(either.store, query).encode(), RdfFormat.TURTLE)
    }
    rows = {tuple(row.values()) for row in ask_rows(either.store, query)}
    assert {(t.subject, t.predicate, t.object) for t in triples} == rows != set()


def test_a_query_that_is_none_is_refused(graph: ChosenGraph) -> None:
    for query in ("SELCT *", "ASK {", "CONSTRUCT {", "INSERT DATA { <a:b> <a:b> <a:b> }"):
        with pytest.raises(QueryError):
            list(ask_rows(graph.store, query))


def test_the_catalogue_is_listed_with_its_parameters() -> None:
    listed = {name: params for name, _, params in list_questions()}
    assert listed["taxa_for_disease"] == "disease, limit"
    assert not any(name.startswith("view_") for name in listed)
