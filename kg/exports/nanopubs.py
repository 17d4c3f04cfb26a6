"""Assertions as nanopublications in TriG: head, assertion, provenance, publication info.

The name of a nanopublication is a hash of what it says, so that new evidence makes a new one. They
carry no time, no trusty URI and no signature: ``np sign`` of the nanopub tools adds the last two.
What more speaks against than for is not published as an assertion.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from kg.assertion import Citation, Edge
from kg.graph import vocabulary as v
from kg.graph.ordered import edges
from kg.graph.rdf import cue_pairs
from kg.graph.reading_back import read_evidence
from kg.identifiers import article_iri, iri_of_identifier, run_version
from kg.stores import TripleStore
from kg.writing import new_file
from ontology.namespaces import GUTBRAIN

NP = "http://www.nanopub.org/nschema#"
NANOPUBS = GUTBRAIN + "np/"
_DERIVED = NamedNode(v.PROV + "wasDerivedFrom")
_PRIMARY = NamedNode(v.PROV + "hadPrimarySource")
_LABEL = NamedNode(v.RDFS + "label")
_HEAD_PARTS = (("hasAssertion", "assertion"), ("hasProvenance", "provenance"),
               ("hasPublicationInfo", "pubinfo"))  # fmt: skip
Statement = tuple[NamedNode, NamedNode, NamedNode | Literal]


def write_nanopubs(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write a nanopublication an assertion; returns how many."""
    written: list[int] = []
    with new_file(out) as file:
        quads = _all(store, work, min_belief, written)
        prefixes = {**v.PREFIXES, "np": NP}
        serialize(quads, file, format=RdfFormat.TRIG, prefixes=prefixes)
    return sum(written)


def _all(store: TripleStore, work: Path, min_belief: float, written: list[int]) -> Iterator[Quad]:
    for batch in edges(store, work, min_belief):
        kept = [e for e in batch if e.assertion.paper_count and not e.assertion.is_denied]
        evidence = read_evidence(store, [edge.iri for edge in kept])
        for edge in kept:
            yield from nanopub(edge, evidence[edge.iri])
        written.append(len(kept))


def nanopub(edge: Edge, evidence: Iterable[Citation]) -> Iterator[Quad]:
    """Write one assertion and its evidence as a nanopublication."""
    found = sorted(evidence, key=lambda citation: citation.iri)
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


def _content_hash(edge: Edge, evidence: Iterable[Citation]) -> str:
    said = (
        edge.iri,
        str(edge.assertion.belief),
        *(f"{e.iri} {e.evidence.score}" for e in evidence),
    )
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]


def _head(name: str) -> Iterator[Statement]:
    yield NamedNode(name), v.TYPE, NamedNode(NP + "Nanopublication")
    for term, part in _HEAD_PARTS:
        yield NamedNode(name), NamedNode(NP + term), NamedNode(f"{name}#{part}")


def _claim(edge: Edge) -> Statement:
    subject, object_ = (iri_of_identifier(each.curie) for each in (edge.subject, edge.object))
    return NamedNode(subject), v.PREDICATE_NODES[edge.predicate], NamedNode(object_)


def _provenance(
    assertion: NamedNode, edge: Edge, evidence: Iterable[Citation]
) -> Iterator[Statement]:
    yield assertion, v.BELIEF, Literal(edge.assertion.belief)
    yield assertion, v.PAPER_COUNT, Literal(edge.assertion.paper_count)
    for citation in evidence:
        node, article = NamedNode(citation.iri), NamedNode(article_iri(citation.article.pmid))
        found, is_against = citation.evidence, citation.evidence.cues.is_negated
        yield node, v.OPPOSES if is_against else v.SUPPORTS, assertion
        if not is_against:
            yield assertion, _DERIVED, node
            yield assertion, _PRIMARY, article
        yield node, v.TYPE, v.EVIDENCE_CLASS
        yield node, v.ARTICLE, article
        yield node, v.SCORE, Literal(found.score)
        yield node, v.WEIGHT, Literal(found.weight)
        yield from ((node, *pair) for pair in cue_pairs(found.cues))
        yield node, v.SENTENCE, Literal(found.quotation.sentence)
        yield node, v.GENERATED_BY, NamedNode(found.run)


def _pubinfo(name: NamedNode, edge: Edge, evidence: Iterable[Citation]) -> Iterator[Statement]:
    yield name, _LABEL, Literal(f"{edge.subject.name} {edge.predicate} {edge.object.name}")
    yield name, _DERIVED, NamedNode(edge.iri)
    for run in sorted({citation.evidence.run for citation in evidence}):
        yield name, v.GENERATED_BY, NamedNode(run)
        yield NamedNode(run), v.PIPELINE_VERSION, Literal(run_version(run))
