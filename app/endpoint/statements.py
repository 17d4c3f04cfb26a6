"""The statements of the current snapshot: chosen by RDF4J's parameters, walked over, counted."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from app.endpoint.requests import ProtocolError
from app.graph_access import graph_version
from app.settings import Settings
from kg.snapshots.snapshot import Snapshot

NIL = frozenset(
    ("null", "<http://www.openrdf.org/schema/sesame#nil>", "<http://rdf4j.org/schema/rdf4j#nil>")
)
"""Names of the unnamed graph in RDF4J and GraphDB."""
_CONTEXT = r"<[^<>\s]*>|_:[\w.\-]+|null"
_CONTEXTS = re.compile(rf"(?:{_CONTEXT})(?:,(?:{_CONTEXT}))*")

Graph = NamedNode | BlankNode | DefaultGraph


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which quads are meant: None is any term, no graphs are all."""

    subject: NamedNode | BlankNode | None = None
    predicate: NamedNode | None = None
    object: NamedNode | BlankNode | Literal | None = None
    graphs: tuple[Graph, ...] = ()


def read_pattern(parameters: Mapping[str, Sequence[str]]) -> Pattern:
    """Read ``subj``, ``pred``, ``obj`` and ``context``; raises ProtocolError on no RDF term."""
    subject, predicate, object_ = (_only(parameters, name) for name in ("subj", "pred", "obj"))
    if isinstance(subject, Literal):
        raise ProtocolError(400, f"subj: a literal is no subject: {subject.value[:200]}")
    if predicate is not None and not isinstance(predicate, NamedNode):
        raise ProtocolError(400, f"pred: not an IRI: {predicate.value[:200]}")
    return Pattern(subject, predicate, object_, read_contexts(parameters))


def _only(
    parameters: Mapping[str, Sequence[str]], name: str
) -> NamedNode | BlankNode | Literal | None:
    values = parameters.get(name, ())
    if len(values) > 1:
        raise ProtocolError(400, f"{name}: given more than once")
    return read_term(name, values[0]) if values and values[0].strip() else None


def read_term(name: str, text: str) -> NamedNode | BlankNode | Literal:
    """Read a term in the syntax of N-Triples or Turtle; ``name`` is for the complaint."""
    try:
        quads = list(parse(f"<x:s> <x:p> {text} .".encode(), RdfFormat.TURTLE))
    except SyntaxError as error:
        raise ProtocolError(400, f"{name}: not an RDF term: {text[:200]}") from error
    if len(quads) != 1 or isinstance(quads[0].object, Triple):
        raise ProtocolError(400, f"{name}: not one RDF term: {text[:200]}")
    return quads[0].object


def read_contexts(parameters: Mapping[str, Sequence[str]]) -> tuple[Graph, ...]:
    """Read ``context``: repeated, or joined by commas as rdflib does."""
    found: list[str] = []
    for value in parameters.get("context", ()):
        if not _CONTEXTS.fullmatch(value.strip()):
            raise ProtocolError(400, f"context: neither <IRI> nor null: {value[:200]}")
        found.extend(re.findall(_CONTEXT, value))
    return tuple(_graph(context) for context in dict.fromkeys(found))


def _graph(context: str) -> Graph:
    graph = DefaultGraph() if context in NIL else read_term("context", context)
    if isinstance(graph, Literal):
        raise ProtocolError(400, f"context: a literal names no graph: {context[:200]}")
    return graph


def named(iri: str) -> NamedNode:
    """Read an IRI without brackets; raises ProtocolError where it is none."""
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise ProtocolError(400, f"Not an IRI: {iri[:200]}") from error


def matching(store: Store, pattern: Pattern) -> Generator[Quad]:
    """Walk over the quads that a pattern means, graph by graph; made and ended in one thread."""
    terms = pattern.subject, pattern.predicate, pattern.object
    for graph in pattern.graphs or (None,):
        yield from store.quads_for_pattern(*terms, graph)


def current_version(settings: Settings) -> str:
    """Name the snapshot, empty where there is none yet; raises ProtocolError over a server."""
    if settings.store is not None:
        raise ProtocolError(501, "The graph is on another server: ask that server")
    return graph_version(settings)


def current_store(settings: Settings) -> Store:
    """Open the snapshot that is current now, for reading."""
    return opened(current_version(settings))


@lru_cache(maxsize=2)
def opened(version: str) -> Store:
    """Open a snapshot once; no name is an empty graph."""
    return Store.read_only(str(Snapshot(Path(version)).graph)) if version else Store()


def graphs_of(store: Store) -> list[Graph]:
    """List the named graphs that hold something, sorted."""
    return sorted((graph for graph in store.named_graphs() if _has_any(store, graph)), key=str)


def _has_any(store: Store, graph: Graph) -> bool:
    return any(True for _ in store.quads_for_pattern(None, None, None, graph))


@lru_cache(maxsize=200)
def count(version: str, graphs: tuple[Graph, ...] = ()) -> int:
    """Count the statements of a snapshot, or of some graphs of it, once.

    It goes graph by graph, so that a statement of two graphs counts twice.
    """
    store = opened(version)
    return sum(_size(store, graph) for graph in graphs) if graphs else len(store)


def _size(store: Store, graph: Graph) -> int:
    """Ask the engine, which is ten times as fast as walking."""
    solutions = store.query(query_file("size"), default_graph=graph)
    assert isinstance(solutions, QuerySolutions)  # noqa: S101
    number = next(solutions)["count"]
    assert isinstance(number, Literal)  # noqa: S101
    return int(number.value)


@cache
def query_file(name: str) -> str:
    """Read a query of this folder."""
    return (files("app.endpoint") / f"{name}.rq").read_text(encoding="utf-8")
