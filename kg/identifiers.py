"""IRIs of what the graph makes itself: the same input always gets the same name."""

import hashlib
from functools import lru_cache

from extract.annotation import Pipeline
from kg.sentence.cue_words import reading_version
from ontology.namespaces import GUTBRAIN, PREFIX_MAP, CurieError, to_curie, to_iri
from ontology.schema import Predicate

ARTICLE = PREFIX_MAP["PMID"]
ASSERTION = GUTBRAIN + "assertion/"
RUN = GUTBRAIN + "run/"
_REMEMBERED = 100_000
"""Identifiers kept in mind; reading one costs 25 µs, and concepts come again and again."""


def digest(*parts: str) -> str:
    """Hash parts joined by NUL: the first 16 hex digits of SHA-256.

    >>> digest("NCBITaxon:853", "influence", "NCIT:C26845")
    '9808cd0d85b5536c'
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def article_iri(pmid: str) -> str:
    """Name the article of a PMID.

    >>> article_iri("12345")
    'https://pubmed.ncbi.nlm.nih.gov/12345'
    """
    return ARTICLE + pmid


def pmid_of(article: str) -> str:
    """Read the PMID back from the IRI of an article.

    >>> pmid_of("https://pubmed.ncbi.nlm.nih.gov/12345")
    '12345'
    """
    return article.removeprefix(ARTICLE)


def run_iri(pipeline: Pipeline) -> str:
    """Name the run of a pipeline by the version of the reading.

    Documents that arrive on another day, or in other batches, must not change the graph.
    """
    return RUN + reading_version(pipeline)


def run_version(run: str) -> str:
    """Read the version of the reading back from the IRI of a run.

    >>> run_version("https://w3id.org/gutbrain/run/0123456789ab")
    '0123456789ab'
    """
    return run.removeprefix(RUN)


def local_id(iri: str) -> str:
    """Give the hash in the name of an assertion or of evidence.

    >>> local_id("https://w3id.org/gutbrain/assertion/9808cd0d85b5536c")
    '9808cd0d85b5536c'
    """
    return iri.rpartition("/")[2]


def assertion_iri(subject: str, predicate: Predicate, object_: str) -> str:
    """Name the assertion that joins two CURIEs."""
    return ASSERTION + digest(subject, predicate.value, object_)


@lru_cache(maxsize=_REMEMBERED)
def identifier_of(iri: str) -> str:
    """Name a thing by its CURIE, or by its whole IRI where no known namespace fits.

    >>> identifier_of("http://purl.obolibrary.org/obo/CHEBI_17968")
    'CHEBI:17968'
    >>> identifier_of("https://example.org/butyrate")
    'https://example.org/butyrate'
    """
    try:
        return to_curie(iri)
    except CurieError:
        return iri


def iri_of_identifier(identifier: str) -> str:
    """Name the IRI of what ``identifier_of`` gave.

    >>> iri_of_identifier("CHEBI:17968")
    'http://purl.obolibrary.org/obo/CHEBI_17968'
    """
    try:
        return to_iri(identifier)
    except CurieError:
        return identifier
