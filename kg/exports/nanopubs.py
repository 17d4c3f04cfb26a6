"""Assertions as nanopublications in TriG: head, assertion, provenance, publication info.

The name of a nanopublication is a hash of what it says, so that new evidence makes a new one. They
carry no time, no trusty URI and no signature: ``np sign`` of the nanopub tools adds the last two.
What more speaks against than for is not published as an assertion.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from kg.exports.prefixes import PREFIXES
from kg.exports.rows import Edge, EvidenceEntry, read_edges, read_evidence
from kg.exports.writing import new_file
from kg.graph import vocabulary as v
from kg.identifiers import article_iri, iri_of_identifier
from kg.stores import TripleStore
from ontology.namespaces import GUTBRAIN, predicate_iri
from ontology.schema import Predicate

NP = "http://www.nanopub.org/nschema#"
NANOPUBS = GUTBRAIN + "np/"
_DERIVED = NamedNode(v.PROV + "wasDerivedFrom")
_PRIMARY = NamedNode(v.PROV + "hadPrimarySource")
_LABEL = NamedNode(PREFIXES["rdfs"] + "label")
_HEAD_PARTS = (("hasAssertion", "assertion"), ("hasProvenance", "provenance"),
               ("hasPublicationInfo", "pubinfo"))  # fmt: skip
Statement = tuple[NamedNode, NamedNode, NamedNode | Literal]


def write_nanopubs(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write a nanopublication an assertion; returns how many."""
    written: list[int] = []
    with new_file(out) as file:
        quads = _all(store, work, min_belief, written)
        prefixes = {**PREFIXES, "np": NP}
        serialize(quads, file, format=RdfFormat.TRIG, prefixes=prefixes)
    return sum(written)


def _all(store: TripleStore, work: Path, min_belief: float, written: list[int]) -> Iterator[Quad]:
    for edges in read_edges(store, work, min_belief):
        kept = [edge for edge in edges if edge.papers and not edge.is_denied]
        evidence = read_evidence(store, kept)
        for edge in kept:
            yield from nanopub(edge, evidence[edge.iri])
        written.append(len(kept))


def nanopub(edge: Edge, evidence: Iterable[EvidenceEntry]) -> Iterator[Quad]:
    """Write one assertion and its evidence as a nanopublication."""
    found = sorted(evidence, key=lambda entry: entry.iri)
    name = NANOPUBS + _content_hash(edge, found)
    assertion = NamedNode(name + "#assertion")
    parts: dict[str, Iterable[Statement]] = {
        "Head": _head(name),
        "assertion": [_claim(edge)],
        "provenance": _provenance(assertion, edge, found),
        "pubinfo": _pubinfo(NamedNode(name), edge, found),
    }
    for part, statements in parts.items():
        graph = NamedNode(f"{name}#{part}")
        yield from (Quad(*statement, graph) for statement in statements)


def _content_hash(edge: Edge, evidence: Iterable[EvidenceEntry]) -> str:
    said = (edge.iri, str(edge.belief), *(f"{entry.iri} {entry.score}" for entry in evidence))
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]


def _head(name: str) -> Iterator[Statement]:
    yield NamedNode(name), v.TYPE, NamedNode(NP + "Nanopublication")
    for term, part in _HEAD_PARTS:
        yield NamedNode(name), NamedNode(NP + term), NamedNode(f"{name}#{part}")


def _claim(edge: Edge) -> Statement:
    subject, object_ = (NamedNode(iri_of_identifier(end)) for end in (edge.subject, edge.object))
    return subject, _predicate(edge), object_


def _predicate(edge: Edge) -> NamedNode:
    ours = next((known for known in Predicate if known == edge.predicate), None)
    return NamedNode(iri_of_identifier(edge.predicate) if ours is None else predicate_iri(ours))


def _provenance(
    assertion: NamedNode, edge: Edge, evidence: Iterable[EvidenceEntry]
) -> Iterator[Statement]:
    yield assertion, v.BELIEF, Literal(edge.belief)
    yield assertion, v.PAPER_COUNT, Literal(edge.papers)
    for entry in evidence:
        node, article = NamedNode(entry.iri), NamedNode(article_iri(entry.pmid))
        yield node, v.OPPOSES if entry.opposes else v.SUPPORTS, assertion
        if not entry.opposes:
            yield assertion, _DERIVED, node
            yield assertion, _PRIMARY, article
        yield node, v.TYPE, v.EVIDENCE_CLASS
        yield node, v.ARTICLE, article
        yield node, v.SCORE, Literal(entry.score)
        yield node, v.WEIGHT, Literal(entry.weight)
        yield from _cues(node, entry)
        yield node, v.SENTENCE, Literal(entry.sentence)
        yield node, v.GENERATED_BY, NamedNode(entry.run)


def _cues(node: NamedNode, entry: EvidenceEntry) -> Iterator[Statement]:
    if entry.polarity:
        yield node, v.POLARITY, v.gb(entry.polarity)
    if entry.is_speculative:
        yield node, v.IS_SPECULATIVE, v.TRUE


def _pubinfo(name: NamedNode, edge: Edge, evidence: Iterable[EvidenceEntry]) -> Iterator[Statement]:
    yield name, _LABEL, Literal(f"{edge.subject_name} {edge.predicate} {edge.object_name}")
    yield name, _DERIVED, NamedNode(edge.iri)
    for run, version in sorted({(entry.run, entry.pipeline_version) for entry in evidence}):
        yield name, v.GENERATED_BY, NamedNode(run)
        yield NamedNode(run), v.PIPELINE_VERSION, Literal(version)
