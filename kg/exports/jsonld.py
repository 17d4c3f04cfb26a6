"""The dataset as JSON-LD: an object a thing, in an object a graph, under the published context."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import IO

from pyoxigraph import Literal, NamedNode, Quad

from kg.exports.context import XSD_STRING, shipped_context, short_names
from kg.exports.writing import new_file
from kg.graph.ordered import quads_of, sorted_quads
from kg.graph.rdf import iri_of
from kg.graph.vocabulary import TYPE, XSD, compacted
from kg.stores import TripleStore

Json = str | int | float | bool | dict[str, str]
_NATIVE: dict[str, Callable[[str], Json]] = {
    XSD + "integer": int,
    XSD + "double": float,
    XSD + "boolean": json.loads,
}


def write_jsonld(store: TripleStore, out: Path, work: Path) -> int:
    """Write every quad; returns how many things were described."""
    quads = quads_of(sorted_quads(store, work / "all"))
    count = 0
    with new_file(out) as file:
        context = json.dumps(shipped_context()["@context"], ensure_ascii=False)
        file.write(f'{{"@context":{context},"@graph":['.encode())
        for number, (graph, inside) in enumerate(groupby(quads, lambda quad: quad.graph_name)):
            file.write(b"," * bool(number) + _graph_start(graph))
            count += _write_things(inside, file)
            file.write(b"]}")
        file.write(b"]}\n")
    return count


def _graph_start(graph: object) -> bytes:
    name = {"id": compacted(graph.value)} if isinstance(graph, NamedNode) else {}
    return json.dumps(name).encode()[:-1] + (b"," if name else b"") + b'"@graph":['


def _write_things(quads: Iterable[Quad], file: IO[bytes]) -> int:
    count = 0
    for count, (subject, said) in enumerate(groupby(quads, lambda quad: quad.subject), start=1):
        text = json.dumps(_thing(iri_of(subject), said), ensure_ascii=False)
        file.write(b",\n" * (count > 1) + text.encode())
    return count


def _thing(iri: str, quads: Iterable[Quad]) -> dict[str, Json | list[Json]]:
    values: dict[str, list[Json]] = {}
    for key, value in chain.from_iterable(map(_said, quads)):
        values.setdefault(key, []).append(value)
    said = {key: found[0] if len(found) == 1 else found for key, found in values.items()}
    return {"id": compacted(iri), **said}


def _said(quad: Quad) -> Iterator[tuple[str, Json]]:
    """Write a property and its value under the names of the context."""
    iri, value = quad.predicate.value, quad.object
    term = short_names().get(iri)
    match value:
        case NamedNode() if quad.predicate == TYPE:
            yield "type", _named(value.value)
        case NamedNode() if term is not None and term.values == "@vocab":
            yield term.name, _named(value.value)
        case NamedNode() if term is not None and term.values == "@id":
            yield term.name, compacted(value.value)
        case NamedNode():
            yield compacted(iri), {"@id": compacted(value.value)}
        case Literal() if term is not None and _fits(value, term.values):
            yield term.name, _native(value)
        case Literal():
            yield compacted(iri), _literal(value)
        case _:
            raise ValueError(f"Unexpected term: {value!r}")


def _fits(value: Literal, expected: str) -> bool:
    """Whether a name of the context gives the value the datatype it has."""
    datatype = value.datatype.value
    plain = datatype == XSD_STRING and value.language is None
    return plain if not expected else compacted(datatype) == expected


def _native(value: Literal) -> Json:
    read = _NATIVE.get(value.datatype.value)
    return value.value if read is None else read(value.value)


def _literal(value: Literal) -> Json:
    if value.language is not None:
        return {"@value": value.value, "@language": value.language}
    if value.datatype.value == XSD_STRING:
        return value.value
    return {"@value": value.value, "@type": compacted(value.datatype.value)}


def _named(iri: str) -> str:
    term = short_names().get(iri)
    return compacted(iri) if term is None else term.name
