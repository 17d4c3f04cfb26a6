"""Is a graph in order? The shapes, and what shapes cannot say, asked of any store as queries.

``check`` looks at what is about to be written, by the shapes alone; ``find_breaches`` at a graph. A
file of ``queries/invariants`` states on its first line what holds, and selects the nodes where it
does not.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from kg.belief import (
    BELIEF_TOLERANCE,
    DOUBT_DISCOUNT,
    WEIGHT_TOLERANCE,
    is_believed,
    noisy_or,
)
from kg.checks.shapes import Invariant, bundled_shapes, shape_checks
from kg.graph import vocabulary as v
from kg.graph.catalogue import bind_terms, question_folder
from kg.graph.rdf import RowError, cell
from kg.graph.reading_back import read_rows
from kg.stores import Row, Term, TripleStore
from kg.stores.embedded import EmbeddedStore

COUNTED = 10_000
"""How many nodes of one kind of breach are counted; there may be more."""
_BELIEFS = (
    ("wrong_belief", "Belief is made of the papers that say it.", v.SUPPORTS, v.BELIEF),
    ("wrong_disbelief", "Disbelief is made of the papers that deny it.", v.OPPOSES, v.DISBELIEF),
)
_AGAINST = "An assertion is believed only if more speaks for it than against it."
_CONSTANTS = {
    "discount": (Literal(DOUBT_DISCOUNT),),
    "tolerance": (Literal(WEIGHT_TOLERANCE),),
    "predicate": tuple(v.PREDICATE_NODES.values()),
}
"""What ``kg.belief`` and the schema say, bound where an invariant asks for it."""


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


class ValidationError(ValueError):
    """What should be written breaks the shapes; the message names the first kinds of breach."""

    def __init__(self, breaches: list[Breach]) -> None:
        total = sum(breach.count for breach in breaches)
        super().__init__(f"{total} violations of the shapes; {'; '.join(map(str, breaches[:5]))}")
        self.breaches = tuple(breaches)


def check(quads: Iterable[Quad]) -> None:
    """Raise ValidationError where quads break the shapes; graph names play no part."""
    batch = EmbeddedStore.in_memory()
    batch.bulk_load(quads)
    breaches = list(_shape_breaches(batch))
    if breaches:
        raise ValidationError(breaches)


def find_breaches(store: TripleStore) -> Iterator[Breach]:
    """Find what is wrong with a graph, kind by kind; nothing where all is right."""
    yield from _shape_breaches(store)
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


def _shape_breaches(store: TripleStore) -> Iterator[Breach]:
    for shape in shape_checks(bundled_shapes()):
        if any(True for _ in store.select(shape.screen)):
            yield from _breaches(store, shape.constraints)


def _read(name: str, text: str) -> Invariant:
    message = text.partition("\n")[0].removeprefix("# ")
    return Invariant(name, message, bind_terms(text, _CONSTANTS))


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
