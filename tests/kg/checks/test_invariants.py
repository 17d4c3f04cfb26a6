"""A batch and a whole graph are checked, each kind of breach by its name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from extract.annotation import AnnotatedDocument
from kg.checks.invariants import COUNTED, ValidationError, check, find_breaches, invariants
from kg.graph import vocabulary as v
from kg.graph.rdf import concept_quads
from kg.loading import load, load_ontology
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate
from tests.kg.checks.spoiling import first, giving, replaced, store_of

Paper = Callable[..., AnnotatedDocument]
EX = "https://example.org/"
GRAPH_RUN = "https://w3id.org/gutbrain/graph/run/"


@pytest.fixture
def quads(graph: EmbeddedStore) -> list[Quad]:
    return sorted(graph.quads(), key=str)


def test_a_loaded_graph_breaks_nothing(graph: EmbeddedStore) -> None:
    load_ontology(graph)
    assert list(find_breaches(graph)) == []


def test_a_batch_that_keeps_to_the_shapes_passes(quads: list[Quad]) -> None:
    check(quads)
    check([])


@pytest.mark.parametrize(
    ("property_", "value"),
    [(v.SCORE, Literal(1.5)), (v.SENTENCE, Literal("")), (v.SUPPORTS, Literal("x")),
     (v.YEAR, Literal("2020")), (v.BELIEF, Literal(1))],
)  # fmt: skip
def test_a_fault_in_a_batch_is_named(
    quads: list[Quad], property_: NamedNode, value: Literal
) -> None:
    spoilt = first(quads, property_).subject
    with pytest.raises(ValidationError) as caught:
        check(replaced(quads, property_, value))
    (breach, *_) = caught.value.breaches
    assert breach.name.startswith(property_.value)
    assert breach.example == getattr(spoilt, "value", "")
    assert "\n" not in str(caught.value)


def test_an_error_counts_all_and_names_the_first() -> None:
    quads = [
        quad
        for n in range(9)
        for quad in concept_quads(Concept(f"NCIT:C{n}", "", EntityType.DDF))
        if quad.predicate != v.PREF_LABEL
    ]
    wanted = r"^9 violations.*prefLabel MinCount: 9, such as .*NCIT_C0: A concept has exactly one"
    with pytest.raises(ValidationError, match=wanted):
        check(quads)


def _names(store: EmbeddedStore) -> set[str]:
    return {breach.name for breach in find_breaches(store)}


def _believed(quads: list[Quad], *, is_believed: bool) -> NamedNode:
    wanted = Literal(is_believed)
    subject = next(q.subject for q in quads if q.predicate == v.IS_BELIEVED and q.object == wanted)
    assert isinstance(subject, NamedNode)
    return subject


def _statement(quads: list[Quad], assertion: NamedNode) -> Quad:
    said = {q.predicate: q.object for q in quads if q.subject == assertion}
    return Quad(said[v.SUBJECT], said[v.PREDICATE], said[v.OBJECT], v.ASSERTIONS)  # type: ignore[arg-type]


def _moved(quads: list[Quad]) -> list[Quad]:
    graph = NamedNode(GRAPH_RUN + "another")
    evidence = first(quads, v.SENTENCE).subject
    return [
        Quad(q.subject, q.predicate, q.object, graph) if q.subject == evidence else q for q in quads
    ]


def _without(quads: list[Quad], subject: object) -> list[Quad]:
    return [quad for quad in quads if quad.subject != subject]


def _twin(quads: list[Quad]) -> list[Quad]:
    one = _believed(quads, is_believed=True)
    twin = NamedNode(one.value + "twin")
    return quads + [
        Quad(twin, q.predicate, q.object, q.graph_name) for q in quads if q.subject == one
    ]


def _value(quads: list[Quad], subject: object, property_: NamedNode) -> NamedNode:
    value = next(q.object for q in quads if q.subject == subject and q.predicate == property_)
    assert isinstance(value, NamedNode)
    return value


PLANTED: dict[str, Callable[[list[Quad]], list[Quad]]] = {
    "two_homes": lambda q: [*q, Quad(q[0].subject, q[0].predicate, q[0].object, NamedNode(EX))],
    "blank_nodes": lambda q: [*q, Quad(BlankNode("b"), v.PREF_LABEL, Literal("x"), v.ARTICLES)],
    "direct_without_assertion": lambda q: (
        [*q, _statement(q, _believed(q, is_believed=False))]
    ),
    "believed_without_direct": lambda q: [
        quad for quad in q if quad != _statement(q, _believed(q, is_believed=True))
    ],
    "believed_against_belief": lambda q: [
        *q,
        Quad(_believed(q, is_believed=True), v.DISBELIEF, Literal(1.0), v.ASSERTIONS),
    ],
    "illegal_assertion": lambda q: replaced(q, v.PREDICATE, v.PREDICATE_NODES[Predicate.USED_BY]),
    "twin_assertions": _twin,
    "assertion_of_itself": lambda q: replaced(
        q, v.OBJECT, _value(q, first(q, v.OBJECT).subject, v.SUBJECT)
    ),
    "wrong_support_counts": lambda q: replaced(q, v.EVIDENCE_COUNT, Literal(99)),
    "wrong_opposition_counts": lambda q: replaced(q, v.OPPOSING_PAPER_COUNT, Literal(9)),
    "assertion_without_evidence": lambda q: [
        quad for quad in q if quad.object != first(q, v.SUPPORTS).object
    ],
    "evidence_without_assertion": lambda q: replaced(q, v.SUPPORTS, NamedNode(EX + "a")),
    "evidence_without_article": lambda q: _without(q, first(q, v.ARTICLE).object),
    "evidence_without_run": lambda q: _without(q, first(q, v.GENERATED_BY).object),
    "evidence_out_of_place": _moved,
    "evidence_of_two_readings": lambda q: [
        giving(quad, Literal(2))
        if quad.predicate == v.RECORD_VERSION and quad.graph_name == v.ARTICLES
        else quad
        for quad in q
    ],
    "evidence_of_retracted": lambda q: [
        giving(quad, v.TRUE) if quad.predicate == v.IS_RETRACTED else quad for quad in q
    ],
    "misquoted": lambda q: replaced(q, v.gb("subjectAt"), Literal(1)),
    "wrong_weight": lambda q: replaced(q, v.WEIGHT, Literal(0.1)),
    "wrong_year_counts": lambda q: [
        giving(quad, Literal(9))
        if quad.predicate == v.PAPER_COUNT and "/20" in quad.subject.value  # type: ignore[union-attr]
        else quad
        for quad in q
    ],
    "year_count_of_nothing": lambda q: [
        giving(quad, Literal(1999))
        if quad.predicate == v.YEAR and quad.graph_name == v.ASSERTIONS
        else quad
        for quad in q
    ],
    "wrong_year_span": lambda q: replaced(q, v.FIRST_YEAR, Literal(1999)),
    "wrong_polarity_counts": lambda q: replaced(q, v.gb("increasePaperCount"), Literal(9)),
    "polarity_count_of_nothing": lambda q: [
        quad for quad in q if quad.predicate != v.POLARITY
    ],
    "wrong_study_counts": lambda q: replaced(q, v.gb("humanPaperCount"), Literal(9)),
    "study_count_of_nothing": lambda q: [
        giving(quad, v.gb("otherStudy")) if quad.predicate == v.STUDY_KIND else quad for quad in q
    ],
    "wrong_belief": lambda q: replaced(q, v.BELIEF, Literal(0.12345)),
    "wrong_disbelief": lambda q: replaced(q, v.DISBELIEF, Literal(0.12345)),
}  # fmt: skip


def test_what_is_denied_or_only_supposed_is_in_order(store: EmbeddedStore, paper: Paper) -> None:
    claim = ("F. prausnitzii", Predicate.INFLUENCE, "depression")
    denied = "F. prausnitzii did not affect depression."
    supposed = "F. prausnitzii may reduce depression."
    load(store, [paper("1", claim, text=denied), paper("2", claim, text=supposed)], min_belief=0.2)
    load_ontology(store)
    assert [quad.object for quad in store.quads() if quad.predicate == v.IS_BELIEVED] == [
        Literal(value=False)
    ]
    assert list(find_breaches(store)) == []


def test_every_invariant_is_planted() -> None:
    beliefs = {"wrong_belief", "wrong_disbelief", "believed_against_belief"}
    assert {invariant.name for invariant in invariants()} | beliefs == PLANTED.keys()


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_named(quads: list[Quad], name: str) -> None:
    spoilt = PLANTED[name](quads)
    assert spoilt != quads
    assert name in _names(store_of(spoilt))


def test_a_breach_is_told_in_one_line(quads: list[Quad]) -> None:
    (breach,) = find_breaches(store_of(replaced(quads, v.BELIEF, Literal(0.12345))))
    assert (breach.count, breach.name) == (1, "wrong_belief")
    assert breach.example == first(quads, v.BELIEF).subject.value  # type: ignore[union-attr]
    assert str(breach).startswith("wrong_belief: 1, such as https://w3id.org/gutbrain/assertion/")
    assert "\n" not in str(breach)


def test_no_more_nodes_are_counted_than_are_told() -> None:
    node = NamedNode(EX + "n")
    quads = (Quad(NamedNode(f"{EX}{n}"), node, BlankNode(), v.ARTICLES) for n in range(COUNTED + 5))
    (breach,) = find_breaches(store_of(quads))
    assert breach.count == COUNTED
    assert "10,000 or more" in str(breach)


def test_the_predicates_of_the_query_are_those_of_the_schema() -> None:
    (query,) = (each.query for each in invariants() if each.name == "direct_without_assertion")
    listed = query.partition("{")[2].partition("{")[2].partition("}")[0].split()
    assert set(listed) == {str(node) for node in v.PREDICATE_NODES.values()}


def test_each_invariant_says_on_its_first_line_what_holds() -> None:
    folder = Path(__file__).parents[3] / "kg" / "graph" / "queries" / "invariants"
    assert {path.stem for path in folder.iterdir()} == {each.name for each in invariants()}
    for invariant in invariants():
        assert invariant.message.endswith(".")
        assert "?focus" in invariant.query
