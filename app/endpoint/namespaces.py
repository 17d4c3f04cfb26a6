"""The prefixes that the endpoint tells and writes with."""

from kg.graph.vocabulary import BIOLINK, DCTERMS, PROV, SKOS
from ontology.namespaces import GUTBRAIN, OBO_PREFIXES, PREFIX_MAP

NAMESPACES = {
    **PREFIX_MAP,
    "assertion": GUTBRAIN + "assertion/",
    "biolink": BIOLINK,
    "dcterms": DCTERMS,
    "evidence": GUTBRAIN + "evidence/",
    "fabio": "http://purl.org/spar/fabio/",
    "graph": GUTBRAIN + "graph/",
    "obo": "http://purl.obolibrary.org/obo/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": PROV,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "run": GUTBRAIN + "run/",
    "skos": SKOS,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

WRITTEN = {
    prefix: namespace for prefix, namespace in NAMESPACES.items() if prefix not in OBO_PREFIXES
} | {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
}
"""What files declare: ``obo:`` stands for its twenty."""
