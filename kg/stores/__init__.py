"""Places that hold triples: embedded in the data directory, or a server."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

Term = NamedNode | Literal | BlankNode | Triple | None
Row = dict[str, Term]


class TripleStore(Protocol):
    """What the rooms above need of a store. Queries see the union of all graphs."""

    def select(self, query: str) -> Iterator[Row]:
        """Answer a SELECT: a dict a solution, variable name to term, None where unbound."""
        ...

    def change(self, *, remove: Iterable[Quad], add: Iterable[Quad]) -> None:
        """Remove, then add: all of it or nothing, at the latest with the next change.

        A store without transactions may be left halfway by a crash. Its next change, be it an
        empty one, first finishes what was left; an empty change does nothing else.
        """
        ...

    def size(self) -> int:
        """Count the quads."""
        ...
