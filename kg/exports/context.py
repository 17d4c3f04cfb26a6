"""The JSON-LD context: short names for the terms of the graph, made from the ontology."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse

from kg.graph import vocabulary as v
from kg.graph.vocabulary import OWL, PREFIXES, RDFS, XSD, compacted
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


@dataclass(frozen=True, slots=True)
class ShortName:
    """A name of the context, and how its values are read: a datatype, @id, @vocab, or empty."""

    name: str
    values: str


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
def shipped_context() -> dict[str, dict[str, Term]]:
    """Read ``ontology/context.jsonld``."""
    return json.loads((files("ontology") / "context.jsonld").read_text(encoding="utf-8"))


@cache
def short_names() -> Mapping[str, ShortName]:
    """Map whole IRIs of terms to their names in the shipped context."""
    terms = shipped_context()["@context"].items()
    named = {name: term for name, term in terms if name not in PREFIXES}
    return {
        _expanded(iri): ShortName(name, values)
        for name, term in named.items()
        for iri, values in (_read(term),)
        if not iri.startswith("@")
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
    """JSON-LD 1.1 takes an IRI that ends in a letter or underscore as a prefix only when told."""
    return iri if iri.endswith(_DELIMITERS) else {"@id": iri, "@prefix": True}


def _expanded(iri: str) -> str:
    prefix, _, rest = iri.partition(":")
    return PREFIXES[prefix] + rest
