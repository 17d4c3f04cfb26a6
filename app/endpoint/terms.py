"""RDF terms as RDF4J's protocol writes them in parameters, and the quads they stand for."""

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from app.endpoint.errors import ProtocolError

NO_CONTEXT = "null"
NIL = frozenset(
    ("<http://www.openrdf.org/schema/sesame#nil>", "<http://rdf4j.org/schema/rdf4j#nil>")
)
"""Names of the unnamed graph in RDF4J and GraphDB."""
_CONTEXT = r"<[^<>\s]*>|_:[\w.\-]+|null"
_CONTEXTS = re.compile(rf"(?:{_CONTEXT})(?:,(?:{_CONTEXT}))*")

Graph = NamedNode | BlankNode | DefaultGraph


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which quads are meant: terms as N-Triples writes them, empty for any.

    ``contexts`` names graphs, ``null`` the unnamed one; none stands for all.
    """

    subject: str = ""
    predicate: str = ""
    object: str = ""
    contexts: tuple[str, ...] = ()

    @property
    def has_terms(self) -> bool:
        """Whether more than the graph is asked for."""
        return bool(self.subject or self.predicate or self.object)


def read_pattern(parameters: Mapping[str, Sequence[str]]) -> Pattern:
    """Read ``subj``, ``pred``, ``obj`` and ``context``; raises ProtocolError on no RDF term."""
    subject, predicate, object_ = (_only(parameters, name) for name in ("subj", "pred", "obj"))
    if subject and isinstance(read_term("subj", subject), Literal):
        raise ProtocolError(400, f"subj: a literal is no subject: {subject[:200]}")
    if predicate and not isinstance(read_term("pred", predicate), NamedNode):
        raise ProtocolError(400, f"pred: not an IRI: {predicate[:200]}")
    if object_:
        read_term("obj", object_)
    return Pattern(subject, predicate, object_, read_contexts(parameters))


def _only(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    values = parameters.get(name, ())
    if len(values) > 1:
        raise ProtocolError(400, f"{name}: given more than once")
    return values[0].strip() if values else ""


def read_term(name: str, text: str) -> NamedNode | BlankNode | Literal:
    """Read a term in the syntax of N-Triples or Turtle; ``name`` is for the complaint."""
    try:
        quads = list(parse(f"<x:s> <x:p> {text} .".encode(), RdfFormat.TURTLE))
    except SyntaxError as error:
        raise ProtocolError(400, f"{name}: not an RDF term: {text[:200]}") from error
    if len(quads) != 1 or isinstance(quads[0].object, Triple):
        raise ProtocolError(400, f"{name}: not one RDF term: {text[:200]}")
    return quads[0].object


def read_contexts(parameters: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Read ``context``: repeated, or joined by commas as rdflib does."""
    found: list[str] = []
    for value in parameters.get("context", ()):
        if not _CONTEXTS.fullmatch(value.strip()):
            raise ProtocolError(400, f"context: neither <IRI> nor null: {value[:200]}")
        found.extend(re.findall(_CONTEXT, value))
    for context in found:
        graph_of(context)
    return tuple(dict.fromkeys(found))


def graph_of(context: str) -> Graph:
    """Read the name of a graph, as a context writes it."""
    if context == NO_CONTEXT or context in NIL:
        return DefaultGraph()
    graph = read_term("context", context)
    if isinstance(graph, Literal):
        raise ProtocolError(400, f"context: a literal names no graph: {context[:200]}")
    return graph


def named(iri: str) -> NamedNode:
    """Read an IRI that stands by itself; raises ProtocolError where it is none."""
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise ProtocolError(400, f"Not an IRI: {iri[:200]}") from error


def matching(store: Store, pattern: Pattern) -> Generator[Quad]:
    """Walk over the quads that a pattern means, graph by graph; made and ended in one thread."""
    terms = [
        read_term(name, text) if text else None
        for name, text in (
            ("subj", pattern.subject),
            ("pred", pattern.predicate),
            ("obj", pattern.object),
        )
    ]
    for graph in [graph_of(context) for context in pattern.contexts] or [None]:
        yield from store.quads_for_pattern(*terms, graph)  # type: ignore[arg-type]
