"""The ontology for people and for JSON-LD: one HTML page, and the context."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from pyoxigraph import RdfFormat, parse

from kg.graph.vocabulary import DCTERMS, OWL, PREFIXES, RDFS, SKOS, TYPE, compacted
from ontology.namespaces import ONTOLOGY, PREDICATE_OF_IRI, TYPE_OF_IRI

HEADER = ONTOLOGY.removesuffix("#")
_KINDS = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "object property",
    OWL + "DatatypeProperty": "data property",
    OWL + "NamedIndividual": "value",
}
_NAMED = frozenset(_KINDS.values()) - {"value"}
_ONE_OF = {
    "domain": (RDFS + "domain", PREFIXES["schema"] + "domainIncludes"),
    "range": (RDFS + "range", PREFIXES["schema"] + "rangeIncludes"),
}
_CURIE_MAP = re.compile(r"^#   (\w+): (\S+)$", re.MULTILINE)


@cache
def mappings() -> tuple[Mapping[str, str], ...]:
    """Read ``ontology/mappings.sssom.tsv``, with the IRI of each object as ``object_iri``."""
    text = (files("ontology") / "mappings.sssom.tsv").read_text(encoding="utf-8")
    prefixes = dict(_CURIE_MAP.findall(text))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t")
    pairs = ((row, row["object_id"].partition(":")) for row in rows)
    return tuple(row | {"object_iri": prefixes[prefix] + name} for row, (prefix, _, name) in pairs)


def ontology_page() -> str:
    """Write the page; the same ontology and mappings give the same text."""
    groups = {"types": _sorted(TYPE_OF_IRI), "predicates": _sorted(PREDICATE_OF_IRI)}
    groups["others"] = _sorted(_others())
    template = (files("kg.exports") / "ontology_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        {name: "".join(map(_term, iris)) for name, iris in groups.items()},
        version=_first(HEADER, OWL + "versionInfo"),
        version_iri=_first(HEADER, OWL + "versionIRI"),
        description=escape(_first(HEADER, DCTERMS + "description")),
        license=_first(HEADER, DCTERMS + "license"),
        contents="".join(
            f"<p><b>{name.title()}</b>: {_links(iris)}</p>\n" for name, iris in groups.items()
        ),
        triples="".join(
            f"<tr>{''.join(f'<td>{_link(iri)}</td>' for iri in triple)}</tr>\n"
            for triple in _legal_triples()
        ),
    )


def json_context() -> str:
    """Write ``ontology/context.jsonld``: others' terms as the file has them, ours by the ontology.

    ``gb:predicate`` gets no name: there, ``predicate`` is Biolink's.
    """
    written = json.loads((files("ontology") / "context.jsonld").read_text(encoding="utf-8"))
    said = {
        name: it if isinstance(it, str) else it["@id"] for name, it in written["@context"].items()
    }
    kept = {n: written["@context"][n] for n, term in said.items() if not term.startswith("gb:")}
    ours = sorted(iri for iri in _ontology() if iri.startswith(ONTOLOGY) and _kind(iri) in _NAMED)
    names = {iri.removeprefix(ONTOLOGY): _context_term(iri) for iri in ours}
    content = {"@context": {**kept, **{n: term for n, term in names.items() if n not in kept}}}
    return json.dumps(content, indent=2) + "\n"


def _context_term(iri: str) -> str | dict[str, str]:
    reach = {"object property": "@id", "data property": compacted(_first(iri, RDFS + "range"))}
    kind = reach.get(_kind(iri), "xsd:string")
    return compacted(iri) if kind == "xsd:string" else {"@id": compacted(iri), "@type": kind}


@cache
def _ontology() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Map subjects of ``gutbrain.ttl`` to properties to values, in the order of the file."""
    said: dict[str, dict[str, list[str]]] = {}
    for quad in parse((files("ontology") / "gutbrain.ttl").read_bytes(), format=RdfFormat.TURTLE):
        subject, value = (getattr(end, "value", "") for end in (quad.subject, quad.object))
        said.setdefault(subject, {}).setdefault(quad.predicate.value, []).append(value)
    return said


def _all(iri: str, property_: str) -> Sequence[str]:
    return _ontology().get(iri, {}).get(property_, ())


def _first(iri: str, property_: str) -> str:
    return next(iter(_all(iri, property_)), "")


def _label(iri: str) -> str:
    return _first(iri, RDFS + "label") or compacted(iri)


def _kind(iri: str) -> str:
    return next((_KINDS[kind] for kind in _all(iri, TYPE.value) if kind in _KINDS), "")


def _sorted(iris: Iterable[str]) -> list[str]:
    return sorted((iri for iri in iris if iri in _ontology()), key=lambda iri: _label(iri).lower())


def _others() -> Iterator[str]:
    """What describes assertions, evidence, articles and runs: classes, properties, values."""
    for iri in _ontology():
        if iri.startswith(ONTOLOGY) and iri not in TYPE_OF_IRI | PREDICATE_OF_IRI and _kind(iri):
            yield iri


def _term(iri: str) -> str:
    """Write the section of one term."""
    name = iri.removeprefix(ONTOLOGY)
    rows = (f"<tr><th>{head}</th><td>{cell}</td></tr>\n" for head, cell in _facts(iri) if cell)
    return (
        f'<section id="{name}"><h3>{escape(_label(iri))} <small>{_kind(iri)} '
        f'<a href="#{name}">gb:{name}</a></small></h3>\n'
        f"<p>{escape(_first(iri, SKOS + 'definition'))}</p>\n"
        f"<table>\n{''.join(rows)}</table></section>\n"
    )


def _facts(iri: str) -> Iterator[tuple[str, str]]:
    yield "kind of", _links(_all(iri, RDFS + "subClassOf"))
    yield "one of", _links(kind for kind in _all(iri, TYPE.value) if not kind.startswith(OWL))
    for head, properties in _ONE_OF.items():
        yield head, _links(dict.fromkeys(value for p in properties for value in _all(iri, p)))
    triples = (" ".join(map(_link, triple)) for triple in _legal_triples() if iri in triple)
    yield "legal triples", "<br>".join(triples)
    found = (each for each in mappings() if each["subject_id"] == compacted(iri))
    yield "mappings", "<br>".join(map(_match, found))


def _match(found: Mapping[str, str]) -> str:
    label = f" {escape(found['object_label'])}" if found["object_label"] else ""
    comment = f"; {escape(found['comment'])}" if found["comment"] else ""
    return (
        f'{found["predicate_id"].removeprefix("skos:")} <a href="{escape(found["object_iri"])}">'
        f"{escape(found['object_id'])}</a>{label} "
        f"<small>({escape(found['mapping_source'])}{comment})</small>"
    )


@cache
def _legal_triples() -> Sequence[Sequence[str]]:
    """List the legal triples as IRIs, by the labels of head, predicate, tail."""
    parts = [ONTOLOGY + part for part in ("head", "predicate", "tail")]
    named = (iri for iri in _ontology() if ONTOLOGY + "LegalTriple" in _all(iri, TYPE.value))
    found = [tuple(_first(iri, part) for part in parts) for iri in named]
    return sorted(found, key=lambda triple: ([_label(iri).lower() for iri in triple], triple))


def _links(iris: Iterable[str]) -> str:
    return ", ".join(map(_link, iris))


def _link(iri: str) -> str:
    is_own = iri.startswith(ONTOLOGY) and iri in _ontology()
    target = "#" + iri.removeprefix(ONTOLOGY) if is_own else iri
    return f'<a href="{escape(target)}">{escape(_label(iri) if is_own else compacted(iri))}</a>'
