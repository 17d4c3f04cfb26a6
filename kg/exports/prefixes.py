"""The prefixes that files are written with."""

from curies import Converter

from kg.graph import vocabulary as v
from ontology.namespaces import GUTBRAIN, PREFIX_MAP

OF_VOCABULARIES = {
    "biolink": v.BIOLINK,
    "dcterms": v.DCTERMS,
    "fabio": "http://purl.org/spar/fabio/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": v.PROV,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "skos": v.SKOS,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
OF_THINGS = {
    **PREFIX_MAP,
    "gba": GUTBRAIN + "assertion/",
    "gbe": GUTBRAIN + "evidence/",
    "gbr": GUTBRAIN + "run/",
}
PREFIXES = dict(sorted({**OF_VOCABULARIES, **OF_THINGS}.items()))
_CONVERTER = Converter.from_prefix_map(PREFIXES)


def compacted(iri: str) -> str:
    """Write an IRI as short as the prefixes allow.

    >>> compacted("http://www.w3.org/2004/02/skos/core#prefLabel"), compacted("https://x.org/1")
    ('skos:prefLabel', 'https://x.org/1')
    """
    return _CONVERTER.compress(iri) or iri
