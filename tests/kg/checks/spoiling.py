"""Graphs with something wrong in them."""

from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.loading import load_ontology
from kg.stores.embedded import EmbeddedStore


def store_of(quads: Iterable[Quad]) -> EmbeddedStore:
    """A store of some quads, and the ontology."""
    engine = Store()
    engine.bulk_extend(quads)
    store = EmbeddedStore(engine)
    load_ontology(store)
    return store


def giving(quad: Quad, value: NamedNode | Literal) -> Quad:
    """The same said of another value."""
    return Quad(quad.subject, quad.predicate, value, quad.graph_name)


def first(quads: Iterable[Quad], property_: NamedNode) -> Quad:
    """The first quad of a property."""
    return next(quad for quad in quads if quad.predicate == property_)


def replaced(quads: list[Quad], property_: NamedNode, value: NamedNode | Literal) -> list[Quad]:
    """The quads, the first of a property with another value."""
    old = first(quads, property_)
    return [giving(quad, value) if quad == old else quad for quad in quads]
