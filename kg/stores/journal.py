"""A change written down in a graph of its own, for stores without transactions.

First the journal is written, last a mark that it is whole, then the change is made, then the
journal is dropped. Whoever changes the store next finds a journal that was left behind: a whole one
is done again, which changes nothing where it was done already; another one is dropped, since
nothing of its change was made.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize

from kg.stores import Row
from kg.stores.updates import JOURNAL, batches

_ENTRY = JOURNAL.value + "/"
_REMOVE, _ADD = NamedNode(_ENTRY + "remove"), NamedNode(_ENTRY + "add")
_END = Quad(NamedNode(_ENTRY + "end"), NamedNode(_ENTRY + "isWhole"), Literal("yes"), JOURNAL)
QUADS_AN_ENTRY = 500
CHARACTERS_AN_ENTRY = 15_000
"""Virtuoso takes no line of 100,000 bytes for N-Triples; escapes and UTF-8 lengthen an entry."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be removed, then added."""

    remove: tuple[Quad, ...]
    add: tuple[Quad, ...]


def journal_quads(change: Change) -> tuple[list[Quad], Quad]:
    """Write a change down: the entries, and the mark that they are all."""
    removed = _entries(_REMOVE, change.remove)
    return [*removed, *_entries(_ADD, change.add)], _END


def read_journal(rows: Iterable[Row]) -> Change | None:
    """Read what ``requests/journal.rq`` found; None where it is empty or lacks its mark."""
    found = sorted((row for row in rows), key=lambda row: str(row["entry"]))
    if not any(row["entry"] == _END.subject for row in found):
        return None
    return Change(tuple(_quads(found, _REMOVE)), tuple(_quads(found, _ADD)))


def _entries(property_: NamedNode, quads: Sequence[Quad]) -> Iterator[Quad]:
    for number, batch in enumerate(batches(quads, QUADS_AN_ENTRY, CHARACTERS_AN_ENTRY)):
        name = NamedNode(f"{property_.value}/{number:08}")
        text = serialize(batch, format=RdfFormat.N_QUADS) or b""
        yield Quad(name, property_, Literal(text.decode()), JOURNAL)


def _quads(rows: Iterable[Row], property_: NamedNode) -> Iterator[Quad]:
    for row in rows:
        text = row["value"]
        if row["property"] == property_ and isinstance(text, Literal):
            yield from parse(text.value, RdfFormat.N_QUADS)
