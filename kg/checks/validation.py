"""Does a graph keep to the shapes? SHACL over a batch, before it is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from pyoxigraph import Literal, NamedNode, Quad
from pyshacl import validate as run_shacl
from rdflib import Graph, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.namespace import RDF, SH
from rdflib.term import Node

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"

_TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where the graph breaks a shape. ``path`` and ``value`` may be empty."""

    focus: str
    path: str
    value: str
    message: str

    def __str__(self) -> str:
        """Tell everything in one line."""
        return " ".join(f"{self.focus} {self.path} {self.value}: {self.message}".split())


class ValidationError(ValueError):
    """What should be written breaks the shapes; the message names the first violations."""

    def __init__(self, violations: list[Violation]) -> None:
        lines = [str(violation) for violation in violations[:5]]
        super().__init__(f"{len(violations)} violations of the shapes; " + "; ".join(lines))
        self.violations = tuple(violations)


@cache
def bundled_shapes() -> Graph:
    """Read ``ontology/shapes.ttl``."""
    turtle = (files("ontology") / "shapes.ttl").read_text(encoding="utf-8")
    return flattened(Graph(store="SimpleMemory").parse(data=turtle, format="turtle"))


def flattened(shapes: Graph) -> Graph:
    """Give the property shapes of a node shape its target, and take them out of it.

    It means the same, but pyshacl then reads a property shape once instead of once a node.
    """
    flat = Graph(store="SimpleMemory") + shapes
    for target in _TARGETS:
        for shape, focus in shapes.subject_objects(target):
            for part in shapes.objects(shape, SH.property):
                flat.add((part, target, focus))
                flat.remove((shape, SH.property, part))
    return flat


def validate(quads: Iterable[Quad], shapes: Graph | None = None) -> list[Violation]:
    """List where quads break the shapes, in order of focus node; graph names play no part."""
    _, report, _ = run_shacl(to_rdflib(quads), shacl_graph=shapes or bundled_shapes(), inplace=True)
    if not isinstance(report, Graph):
        raise TypeError(f"Unexpected report: {report!r}")
    results = report.subjects(RDF.type, SH.ValidationResult)
    return sorted((_violation(report, result) for result in results), key=str)


def check(quads: Iterable[Quad]) -> None:
    """Raise ValidationError where quads break the shapes."""
    violations = validate(quads)
    if violations:
        raise ValidationError(violations)


def _violation(report: Graph, result: Node) -> Violation:
    parts = (SH.focusNode, SH.resultPath, SH.value, SH.resultMessage)
    focus, path, value, message = (str(report.value(result, part) or "") for part in parts)
    return Violation(focus, path, value, message)


def to_rdflib(quads: Iterable[Quad]) -> Graph:
    """Put quads into a graph of rdflib, whatever graphs they stand in; literals stay as written."""
    graph = Graph()
    for quad in quads:
        graph.add((_node(quad.subject), _node(quad.predicate), _node(quad.object)))
    return graph


@lru_cache(maxsize=100_000)
def _iri(iri: str) -> URIRef:
    return URIRef(iri)


def _node(term: object) -> URIRef | RdflibLiteral:
    match term:
        case NamedNode():
            return _iri(term.value)
        case Literal():
            datatype = None if term.datatype.value == XSD_STRING else _iri(term.datatype.value)
            return RdflibLiteral(term.value, datatype=datatype, normalize=False)
        case _:
            raise ValueError(f"Unexpected term: {term!r}")
