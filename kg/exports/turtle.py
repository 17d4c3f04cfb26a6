"""All triples in one Turtle file, by subject; which graph each stands in is not in it."""

from itertools import count
from pathlib import Path

from pyoxigraph import RdfFormat, serialize

from kg.exports.writing import new_file
from kg.graph.ordered import by_subject, quads_of, sorted_quads
from kg.graph.vocabulary import PREFIXES
from kg.stores import TripleStore


def write_turtle(store: TripleStore, out: Path, work: Path) -> int:
    """Write every triple; returns how many."""
    written = count()
    quads = quads_of(sorted_quads(store, work / "all", by_subject))
    triples = (quad.triple for quad, _ in zip(quads, written, strict=False))
    with new_file(out) as file:
        serialize(triples, file, format=RdfFormat.TURTLE, prefixes=PREFIXES)
    return next(written)
