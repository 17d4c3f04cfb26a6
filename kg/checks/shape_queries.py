"""SHACL shapes as SPARQL: for each constraint of a shape, a query for the nodes that break it.

SHACL core as ``ontology/shapes.ttl`` uses it; what is not known here is refused and not skipped.
A node is an instance of a class that it names itself: the ontology has no subclasses. Terms are
compared as terms, so that a triple in two graphs is still one value.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, count

from rdflib import Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from kg.checks.validation import flattened

FOCUS, VALUE = "?focus", "?value"
TARGETS = {
    SH.targetClass: "{focus} a {term} .",
    SH.targetSubjectsOf: "SELECT DISTINCT {focus} {{ {focus} {term} ?aimed }}",
    SH.targetObjectsOf: "SELECT DISTINCT {focus} {{ ?aimed {term} {focus} }}",
    SH.targetNode: "VALUES {focus} {{ {term} }}",
}
"""Distinct, or the hundred triples of a hub would each be looked at a hundred times."""
_NUMERIC = {XSD.integer, XSD.double, XSD.decimal}
_KINDS = {
    SH.IRI: "isIRI({0})",
    SH.Literal: "isLiteral({0})",
    SH.BlankNodeOrIRI: "!isLiteral({0})",
    SH.IRIOrLiteral: "!isBlank({0})",
}
_SILENT = {RDF.type, SH.path, SH.message, SH.property, SH.severity, SH.name, SH.flags, *TARGETS}
"""What says of a shape whom it is about, not what it asks."""


class UnknownConstraintError(ValueError):
    """A shape asks what cannot be put as a query here."""


@dataclass(frozen=True, slots=True)
class ShapeQuery:
    """One constraint of one shape.

    ``path`` is the property it is about, empty where it is about the focus node itself;
    ``component`` the local name of SHACL's constraint component, such as ``MinCount``. ``query``
    selects ``?focus``, each node once.
    """

    path: str
    component: str
    message: str
    query: str


@dataclass(frozen=True, slots=True)
class ShapeCheck:
    """A shape: ``screen`` selects one node that breaks any of its constraints, if there is one."""

    screen: str
    queries: tuple[ShapeQuery, ...]


def shape_checks(shapes: Graph) -> list[ShapeCheck]:
    """Write the queries of all shapes that have a target. Raises UnknownConstraintError."""
    flat = flattened(shapes)
    aimed = {shape for target in TARGETS for shape in flat.subjects(target)}
    checks = (_Shape(flat, shape).check() for shape in aimed)
    return sorted((check for check in checks if check.queries), key=lambda check: check.screen)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A node of the shapes graph that is a shape."""

    graph: Graph
    node: Node

    @property
    def path(self) -> URIRef | None:
        """The property whose values are looked at. Raises UnknownConstraintError on a path."""
        path = self.graph.value(self.node, SH.path)
        if path is None or isinstance(path, URIRef):
            return path
        raise UnknownConstraintError(f"{self.node}: a path of several steps")

    def check(self) -> ShapeCheck:
        """Write a query for each constraint, and the screen before them."""
        asked = sorted(self._constraints(), key=str)
        screen = f"SELECT {FOCUS} WHERE {{ {self._broken(asked)} }} LIMIT 1"
        return ShapeCheck(screen, tuple(self._query(*constraint) for constraint in asked))

    def _query(self, property_: Node, parameter: Node) -> ShapeQuery:
        component = str(property_).removeprefix(str(SH))
        broken = self._broken([(property_, parameter)])
        return ShapeQuery(
            path=str(self.path or ""),
            component=component[0].upper() + component[1:],
            message=str(self.graph.value(self.node, SH.message) or ""),
            query=f"SELECT DISTINCT {FOCUS} WHERE {{ {broken} }}",
        )

    def fails(self, var: str, names: Iterator[int]) -> str:
        """Write an expression that is true where a node breaks any constraint of this shape."""
        broken = [self._fails(p, o, var, names) for p, o in self._constraints()]
        parts = (_Shape(self.graph, part) for part in self.graph.objects(self.node, SH.property))
        broken.extend(part.fails(var, names) for part in parts)
        return _any(sorted(broken))

    def _constraints(self) -> Iterator[tuple[Node, Node]]:
        for property_, parameter in self.graph.predicate_objects(self.node):
            if property_ not in _SILENT:
                yield property_, parameter

    def _aim(self) -> str:
        """Write who is looked at; a shape with several targets looks at all."""
        aims = [
            f"{{ {text.format(focus=FOCUS, term=term.n3())} }}"
            for target, text in TARGETS.items()
            for term in sorted(self.graph.objects(self.node, target), key=str)
        ]
        return " UNION ".join(aims)

    def _broken(self, asked: Sequence[tuple[Node, Node]]) -> str:
        """Write what fits a focus node that breaks one of several constraints.

        Values are joined, in place of asking for them node by node, which is slower.
        """
        names, path, aim = count(), self.path, self._aim()
        by_value = [] if path is None else [each for each in asked if each[0] in _VALUE_TESTS]
        nodes = [self._fails(*each, FOCUS, names) for each in asked if each not in by_value]
        values = [self._value_test(*each, VALUE, names) for each in by_value]
        branches = []
        if nodes:
            branches.append(f"{{ {aim} FILTER ({_any(nodes)}) }}")
        if values:
            join = f"{FOCUS} <{path}> {VALUE} ."
            branches.append(f"{{ {aim} {join} FILTER ({_any(values)}) }}")
        return " UNION ".join(branches)

    def _fails(self, property_: Node, parameter: Node, var: str, names: Iterator[int]) -> str:
        path = self.path
        if property_ in _COUNTS and path is not None:
            return _COUNTS[property_](var, path, _number(parameter), names)
        if property_ in _PAIRS and path is not None:
            return _pair(var, path, _PAIRS[property_], parameter, names)
        if path is None:
            return self._value_test(property_, parameter, var, names)
        value = f"?v{next(names)}"
        test = self._value_test(property_, parameter, value, names)
        return f"EXISTS {{ {var} {path.n3()} {value} . FILTER ({test}) }}"

    def _value_test(self, property_: Node, parameter: Node, var: str, names: Iterator[int]) -> str:
        if property_ not in _VALUE_TESTS:
            raise UnknownConstraintError(f"{self.node}: {property_} is not known")
        return _VALUE_TESTS[property_](self, parameter, var, names)

    def items(self, parameter: Node) -> list[Node]:
        """Read a list of the shapes graph."""
        return list(Collection(self.graph, parameter))

    def alternatives(self, parameter: Node, var: str, names: Iterator[int]) -> list[str]:
        """Write when a node breaks each of several shapes."""
        return [_Shape(self.graph, item).fails(var, names) for item in self.items(parameter)]

    def flags(self) -> str:
        """Read the flags of a pattern."""
        flags = self.graph.value(self.node, SH.flags)
        return f", {flags.n3()}" if flags is not None else ""


def _number(parameter: Node) -> int:
    if not isinstance(parameter, Literal):
        raise UnknownConstraintError(f"{parameter} is no number")
    return int(parameter)


def _term(parameter: Node) -> str:
    if not isinstance(parameter, URIRef | Literal):
        raise UnknownConstraintError(f"{parameter} is neither IRI nor literal")
    return parameter.n3()


def _any(expressions: Iterable[str]) -> str:
    return " || ".join(f"({expression})" for expression in expressions) or "false"


def _several(var: str, path: URIRef, number: int, names: Iterator[int]) -> str:
    """Write a pattern that fits where a node has at least so many values."""
    values = [f"?v{next(names)}" for _ in range(number)]
    triples = " ".join(f"{var} {path.n3()} {value} ." for value in values)
    others = (f"!sameTerm({a}, {b})" for a, b in combinations(values, 2))
    return triples + "".join(f" FILTER ({other})" for other in others)


def _too_few(var: str, path: URIRef, number: int, names: Iterator[int]) -> str:
    return f"NOT EXISTS {{ {_several(var, path, number, names)} }}" if number else "false"


def _too_many(var: str, path: URIRef, number: int, names: Iterator[int]) -> str:
    return f"EXISTS {{ {_several(var, path, number + 1, names)} }}"


def _pair(var: str, path: URIRef, operator: str, other: Node, names: Iterator[int]) -> str:
    """Write when a value is not below one of another property; what cannot be compared is not."""
    a, b = f"?v{next(names)}", f"?v{next(names)}"
    triples = f"{var} {path.n3()} {a} ; {_term(other)} {b} ."
    return f"EXISTS {{ {triples} FILTER (!COALESCE({a} {operator} {b}, false)) }}"


_Test = Callable[[_Shape, Node, str, Iterator[int]], str]


def _class(_: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
    return f"NOT EXISTS {{ {var} a {_term(parameter)} }}"


def _datatype(_: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
    """Write when a value has another datatype, or is none of its datatype's, as "x"^^integer."""
    other = f"!isLiteral({var}) || datatype({var}) != {_term(parameter)}"
    if parameter in _NUMERIC:
        return f"{other} || !isNumeric({var})"
    if parameter == XSD.boolean:
        return f'{other} || STR({var}) NOT IN ("true", "false", "1", "0")'
    return other


def _node_kind(_: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
    if not isinstance(parameter, URIRef) or parameter not in _KINDS:
        raise UnknownConstraintError(f"{parameter} is no kind of node that is known here")
    return f"!({_KINDS[parameter].format(var)})"


def _in(shape: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
    # no "!(… || …)": Virtuoso 7 finds that true of three sameTerm of which one holds
    others = [f"!{_is_same(var, item)}" for item in shape.items(parameter)]
    return " && ".join(others) or "true"


def _is_same(var: str, item: Node) -> str:
    """Compare with one term; Virtuoso 7 finds no two strings to be the same term."""
    if isinstance(item, Literal) and item.language is None and item.datatype in {None, XSD.string}:
        text = Literal(str(item)).n3()
        return f"(isLiteral({var}) && DATATYPE({var}) = {XSD.string.n3()} && STR({var}) = {text})"
    return f"sameTerm({var}, {_term(item)})"


def _pattern(shape: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
    pattern = Literal(str(parameter)).n3()
    return f"isBlank({var}) || !REGEX(STR({var}), {pattern}{shape.flags()})"


def _length(operator: str) -> _Test:
    def test(_: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
        return f"isBlank({var}) || STRLEN(STR({var})) {operator} {_number(parameter)}"

    return test


def _range(operator: str) -> _Test:
    def test(_: _Shape, parameter: Node, var: str, __: Iterator[int]) -> str:
        return f"!COALESCE({var} {operator} {_term(parameter)}, false)"

    return test


def _or(shape: _Shape, parameter: Node, var: str, names: Iterator[int]) -> str:
    return " && ".join(f"({fails})" for fails in shape.alternatives(parameter, var, names))


def _xone(shape: _Shape, parameter: Node, var: str, names: Iterator[int]) -> str:
    kept = (f"IF({fails}, 0, 1)" for fails in shape.alternatives(parameter, var, names))
    return f"({' + '.join(kept)}) != 1"


_COUNTS: dict[Node, Callable[[str, URIRef, int, Iterator[int]], str]] = {
    SH.minCount: _too_few,
    SH.maxCount: _too_many,
}
_PAIRS: dict[Node, str] = {SH.lessThan: "<", SH.lessThanOrEquals: "<="}
_VALUE_TESTS: dict[Node, _Test] = {
    SH["class"]: _class,
    SH.datatype: _datatype,
    SH.nodeKind: _node_kind,
    SH["in"]: _in,
    SH.pattern: _pattern,
    SH.minLength: _length("<"),
    SH.maxLength: _length(">"),
    SH.minInclusive: _range(">="),
    SH.maxInclusive: _range("<="),
    SH.minExclusive: _range(">"),
    SH.maxExclusive: _range("<"),
    SH["or"]: _or,
    SH.xone: _xone,
}
