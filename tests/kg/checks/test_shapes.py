"""The queries say what SHACL says, as pyshacl has it."""

from collections.abc import Callable, Iterable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad
from pyshacl import validate as run_shacl
from rdflib import Graph, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.namespace import RDF, SH, XSD

from kg.checks.shapes import Invariant, UnknownConstraintError, bundled_shapes, shape_checks
from kg.graph import vocabulary as v
from kg.sentence.study import StudyKind
from kg.stores.embedded import EmbeddedStore
from ontology.schema import EntityType
from tests.kg.checks.spoiling import first, giving, replaced, store_of

Found = set[tuple[str, str, str]]
"""(focus node, path, component) of each violation."""
EX = "https://example.org/"


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


SPOILT: tuple[Callable[[Quad], Iterable[Quad]], ...] = (
    lambda quad: (),
    lambda quad: (quad, giving(quad, Literal("another"))),
    lambda quad: (
        quad,
        giving(quad, NamedNode(EX + "x")),
        giving(quad, NamedNode(EX + "y")),
    ),
    lambda quad: (giving(quad, Literal("")),),
    lambda quad: (giving(quad, Literal(-7)),),
    lambda quad: (giving(quad, Literal(7000000)),),
    lambda quad: (giving(quad, Literal(-0.5)),),
    lambda quad: (giving(quad, Literal(1.5)),),
    lambda quad: (giving(quad, NamedNode(EX + "nothing")),),
)


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
    assertion = first(quads, v.EVIDENCE_COUNT).subject
    run = first(quads, v.LEXICON_HASH)
    rare = (v.STUDY_COUNTS[StudyKind.OTHER], v.STUDY_COUNTS[StudyKind.IN_VITRO])
    return [
        *quads,
        Quad(run.subject, v.LINKS_HASH, Literal("c3"), run.graph_name),
        Quad(first(quads, v.SENTENCE).subject, v.IS_SPECULATIVE, v.TRUE, NamedNode(EX)),
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
    year = first(quads, v.YEAR)
    spoilt = replaced(quads, v.YEAR, Literal("2020", language="en"))
    path = v.YEAR.value
    assert isinstance(year.subject, NamedNode)
    bounds = {(year.subject.value, path, bound) for bound in ("MinInclusive", "MaxInclusive")}
    assert by_queries(store_of(spoilt)) - by_pyshacl(spoilt) <= bounds
    assert {each[:2] for each in by_pyshacl(spoilt)} == {(year.subject.value, path)}


@pytest.mark.parametrize(
    ("property_", "value", "datatype"),
    [
        (v.gb("mentionCount"), "many", XSD.integer),
        (v.BELIEF, "high", XSD.double),
        (v.IS_RETRACTED, "perhaps", XSD.boolean),
        (v.gb("subjectStart"), "1.5", XSD.integer),
    ],
)
def test_a_value_that_is_none_of_its_datatype_is_found(
    quads: list[Quad], property_: NamedNode, value: str, datatype: str
) -> None:
    """pyshacl raises TypeError where one of them is to be less than another."""
    spoilt = replaced(quads, property_, Literal(value, datatype=NamedNode(datatype)))
    focus = first(quads, property_).subject
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
        giving(quad, Literal("?")) if quad.predicate != v.TYPE and number % 5 == 0 else quad
        for number, quad in enumerate(quads)
    ]
    found = by_pyshacl(spoilt, Graph().parse(data=bundled_shapes(), format="turtle"))
    assert len(found) > 20
    assert by_pyshacl(spoilt) == found


def test_a_constraint_that_is_not_known_is_refused() -> None:
    turtle = "[] a sh:NodeShape ; sh:targetClass <x:C> ; sh:closed true ."
    with pytest.raises(UnknownConstraintError, match="closed"):
        shape_checks(f"@prefix sh: <{SH}> .\n{turtle}".encode())
