"""SHACL shapes as SPARQL: for each constraint of a shape, a query for the nodes that break it.

SHACL core as ``ontology/shapes.ttl`` uses it; what is not known here is refused and not skipped.
A node is an instance of a class that it names itself: the ontology has no subclasses. Terms are
compared as terms, so that a triple in two graphs is still one value.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import combinations, count

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg.graph.vocabulary import RDF, TYPE, XSD

SH = "http://www.w3.org/ns/shacl#"
FOCUS, VALUE = "?focus", "?value"
_TARGETS = {
    "targetClass": "{focus} a {term} .",
    "targetSubjectsOf": "SELECT DISTINCT {focus} {{ {focus} {term} ?aimed }}",
}
"""Distinct, or the hundred triples of a hub would each be looked at a hundred times."""
_NUMERIC = frozenset(f"<{XSD}{name}>" for name in ("integer", "double", "decimal"))
_ABOUT = frozenset({TYPE.value, "path", "message", "property", *_TARGETS})
"""What says of a shape whom it is about, not what it asks."""
Term = NamedNode | BlankNode | Literal | Triple
Shapes = dict[Term, dict[str, list[Term]]]
"""Nodes of a shapes graph with their properties, those of SHACL by their local names."""
Names = Iterator[int]


class UnknownConstraintError(ValueError):
    """A shape asks what cannot be put as a query here."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that always holds; ``query`` selects the nodes (``?focus``) where it does not.

    ``name`` is, for a constraint of a shape, its property (or ``shape``) and the local name of
    SHACL's constraint component, such as ``MinCount``.
    """

    name: str
    message: str
    query: str


@dataclass(frozen=True, slots=True)
class ShapeCheck:
    """A shape: ``screen`` selects one node that breaks any of its constraints, if there is one."""

    screen: str
    constraints: tuple[Invariant, ...]


def bundled_shapes() -> bytes:
    """Read ``ontology/shapes.ttl``."""
    return (files("ontology") / "shapes.ttl").read_bytes()


@cache
def shape_checks(turtle: bytes) -> tuple[ShapeCheck, ...]:
    """Write the queries of all shapes that have a target. Raises UnknownConstraintError."""
    shapes = _flattened(_read(turtle))
    aimed = (node for node, said in shapes.items() if _TARGETS.keys() & said.keys())
    checks = (_Shape(shapes, node).check() for node in aimed)
    return tuple(
        sorted((each for each in checks if each.constraints), key=lambda each: each.screen)
    )


def _read(turtle: bytes) -> Shapes:
    shapes: Shapes = {}
    for quad in parse(turtle, format=RdfFormat.TURTLE):
        said = shapes.setdefault(quad.subject, {})
        said.setdefault(quad.predicate.value.removeprefix(SH), []).append(quad.object)
    return shapes


def _flattened(shapes: Shapes) -> Shapes:
    """Give the property shapes of a shape its targets, and take them out of it.

    It means the same, and each property is then asked about on its own.
    """
    for said in list(shapes.values()):
        targets = {name: said[name] for name in _TARGETS if name in said}
        for part in said.pop("property", []) if targets else []:
            for name, terms in targets.items():
                shapes[part].setdefault(name, []).extend(terms)
    return shapes


@dataclass(frozen=True, slots=True)
class _Shape:
    """A node of the shapes graph that is a shape."""

    shapes: Shapes
    node: Term

    def all(self, name: str) -> list[Term]:
        """All values of a property."""
        return self.shapes[self.node].get(name, [])

    @property
    def path(self) -> NamedNode | None:
        """The property whose values are looked at. Raises UnknownConstraintError on a path."""
        path = next(iter(self.all("path")), None)
        if path is None or isinstance(path, NamedNode):
            return path
        raise UnknownConstraintError(f"{self.node}: a path of several steps")

    def check(self) -> ShapeCheck:
        """Write a query for each constraint, and the screen before them."""
        asked = sorted(self._constraints(), key=str)
        screen = f"SELECT {FOCUS} WHERE {{ {self._broken(asked)} }} LIMIT 1"
        return ShapeCheck(screen, tuple(self._query(*constraint) for constraint in asked))

    def _query(self, name: str, parameter: Term) -> Invariant:
        about = self.path.value if self.path else "shape"
        messages = (term.value for term in self.all("message") if isinstance(term, Literal))
        return Invariant(
            name=f"{about} {name[0].upper()}{name[1:]}",
            message=next(messages, "This breaks ontology/shapes.ttl."),
            query=f"SELECT DISTINCT {FOCUS} WHERE {{ {self._broken([(name, parameter)])} }}",
        )

    def _constraints(self) -> Iterator[tuple[str, Term]]:
        for name, parameters in self.shapes[self.node].items():
            if name not in _ABOUT:
                yield from ((name, parameter) for parameter in parameters)

    def fails(self, var: str, names: Names) -> str:
        """Write an expression that is true where a node breaks any constraint of this shape."""
        broken = [self._fails(*constraint, var, names) for constraint in self._constraints()]
        parts = (_Shape(self.shapes, part) for part in self.all("property"))
        broken.extend(part.fails(var, names) for part in parts)
        return _any(sorted(broken))

    def _broken(self, asked: Sequence[tuple[str, Term]]) -> str:
        """Write what fits a focus node that breaks one of several constraints.

        Values are joined, in place of asking for them node by node, which is slower.
        """
        names, path, aim = count(), self.path, self._aim()
        by_value = [] if path is None else [each for each in asked if each[0] in _VALUE_TESTS]
        nodes = [self._fails(*each, FOCUS, names) for each in asked if each not in by_value]
        values = [self._value_test(*each, VALUE, names) for each in by_value]
        branches = [f"{{ {aim} FILTER ({_any(nodes)}) }}"] if nodes else []
        if values:
            branches.append(f"{{ {aim} {FOCUS} {path} {VALUE} . FILTER ({_any(values)}) }}")
        return " UNION ".join(branches)

    def _aim(self) -> str:
        """Write who is looked at; a shape with several targets looks at all."""
        aims = [
            f"{{ {text.format(focus=FOCUS, term=term)} }}"
            for target, text in _TARGETS.items()
            for term in sorted(self.all(target), key=str)
        ]
        return " UNION ".join(aims)

    def _fails(self, name: str, parameter: Term, var: str, names: Names) -> str:
        path = self.path
        if path is None:
            return self._value_test(name, parameter, var, names)
        if name in _NODE_TESTS:
            return _NODE_TESTS[name](path, parameter, var, names)
        value = f"?v{next(names)}"
        test = self._value_test(name, parameter, value, names)
        return f"EXISTS {{ {var} {path} {value} . FILTER ({test}) }}"

    def _value_test(self, name: str, parameter: Term, var: str, names: Names) -> str:
        if name not in _VALUE_TESTS:
            raise UnknownConstraintError(f"{self.node}: {name} is not known")
        return _VALUE_TESTS[name](self, parameter, var, names)

    def items(self, parameter: Term) -> Iterator[Term]:
        """Walk over a list of the shapes graph."""
        while (cell := self.shapes.get(parameter)) is not None:
            yield cell[RDF + "first"][0]
            parameter = cell[RDF + "rest"][0]

    def alternatives(self, parameter: Term, var: str, names: Names) -> list[str]:
        """Write when a node breaks each of several shapes."""
        return [_Shape(self.shapes, item).fails(var, names) for item in self.items(parameter)]


def _number(parameter: Term) -> int:
    if not isinstance(parameter, Literal):
        raise UnknownConstraintError(f"{parameter} is no number")
    return int(parameter.value)


def _any(expressions: Iterable[str]) -> str:
    return " || ".join(f"({expression})" for expression in expressions) or "false"


def _several(path: NamedNode, number: int, var: str, names: Names) -> str:
    """Write a pattern that fits where a node has at least so many values."""
    values = [f"?v{next(names)}" for _ in range(number)]
    triples = " ".join(f"{var} {path} {value} ." for value in values)
    others = (f"!sameTerm({a}, {b})" for a, b in combinations(values, 2))
    return triples + "".join(f" FILTER ({other})" for other in others)


def _too_few(path: NamedNode, parameter: Term, var: str, names: Names) -> str:
    return f"NOT EXISTS {{ {_several(path, _number(parameter), var, names)} }}"


def _too_many(path: NamedNode, parameter: Term, var: str, names: Names) -> str:
    return f"EXISTS {{ {_several(path, _number(parameter) + 1, var, names)} }}"


def _not_below(operator: str) -> Callable[[NamedNode, Term, str, Names], str]:
    """Write when a value is not below one of another property; what cannot be compared is not."""

    def test(path: NamedNode, other: Term, var: str, names: Names) -> str:
        a, b = f"?v{next(names)}", f"?v{next(names)}"
        below = f"COALESCE({a} {operator} {b}, false)"
        return f"EXISTS {{ {var} {path} {a} ; {other} {b} . FILTER (!{below}) }}"

    return test


_Test = Callable[[_Shape, Term, str, Names], str]


def _class(_: _Shape, parameter: Term, var: str, __: Names) -> str:
    return f"NOT EXISTS {{ {var} a {parameter} }}"


def _datatype(_: _Shape, parameter: Term, var: str, __: Names) -> str:
    """Write when a value has another datatype, or is none of its datatype's, as "x"^^integer."""
    other = f"!isLiteral({var}) || datatype({var}) != {parameter}"
    if str(parameter) in _NUMERIC:
        return f"{other} || !isNumeric({var})"
    if str(parameter) == f"<{XSD}boolean>":
        return f'{other} || STR({var}) NOT IN ("true", "false", "1", "0")'
    return other


def _node_kind(_: _Shape, parameter: Term, var: str, __: Names) -> str:
    if parameter != NamedNode(SH + "IRI"):
        raise UnknownConstraintError(f"{parameter} is no kind of node that is known here")
    return f"!isIRI({var})"


def _in(shape: _Shape, parameter: Term, var: str, __: Names) -> str:
    # no "!(… || …)": Virtuoso 7 finds that true of three sameTerm of which one holds
    return " && ".join(f"!{_is_same(var, item)}" for item in shape.items(parameter)) or "true"


def _is_same(var: str, item: Term) -> str:
    """Compare with one term; Virtuoso 7 finds no two strings to be the same term."""
    if isinstance(item, Literal) and item.datatype.value == XSD + "string":
        text = f"datatype({var}) = <{XSD}string> && STR({var}) = {item}"
        return f"(isLiteral({var}) && {text})"
    return f"sameTerm({var}, {item})"


def _pattern(_: _Shape, parameter: Term, var: str, __: Names) -> str:
    return f"isBlank({var}) || !REGEX(STR({var}), {parameter})"


def _too_short(_: _Shape, parameter: Term, var: str, __: Names) -> str:
    return f"isBlank({var}) || STRLEN(STR({var})) < {_number(parameter)}"


def _bound(operator: str) -> _Test:
    def test(_: _Shape, parameter: Term, var: str, __: Names) -> str:
        return f"!COALESCE({var} {operator} {parameter}, false)"

    return test


def _or(shape: _Shape, parameter: Term, var: str, names: Names) -> str:
    return " && ".join(f"({fails})" for fails in shape.alternatives(parameter, var, names))


def _xone(shape: _Shape, parameter: Term, var: str, names: Names) -> str:
    kept = (f"IF({fails}, 0, 1)" for fails in shape.alternatives(parameter, var, names))
    return f"({' + '.join(kept)}) != 1"


_NODE_TESTS: dict[str, Callable[[NamedNode, Term, str, Names], str]] = {
    "minCount": _too_few,
    "maxCount": _too_many,
    "lessThan": _not_below("<"),
    "lessThanOrEquals": _not_below("<="),
}
_VALUE_TESTS: dict[str, _Test] = {
    "class": _class,
    "datatype": _datatype,
    "nodeKind": _node_kind,
    "in": _in,
    "pattern": _pattern,
    "minLength": _too_short,
    "minInclusive": _bound(">="),
    "maxInclusive": _bound("<="),
    "or": _or,
    "xone": _xone,
}
