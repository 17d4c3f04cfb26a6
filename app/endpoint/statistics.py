"""What stands in the graphs of a snapshot: triples, classes and properties, counted once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from threading import Lock

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from app.endpoint.current import opened

_COUNTING = Lock()


@dataclass(frozen=True, slots=True)
class Counted:
    """A class or a property of a graph, and how often it is there."""

    graph: NamedNode
    term: NamedNode
    count: int


@dataclass(frozen=True, slots=True)
class GraphStatistics:
    """A named graph: entities by class, triples by property."""

    name: NamedNode
    classes: tuple[Counted, ...]
    properties: tuple[Counted, ...]

    @property
    def triples(self) -> int:
        """All triples of the graph."""
        return sum(each.count for each in self.properties)


def statistics(version: str) -> tuple[GraphStatistics, ...]:
    """Count a snapshot, by graph; those who ask at the same time wait for one count."""
    with _COUNTING:
        return _counted(version)


@lru_cache(maxsize=2)
def _counted(version: str) -> tuple[GraphStatistics, ...]:
    store = opened(version)
    classes = {graph: tuple(rows) for graph, rows in _by_graph(store, "void_classes")}
    return tuple(
        GraphStatistics(graph, classes.get(graph, ()), tuple(rows))
        for graph, rows in _by_graph(store, "void_properties")
    )


def _by_graph(store: Store, name: str) -> Iterator[tuple[NamedNode, Iterator[Counted]]]:
    return groupby(_rows(store, name), key=lambda row: row.graph)


def _rows(store: Store, name: str) -> Iterator[Counted]:
    """Ask one of the two questions; graphs and classes that are blank nodes are left out."""
    query = (files("app.endpoint") / f"{name}.rq").read_text(encoding="utf-8")
    solutions = store.query(query)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    for solution in solutions:
        graph, term, count = solution["graph"], solution["term"], solution["count"]
        if isinstance(graph, NamedNode) and isinstance(term, NamedNode):
            assert isinstance(count, Literal)  # noqa: S101
            yield Counted(graph, term, int(count.value))
