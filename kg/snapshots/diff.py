"""What changed between two graphs: assertions new, gone, or believed otherwise."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kg.exports.rows import BATCH, TRUE, Edge, ask, edges_of, text_of
from kg.exports.sorting import batched
from kg.graph.rdf import cell
from kg.stores import Row, TripleStore

Change = Literal["new", "gone", "changed"]
MIN_CHANGE = 0.05
_ORDER: tuple[Change, ...] = ("new", "gone", "changed")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an assertion stands in one graph; ``belief`` and ``disbelief`` in [0, 1]."""

    belief: float
    disbelief: float
    papers: int
    is_believed: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One assertion that differs; ``before`` or ``after`` is None where it is not there."""

    change: Change
    edge: Edge
    before: Standing | None
    after: Standing | None

    @property
    def shift(self) -> float:
        """By how much the belief moved; what is not there is not believed."""
        old, new = (side.belief if side else 0.0 for side in (self.before, self.after))
        return round(new - old, 6)


def compare(
    before: TripleStore, after: TripleStore, min_change: float = MIN_CHANGE
) -> list[Difference]:
    """List the assertions that differ: new, gone, changed, the largest shift of belief first.

    Changed are those whose belief or disbelief moved by ``min_change`` or more, or that came to
    be, or ceased to be, stated as a direct triple.
    """
    old, new = _standings(before), _standings(after)
    changes = _changes(old, new, min_change)
    gone = [iri for iri, change in changes.items() if change == "gone"]
    there = [iri for iri, change in changes.items() if change != "gone"]
    found = [
        Difference(changes[edge.iri], edge, old.get(edge.iri), new.get(edge.iri))
        for store, iris in ((before, gone), (after, there))
        for edge in _edges(store, iris)
    ]
    return sorted(found, key=_rank)


def about(difference: Difference, concepts: Collection[str]) -> bool:
    """Whether an assertion joins all of the concepts named by identifier (one, or both ends)."""
    return set(concepts) <= {difference.edge.subject, difference.edge.object}


def _rank(difference: Difference) -> tuple[int, float, str]:
    return _ORDER.index(difference.change), -abs(difference.shift), difference.edge.iri


def _standings(store: TripleStore) -> dict[str, Standing]:
    return {cell(row, "iri"): _standing(row) for row in ask(store, "beliefs")}


def _standing(row: Row) -> Standing:
    return Standing(
        float(cell(row, "belief")),
        float(text_of(row, "disbelief") or 0),
        int(cell(row, "papers")),
        cell(row, "believed") in TRUE,
    )


def _changes(
    old: Mapping[str, Standing], new: Mapping[str, Standing], min_change: float
) -> dict[str, Change]:
    changes: dict[str, Change] = dict.fromkeys(new.keys() - old.keys(), "new")
    changes |= dict.fromkeys(old.keys() - new.keys(), "gone")
    both = old.keys() & new.keys()
    changes |= {iri: "changed" for iri in both if _has_moved(old[iri], new[iri], min_change)}
    return changes


def _has_moved(old: Standing, new: Standing, min_change: float) -> bool:
    moved = abs(new.belief - old.belief), abs(new.disbelief - old.disbelief)
    shift = round(max(moved), 6)
    return old.is_believed != new.is_believed or (shift >= min_change and shift > 0)


def _edges(store: TripleStore, iris: Collection[str]) -> Iterator[Edge]:
    for batch in batched(sorted(iris), BATCH):
        yield from edges_of(store, batch)
