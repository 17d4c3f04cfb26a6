"""Is a whole graph in order? The shapes and what shapes cannot say, asked of any store as queries.

``kg.checks.validation`` looks at what is about to be written; this at a graph. A file of
``queries/invariants`` states on its first line what holds, and selects the nodes where it does not.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.belief import (
    BELIEF_TOLERANCE,
    DOUBT_DISCOUNT,
    WEIGHT_TOLERANCE,
    is_believed,
    noisy_or,
)
from kg.checks.shape_queries import ShapeCheck, ShapeQuery, shape_checks
from kg.checks.validation import bundled_shapes
from kg.graph import vocabulary as v
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import RowError, cell
from kg.graph.reading_back import read_rows
from kg.stores import Row, Term, TripleStore

COUNTED = 10_000
"""How many nodes of one kind of breach are counted; there may be more."""
_SHAPE_MESSAGE = "This breaks ontology/shapes.ttl."
_BELIEFS = (
    ("wrong_belief", "Belief is made of the papers that say it.", v.SUPPORTS, v.BELIEF),
    ("wrong_disbelief", "Disbelief is made of the papers that deny it.", v.OPPOSES, v.DISBELIEF),
)
_AGAINST = "An assertion is believed only if more speaks for it than against it."
_CONSTANTS = {
    "discount": (Literal(DOUBT_DISCOUNT),),
    "tolerance": (Literal(WEIGHT_TOLERANCE),),
}
"""What ``kg.belief`` says, bound where an invariant asks for it."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One kind of violation: ``name`` says which, ``message`` what should hold.

    ``count`` nodes break it, ``COUNTED`` of them or more; ``example`` is one.
    """

    name: str
    message: str
    count: int
    example: str

    def __str__(self) -> str:
        """Tell everything in one line."""
        more = " or more" if self.count == COUNTED else ""
        return f"{self.name}: {self.count:,}{more}, such as {self.example}: {self.message}"


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that always holds; ``query`` selects the nodes (``?focus``) where it does not."""

    name: str
    message: str
    query: str


def find_breaches(store: TripleStore) -> Iterator[Breach]:
    """Find what is wrong with a whole graph, kind by kind; nothing where all is right."""
    for check in _bundled_checks():
        if any(True for _ in store.select(check.screen)):
            yield from _breaches(store, map(_of_shape, check.queries))
    yield from _breaches(store, invariants())
    for name, message, stance, property_ in _BELIEFS:
        yield from _breach(name, message, _wrong_beliefs(store, stance, property_))
    yield from _breach("believed_against_belief", _AGAINST, _wrongly_believed(store))


@cache
def invariants() -> tuple[Invariant, ...]:
    """Read the invariants that no shape says, by name."""
    folder = question_folder() / "invariants"
    return tuple(
        _read(path.name.removesuffix(".rq"), path.read_text(encoding="utf-8"))
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".rq")
    )


@cache
def _bundled_checks() -> tuple[ShapeCheck, ...]:
    return tuple(shape_checks(bundled_shapes()))


def _read(name: str, text: str) -> Invariant:
    message = text.partition("\n")[0].removeprefix("# ")
    return Invariant(name, message, bind_terms(text, _CONSTANTS))


def _of_shape(asked: ShapeQuery) -> Invariant:
    path = asked.path or "shape"
    return Invariant(f"{path} {asked.component}", asked.message or _SHAPE_MESSAGE, asked.query)


def _breaches(store: TripleStore, asked: Iterable[Invariant]) -> Iterator[Breach]:
    for invariant in asked:
        found = (_name(row["focus"]) for row in store.select(invariant.query))
        yield from _breach(invariant.name, invariant.message, found)


def _name(term: Term) -> str:
    return str(term) if isinstance(term, BlankNode | Triple) else term.value if term else ""


def _breach(name: str, message: str, found: Iterable[str]) -> Iterator[Breach]:
    nodes = list(islice(found, COUNTED))
    if nodes:
        yield Breach(name, message, len(nodes), min(nodes))


def _wrong_beliefs(store: TripleStore, stance: NamedNode, property_: NamedNode) -> Iterator[str]:
    """Name assertions whose belief is not the noisy-or of what their papers weigh.

    SPARQL 1.1 has no product over rows and no logarithm, so this one is computed here.
    """
    weights: dict[str, list[float]] = {}
    for row in read_rows(store, "weights", {"stance": (stance,)}):
        weights.setdefault(cell(row, "assertion"), []).append(_number(row, "best"))
    rows = read_rows(store, "stated_beliefs", {"property": (property_,)})
    stated = {cell(row, "assertion"): _number(row, "belief") for row in rows}
    for assertion in weights.keys() | stated.keys():
        difference = stated.get(assertion, 0.0) - noisy_or(weights.get(assertion, ()))
        if not abs(difference) <= BELIEF_TOLERANCE:  # also where it is not a number
            yield assertion


def _wrongly_believed(store: TripleStore) -> Iterator[str]:
    for row in read_rows(store, "beliefs", {}):
        disbelief = _number(row, "disbelief") if row["disbelief"] else 0.0
        could_be = is_believed(_number(row, "belief"), disbelief, min_belief=0.0)
        if row["believed"] == v.TRUE and not could_be:
            yield cell(row, "iri")


def _number(row: Row, name: str) -> float:
    """Read a number; what is none is nan, which the shapes complain about."""
    try:
        return float(cell(row, name))
    except (ValueError, RowError):
        return math.nan
