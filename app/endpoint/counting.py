"""How many statements a store has, in all or in some graphs."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pyoxigraph import Literal, QuerySolutions, Store

from app.endpoint.terms import Graph, graph_of


def size_of(store: Store, contexts: Iterable[str]) -> int:
    """Count the statements; graph by graph, so that one that stands in two counts twice."""
    graphs = [graph_of(context) for context in contexts]
    return sum(_size(store, graph) for graph in graphs) if graphs else len(store)


def _size(store: Store, graph: Graph) -> int:
    """Ask the engine, which is ten times as fast as walking."""
    solutions = store.query(_question(), default_graph=graph)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    count = next(solutions)["count"]
    assert isinstance(count, Literal)  # noqa: S101
    return int(count.value)


@cache
def _question() -> str:
    return (files("app.endpoint") / "size.rq").read_text(encoding="utf-8")
