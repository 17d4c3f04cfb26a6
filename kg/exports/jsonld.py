"""JSON-LD: an object a thing, in an object a graph, under a context made from the ontology."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import IO

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.exports.writing import new_file
from kg.graph import vocabulary as v
from kg.graph.ordered import quads_of, sorted_quads
from kg.graph.rdf import iri_of
from kg.graph.vocabulary import OWL, PREFIXES, RDFS, XSD, compacted
from kg.stores import TripleStore
from ontology.namespaces import ONTOLOGY

XSD_STRING = XSD + "string"
_DELIMITERS = tuple(":/?#[]@")
BORROWED = {
    "Association": "biolink:Association",
    "subject": "biolink:subject",
    "predicate": "biolink:predicate",
    "object": "biolink:object",
    "Concept": "skos:Concept",
    "prefLabel": "skos:prefLabel",
    "altLabel": "skos:altLabel",
    "closeMatch": "skos:closeMatch",
    "JournalArticle": "fabio:JournalArticle",
    "title": "dcterms:title",
    "identifier": "dcterms:identifier",
    "Activity": "prov:Activity",
    "wasGeneratedBy": "prov:wasGeneratedBy",
}
"""Terms of others, under names that ours then do not get: gb:predicate stays gb:predicate."""

_VALUES = {"subject": "@id", "object": "@id", "predicate": "@vocab"} | dict.fromkeys(
    ("closeMatch", "wasGeneratedBy"), "@id"
)
Term = str | dict[str, str | bool]
Json = str | int | float | bool | dict[str, str]
_NATIVE: dict[str, Callable[[str], Json]] = {
    XSD + "integer": int,
    XSD + "double": float,
    XSD + "boolean": json.loads,
}


def context_document() -> dict[str, dict[str, Term]]:
    """Make the context: prefixes, borrowed terms, then ours in order of their names."""
    borrowed = {name: _term(iri, _VALUES.get(name, "")) for name, iri in BORROWED.items()}
    own = dict(_own_terms(ontology_triples()))
    kept = {name: own[name] for name in sorted(own) if name not in BORROWED}
    prefixes = {name: _prefix(iri) for name, iri in PREFIXES.items()}
    return {"@context": {"id": "@id", "type": "@type", **prefixes, **borrowed, **kept}}


def context_text() -> str:
    """Write the context as the file ``ontology/context.jsonld`` holds it."""
    return json.dumps(context_document(), indent=2, ensure_ascii=False) + "\n"


@cache
def shipped_context() -> dict[str, Term]:
    """Read the context of ``ontology/context.jsonld``."""
    return json.loads((files("ontology") / "context.jsonld").read_text("utf-8"))["@context"]


@cache
def short_names() -> Mapping[str, tuple[str, str]]:
    """Map IRIs of terms to their names in the shipped context, and how their values are read.

    That is a datatype, @id, @vocab, or empty.
    """
    terms = ((name, *_read(term)) for name, term in shipped_context().items())
    return {
        _expanded(iri): (name, values)
        for name, iri, values in terms
        if name not in PREFIXES and not iri.startswith("@")
    }


def ontology_triples() -> tuple[Triple, ...]:
    """Read ``gutbrain.ttl``."""
    turtle = (files("ontology") / "gutbrain.ttl").read_bytes()
    return tuple(quad.triple for quad in parse(turtle, format=RdfFormat.TURTLE))


def _own_terms(triples: Iterable[Triple | Quad]) -> Iterator[tuple[str, Term]]:
    said = {(triple.subject, triple.predicate): triple.object for triple in triples}
    for (subject, predicate), kind in said.items():
        iri = getattr(subject, "value", "")
        if predicate != v.TYPE or not iri.startswith(ONTOLOGY):
            continue
        reach = said.get((subject, NamedNode(RDFS + "range")))
        values = _values(getattr(kind, "value", ""), getattr(reach, "value", ""))
        if values is not None:
            yield iri.removeprefix(ONTOLOGY), _term(f"gb:{iri.removeprefix(ONTOLOGY)}", values)


def _values(kind: str, reach: str) -> str | None:
    """Say how the values of a term are read; None for what is no class and no property."""
    match kind.removeprefix(OWL):
        case "Class":
            return ""
        case "ObjectProperty":
            return "@id"
        case "DatatypeProperty":
            return "" if reach == XSD_STRING else compacted(reach)
        case _:
            return None


def _term(iri: str, values: str) -> Term:
    return {"@id": iri, "@type": values} if values else iri


def _read(term: Term) -> tuple[str, str]:
    return (term, "") if isinstance(term, str) else (str(term["@id"]), str(term.get("@type", "")))


def _prefix(iri: str) -> Term:
    """JSON-LD 1.1 takes an IRI that ends in a letter or underscore as a prefix only if marked."""
    return iri if iri.endswith(_DELIMITERS) else {"@id": iri, "@prefix": True}


def _expanded(iri: str) -> str:
    prefix, _, rest = iri.partition(":")
    return PREFIXES[prefix] + rest


def write_jsonld(store: TripleStore, out: Path, work: Path) -> int:
    """Write every quad; returns how many things were described."""
    quads = quads_of(sorted_quads(store, work / "all"))
    count = 0
    with new_file(out) as file:
        context = json.dumps(shipped_context(), ensure_ascii=False)
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
    for key, value in map(_property, quads):
        values.setdefault(key, []).append(value)
    said = {key: found[0] if len(found) == 1 else found for key, found in values.items()}
    return {"id": compacted(iri), **said}


def _property(quad: Quad) -> tuple[str, Json]:
    """Write a property and its value under the names of the context, where they fit."""
    iri, value = quad.predicate.value, quad.object
    name, values = short_names().get(iri, (compacted(iri), "none"))
    if isinstance(value, Literal):
        fits = values == _reading(value)
        return (name, _native(value)) if fits else (compacted(iri), _literal(value))
    if quad.predicate == v.TYPE or values == "@vocab":
        return ("type" if quad.predicate == v.TYPE else name), _named(iri_of(value))
    if values == "@id":
        return name, compacted(iri_of(value))
    return compacted(iri), {"@id": compacted(iri_of(value))}


def _reading(value: Literal) -> str:
    """How a name of the context must read its values to give this one as it is."""
    if value.language is not None:
        return value.language
    return "" if value.datatype.value == XSD_STRING else compacted(value.datatype.value)


def _native(value: Literal) -> Json:
    return _NATIVE.get(value.datatype.value, str)(value.value)


def _literal(value: Literal) -> Json:
    if value.language is not None:
        return {"@value": value.value, "@language": value.language}
    if value.datatype.value == XSD_STRING:
        return value.value
    return {"@value": value.value, "@type": compacted(value.datatype.value)}


def _named(iri: str) -> str:
    return short_names().get(iri, (compacted(iri),))[0]
