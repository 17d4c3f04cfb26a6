"""The ontology as one HTML page for people: types, predicates, legal triples, mappings."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from pyoxigraph import Triple

from kg.exports.jsonld import ontology_triples
from kg.graph.vocabulary import OWL, PREFIXES, RDFS, SKOS, TYPE, compacted
from ontology.namespaces import ONTOLOGY, PREDICATE_OF_IRI, TYPE_OF_IRI

HEADER = ONTOLOGY.removesuffix("#")
SCHEMA = PREFIXES["schema"]
_ONE_OF = {"domain": (RDFS + "domain", SCHEMA + "domainIncludes"),
           "range": (RDFS + "range", SCHEMA + "rangeIncludes")}  # fmt: skip
_CURIE_MAP = re.compile(r"^#   (\w+): (\S+)$", re.MULTILINE)
Said = Mapping[str, Mapping[str, Sequence[str]]]
"""Subject IRI to property IRI to values, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Match:
    """One row of ``mappings.sssom.tsv``, identifiers as CURIEs; ``iri`` is the object's."""

    subject: str
    relation: str
    object: str
    iri: str
    label: str
    source: str
    comment: str


@cache
def mappings() -> tuple[Match, ...]:
    """Read ``ontology/mappings.sssom.tsv``."""
    text = (files("ontology") / "mappings.sssom.tsv").read_text(encoding="utf-8")
    prefixes = dict(_CURIE_MAP.findall(text))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return tuple(_mapping(row, prefixes) for row in csv.DictReader(lines, delimiter="\t"))


def _mapping(row: Mapping[str, str], prefixes: Mapping[str, str]) -> Match:
    prefix, _, local = row["object_id"].partition(":")
    return Match(
        row["subject_id"],
        row["predicate_id"],
        row["object_id"],
        prefixes[prefix] + local,
        row["object_label"],
        row["mapping_source"],
        row["comment"],
    )


def ontology_page() -> str:
    """Write the page; the same ontology and mappings give the same text."""
    said = _said(ontology_triples())
    about = said[HEADER]
    own = {iri: about for iri, about in said.items() if iri.startswith(ONTOLOGY)}
    template = (files("kg.exports") / "ontology_page.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        version=_first(about, OWL + "versionInfo"),
        version_iri=_first(about, OWL + "versionIRI"),
        description=escape(_first(about, PREFIXES["dcterms"] + "description")),
        license=_first(about, PREFIXES["dcterms"] + "license"),
        contents=_contents(own),
        types="".join(_term(iri, own) for iri in _sorted(own, TYPE_OF_IRI)),
        predicates="".join(_term(iri, own) for iri in _sorted(own, PREDICATE_OF_IRI)),
        triples="".join(_legal_rows(own)),
        others="".join(_term(iri, own) for iri in _sorted(own, _others(own))),
    )


def _said(triples: Iterable[Triple]) -> Said:
    said: dict[str, dict[str, list[str]]] = {}
    for triple in triples:
        subject, value = (getattr(end, "value", "") for end in (triple.subject, triple.object))
        said.setdefault(subject, {}).setdefault(triple.predicate.value, []).append(value)
    return said


def _first(about: Mapping[str, Sequence[str]], property_: str) -> str:
    return next(iter(about.get(property_, ())), "")


def _label(iri: str, own: Said) -> str:
    return _first(own.get(iri, {}), RDFS + "label") or compacted(iri)


def _sorted(own: Said, chosen: Iterable[str]) -> list[str]:
    return sorted((iri for iri in chosen if iri in own), key=lambda iri: _label(iri, own).lower())


def _others(own: Said) -> list[str]:
    """What describes assertions, evidence, articles and runs: classes, properties, values."""
    return [
        iri
        for iri, about in own.items()
        if iri not in TYPE_OF_IRI and iri not in PREDICATE_OF_IRI and _kind(about)
    ]


def _kind(about: Mapping[str, Sequence[str]]) -> str:
    kinds = {"Class": "class", "ObjectProperty": "object property",
             "DatatypeProperty": "data property", "NamedIndividual": "value"}  # fmt: skip
    found = (kinds.get(kind.removeprefix(OWL), "") for kind in about[TYPE.value])
    return next(filter(None, found), "")


def _contents(own: Said) -> str:
    groups = (("Types", TYPE_OF_IRI), ("Predicates", PREDICATE_OF_IRI), ("Others", _others(own)))
    return "".join(
        f"<p><b>{title}</b>: {', '.join(_link(iri, own) for iri in _sorted(own, chosen))}</p>\n"
        for title, chosen in groups
    )


def _term(iri: str, own: Said) -> str:
    """Write the section of one term."""
    about = own[iri]
    name = iri.removeprefix(ONTOLOGY)
    definition = escape(_first(about, SKOS + "definition"))
    rows = "".join(
        f"<tr><th>{head}</th><td>{cell}</td></tr>\n" for head, cell in _facts(iri, own) if cell
    )
    return (
        f'<section id="{name}"><h3>{escape(_label(iri, own))} <small>{_kind(about)} '
        f'<a href="#{name}">gb:{name}</a></small></h3>\n<p>{definition}</p>\n'
        f"<table>\n{rows}</table></section>\n"
    )


def _facts(iri: str, own: Said) -> Iterator[tuple[str, str]]:
    about = own[iri]
    yield "kind of", _links(about.get(RDFS + "subClassOf", ()), own)
    yield "one of", _links((iri for iri in about[TYPE.value] if not iri.startswith(OWL)), own)
    for head, properties in _ONE_OF.items():
        values = dict.fromkeys(value for p in properties for value in about.get(p, ()))
        yield head, _links(values, own)
    yield "legal triples", "<br>".join(_legal_of(iri, own))
    matches = (each for each in mappings() if each.subject == f"gb:{iri.removeprefix(ONTOLOGY)}")
    yield "mappings", "<br>".join(map(_match, matches))


def _match(found: Match) -> str:
    label = f" {escape(found.label)}" if found.label else ""
    comment = f"; {escape(found.comment)}" if found.comment else ""
    relation = found.relation.removeprefix("skos:")
    return (
        f'{relation} <a href="{escape(found.iri)}">{escape(found.object)}</a>{label} '
        f"<small>({escape(found.source)}{comment})</small>"
    )


def _triples(own: Said) -> list[tuple[str, str, str]]:
    """List the legal triples as IRIs, by the labels of head, predicate, tail."""
    found = [
        tuple(_first(about, ONTOLOGY + part) for part in ("head", "predicate", "tail"))
        for about in own.values()
        if ONTOLOGY + "LegalTriple" in about[TYPE.value]
    ]
    key = [(tuple(_label(iri, own).lower() for iri in triple), triple) for triple in found]
    return [(head, predicate, tail) for _, (head, predicate, tail) in sorted(key)]


def _legal_of(iri: str, own: Said) -> Iterator[str]:
    for triple in _triples(own):
        if iri in triple:
            yield " ".join(_link(part, own) for part in triple)


def _legal_rows(own: Said) -> Iterator[str]:
    for triple in _triples(own):
        cells = "".join(f"<td>{_link(iri, own)}</td>" for iri in triple)
        yield f"<tr>{cells}</tr>\n"


def _links(iris: Iterable[str], own: Said) -> str:
    return ", ".join(_link(iri, own) for iri in iris)


def _link(iri: str, own: Said) -> str:
    is_own = iri in own
    target = "#" + iri.removeprefix(ONTOLOGY) if is_own else iri
    text = _label(iri, own) if is_own else compacted(iri)
    return f'<a href="{escape(target)}">{escape(text)}</a>'
