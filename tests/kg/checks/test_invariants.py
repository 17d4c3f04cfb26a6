"""A whole graph is checked by queries; they say what SHACL says, and what it cannot."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store
from pyshacl import validate as run_shacl
from rdflib import Graph, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.namespace import RDF, SH, XSD

from kg.checks.invariants import COUNTED, ValidationError, check, find_breaches, invariants
from kg.checks.shapes import Invariant, UnknownConstraintError, bundled_shapes, shape_checks
from kg.graph import vocabulary as v
from kg.graph.rdf import concept_quads
from kg.loading import load_ontology
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate

Found = set[tuple[str, str, str]]
"""(focus node, path, component) of each violation."""
EX = "https://example.org/"
GRAPH_RUN = "https://w3id.org/gutbrain/graph/run/"


def to_rdflib(quads: Iterable[Quad]) -> Graph:
    """Put quads into a graph of rdflib, whatever graphs they are in; literals stay as written."""
    graph = Graph()
    for quad in quads:
        graph.add((_node(quad.subject), _node(quad.predicate), _node(quad.object)))
    return graph


def _node(term: object) -> URIRef | RdflibLiteral:
    if isinstance(term, NamedNode):
        return URIRef(term.value)
    assert isinstance(term, Literal)
    datatype = None if term.datatype.value == str(XSD.string) else URIRef(term.datatype.value)
    return RdflibLiteral(term.value, datatype=datatype, normalize=False)


@cache
def rdflib_shapes() -> Graph:
    """The shapes, with the targets of a shape at its parts, which pyshacl reads faster."""
    shapes = Graph().parse(data=bundled_shapes(), format="turtle")
    for target in (SH.targetClass, SH.targetSubjectsOf):
        for shape, focus in list(shapes.subject_objects(target)):
            for part in list(shapes.objects(shape, SH.property)):
                shapes.add((part, target, focus))
                shapes.remove((shape, SH.property, part))
    return shapes


def by_pyshacl(quads: Iterable[Quad], shapes: Graph | None = None) -> Found:
    _, report, _ = run_shacl(to_rdflib(quads), shacl_graph=shapes or rdflib_shapes(), inplace=True)
    assert isinstance(report, Graph)
    return {
        (
            str(report.value(result, SH.focusNode)),
            str(report.value(result, SH.resultPath) or ""),
            str(report.value(result, SH.sourceConstraintComponent))
            .removeprefix(str(SH))
            .removesuffix("ConstraintComponent"),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


def _parts(asked: Invariant) -> tuple[str, str]:
    """Path and component; a shape of a node itself has no path."""
    path, component = asked.name.split(" ")
    return path.removeprefix("shape"), component


def by_queries(store: EmbeddedStore) -> Found:
    found: Found = set()
    for shape in shape_checks(bundled_shapes()):
        rows = {
            (row["focus"].value, *_parts(asked))  # type: ignore[union-attr]
            for asked in shape.constraints
            for row in store.select(asked.query)
        }
        assert bool(rows) == bool(list(store.select(shape.screen))), shape.screen
        found |= rows
    return found


def store_of(quads: Iterable[Quad]) -> EmbeddedStore:
    """A store of some quads, and the ontology."""
    engine = Store()
    engine.bulk_extend(quads)
    store = EmbeddedStore(engine)
    load_ontology(store)
    return store


@pytest.fixture
def quads(graph: EmbeddedStore) -> list[Quad]:
    return sorted(graph.quads(), key=str)


def constraints() -> list[tuple[str, str, str]]:
    """(path, component, query) of every constraint of the shapes."""
    return [
        (*_parts(asked), asked.query)
        for shape in shape_checks(bundled_shapes())
        for asked in shape.constraints
    ]


def test_a_loaded_graph_breaks_nothing(graph: EmbeddedStore) -> None:
    load_ontology(graph)
    assert by_queries(graph) == set()
    assert list(find_breaches(graph)) == []


SPOILT: tuple[Callable[[Quad], Iterable[Quad]], ...] = (
    lambda quad: (),
    lambda quad: (quad, _with(quad, Literal("another"))),
    lambda quad: (quad, _with(quad, NamedNode(EX + "x")), _with(quad, NamedNode(EX + "y"))),
    lambda quad: (_with(quad, Literal("")),),
    lambda quad: (_with(quad, Literal(-7)),),
    lambda quad: (_with(quad, Literal(7000000)),),
    lambda quad: (_with(quad, Literal(-0.5)),),
    lambda quad: (_with(quad, Literal(1.5)),),
    lambda quad: (_with(quad, NamedNode(EX + "nothing")),),
)


def _with(quad: Quad, value: NamedNode | Literal) -> Quad:
    return Quad(quad.subject, quad.predicate, value, quad.graph_name)


def spoil(quads: list[Quad], how: int) -> list[Quad]:
    """Spoil the first quad of every property, and every third of the others' first ten, alike."""
    seen: dict[object, int] = {}
    spoilt: list[Quad] = []
    for quad in quads:
        nth = seen[quad.predicate] = seen.get(quad.predicate, -1) + 1
        spoilt += SPOILT[how](quad) if nth % 3 == 0 and nth < 10 else (quad,)
    return spoilt


@pytest.fixture
def rich(quads: list[Quad]) -> list[Quad]:
    """The graph, and something of what it lacks: every predicate joins types that it must not."""
    gene = next(q.subject for q in quads if q.object == v.TYPE_NODES[EntityType.GENE])
    assertion = _first(quads, v.EVIDENCE_COUNT).subject
    rare = (v.STUDY_COUNTS[StudyKind.OTHER], v.STUDY_COUNTS[StudyKind.IN_VITRO])
    return [
        *quads,
        Quad(_first(quads, v.SENTENCE).subject, v.IS_SPECULATIVE, v.TRUE, NamedNode(EX)),
        *(Quad(gene, node, gene, v.ASSERTIONS) for node in v.PREDICATE_NODES.values()),
        *(Quad(assertion, node, Literal(1), v.ASSERTIONS) for node in rare),
    ]


@pytest.mark.parametrize("how", range(len(SPOILT)))
def test_queries_and_pyshacl_name_the_same_nodes_paths_and_components(
    rich: list[Quad], how: int
) -> None:
    spoilt = spoil(rich, how)
    expected = by_pyshacl(spoilt)
    assert len(expected) > 10
    assert by_queries(store_of(spoilt)) == expected


def test_every_constraint_of_the_shapes_is_broken_by_some_planted_violation(
    rich: list[Quad],
) -> None:
    broken: set[tuple[str, str]] = set()
    for how in range(len(SPOILT)):
        store = store_of(spoil(rich, how))
        broken |= {(path, component) for _, path, component in by_queries(store)}
    asked = {(path, component) for path, component, _ in constraints()}
    assert asked - broken == set()


def test_a_text_in_a_language_is_no_number(quads: list[Quad]) -> None:
    """pyshacl lets it pass as not too large, and finds the wrong datatype; SHACL counts both."""
    year = _first(quads, v.YEAR)
    spoilt = _replaced(quads, v.YEAR, Literal("2020", language="en"))
    path = v.YEAR.value
    assert isinstance(year.subject, NamedNode)
    bounds = {(year.subject.value, path, bound) for bound in ("MinInclusive", "MaxInclusive")}
    assert by_queries(store_of(spoilt)) - by_pyshacl(spoilt) <= bounds
    assert {each[:2] for each in by_pyshacl(spoilt)} == {(year.subject.value, path)}


@pytest.mark.parametrize(
    ("property_", "value", "datatype"),
    [
        (v.MENTION_COUNT, "many", XSD.integer),
        (v.BELIEF, "high", XSD.double),
        (v.IS_RETRACTED, "perhaps", XSD.boolean),
        (v.gb("subjectStart"), "1.5", XSD.integer),
    ],
)
def test_a_value_that_is_none_of_its_datatype_is_found(
    quads: list[Quad], property_: NamedNode, value: str, datatype: str
) -> None:
    """pyshacl raises TypeError where one of them is to be less than another."""
    spoilt = _replaced(quads, property_, Literal(value, datatype=NamedNode(datatype)))
    focus = _first(quads, property_).subject
    assert isinstance(focus, NamedNode)
    assert (focus.value, property_.value, "Datatype") in by_queries(store_of(spoilt))


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    places=st.lists(st.integers(0, 10_000), min_size=1, max_size=12),
    ways=st.lists(st.integers(0, len(SPOILT) - 1), min_size=12, max_size=12),
)
def test_queries_and_pyshacl_agree_on_whatever_is_spoilt(
    quads: list[Quad], places: list[int], ways: list[int]
) -> None:
    chosen = {place % len(quads): way for place, way in zip(places, ways, strict=False)}
    spoilt = [
        new
        for n, quad in enumerate(quads)
        for new in (SPOILT[chosen[n]](quad) if n in chosen else (quad,))
    ]
    assert by_queries(store_of(spoilt)) == by_pyshacl(spoilt)


def test_the_shapes_say_the_same_with_the_targets_at_their_parts(quads: list[Quad]) -> None:
    spoilt = [
        _with(quad, Literal("?")) if quad.predicate != v.TYPE and number % 5 == 0 else quad
        for number, quad in enumerate(quads)
    ]
    found = by_pyshacl(spoilt, Graph().parse(data=bundled_shapes(), format="turtle"))
    assert len(found) > 20
    assert by_pyshacl(spoilt) == found


# ---- A batch, before it is written


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
    spoilt = _first(quads, property_).subject
    with pytest.raises(ValidationError) as caught:
        check(_replaced(quads, property_, value))
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


# ---- What shapes cannot say


def _names(store: EmbeddedStore) -> set[str]:
    return {breach.name for breach in find_breaches(store)}


def _first(quads: Iterable[Quad], property_: NamedNode) -> Quad:
    return next(quad for quad in quads if quad.predicate == property_)


def _replaced(quads: list[Quad], property_: NamedNode, value: NamedNode | Literal) -> list[Quad]:
    old = _first(quads, property_)
    return [_with(quad, value) if quad == old else quad for quad in quads]


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
    evidence = _first(quads, v.SENTENCE).subject
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
    "blank_nodes": lambda q: [*q, Quad(BlankNode("b"), v.TITLE, Literal("x"), v.ARTICLES)],
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
    "illegal_assertion": lambda q: _replaced(q, v.PREDICATE, v.PREDICATE_NODES[Predicate.USED_BY]),
    "twin_assertions": _twin,
    "assertion_of_itself": lambda q: _replaced(
        q, v.OBJECT, _value(q, _first(q, v.OBJECT).subject, v.SUBJECT)
    ),
    "wrong_support_counts": lambda q: _replaced(q, v.EVIDENCE_COUNT, Literal(99)),
    "wrong_opposition_counts": lambda q: _replaced(q, v.OPPOSING_PAPER_COUNT, Literal(9)),
    "assertion_without_evidence": lambda q: [
        quad for quad in q if quad.object != _first(q, v.SUPPORTS).object
    ],
    "evidence_without_assertion": lambda q: _replaced(q, v.SUPPORTS, NamedNode(EX + "a")),
    "evidence_without_article": lambda q: _without(q, _first(q, v.ARTICLE).object),
    "evidence_without_run": lambda q: _without(q, _first(q, v.GENERATED_BY).object),
    "evidence_out_of_place": _moved,
    "evidence_of_two_readings": lambda q: [
        _with(quad, Literal(2))
        if quad.predicate == v.RECORD_VERSION and quad.graph_name == v.ARTICLES
        else quad
        for quad in q
    ],
    "evidence_of_retracted": lambda q: [
        _with(quad, v.TRUE) if quad.predicate == v.IS_RETRACTED else quad for quad in q
    ],
    "misquoted": lambda q: _replaced(q, v.gb("subjectAt"), Literal(1)),
    "wrong_weight": lambda q: _replaced(q, v.WEIGHT, Literal(0.1)),
    "wrong_year_counts": lambda q: [
        _with(quad, Literal(9))
        if quad.predicate == v.PAPER_COUNT and "/20" in quad.subject.value  # type: ignore[union-attr]
        else quad
        for quad in q
    ],
    "year_count_of_nothing": lambda q: [
        _with(quad, Literal(1999))
        if quad.predicate == v.YEAR and quad.graph_name == v.ASSERTIONS
        else quad
        for quad in q
    ],
    "wrong_year_span": lambda q: _replaced(q, v.FIRST_YEAR, Literal(1999)),
    "wrong_polarity_counts": lambda q: _replaced(q, v.gb("increasePaperCount"), Literal(9)),
    "polarity_count_of_nothing": lambda q: [
        quad for quad in q if quad.predicate != v.POLARITY
    ],
    "wrong_study_counts": lambda q: _replaced(q, v.gb("humanPaperCount"), Literal(9)),
    "study_count_of_nothing": lambda q: [
        _with(quad, v.gb("otherStudy")) if quad.predicate == v.STUDY_KIND else quad for quad in q
    ],
    "wrong_belief": lambda q: _replaced(q, v.BELIEF, Literal(0.12345)),
    "wrong_disbelief": lambda q: _replaced(q, v.DISBELIEF, Literal(0.12345)),
}  # fmt: skip


def test_every_invariant_is_planted() -> None:
    beliefs = {"wrong_belief", "wrong_disbelief", "believed_against_belief"}
    assert {invariant.name for invariant in invariants()} | beliefs == PLANTED.keys()


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_breach_is_named(quads: list[Quad], name: str) -> None:
    spoilt = PLANTED[name](quads)
    assert spoilt != quads
    assert name in _names(store_of(spoilt))


def test_a_breach_is_told_in_one_line(quads: list[Quad]) -> None:
    (breach,) = find_breaches(store_of(_replaced(quads, v.BELIEF, Literal(0.12345))))
    assert (breach.count, breach.name) == (1, "wrong_belief")
    assert breach.example == _first(quads, v.BELIEF).subject.value  # type: ignore[union-attr]
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
    named = {name.replace("gb:", v.gb("").value) for name in listed}
    assert named == {node.value for node in v.PREDICATE_NODES.values()}


def test_a_constraint_that_is_not_known_is_refused() -> None:
    turtle = "[] a sh:NodeShape ; sh:targetClass <x:C> ; sh:closed true ."
    with pytest.raises(UnknownConstraintError, match="closed"):
        shape_checks(f"@prefix sh: <{SH}> .\n{turtle}".encode())


def test_each_invariant_says_on_its_first_line_what_holds() -> None:
    folder = Path(__file__).parents[3] / "kg" / "graph" / "queries" / "invariants"
    assert {path.stem for path in folder.iterdir()} == {each.name for each in invariants()}
    for invariant in invariants():
        assert invariant.message.endswith(".")
        assert "?focus" in invariant.query
