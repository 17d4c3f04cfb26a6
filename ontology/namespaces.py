"""CURIE <-> IRI, for concepts, articles and the terms of the gutbrain ontology.

One identifier has one IRI: OBO PURLs for OBO terms, identifiers.org for the rest.
"""

import hashlib
import re
import unicodedata

from curies import Converter

from ontology.schema import EntityType, Predicate

GUTBRAIN = "https://w3id.org/gutbrain/"
ONTOLOGY = GUTBRAIN + "ontology#"

# fmt: off
OBO_PREFIXES = (
    "BTO", "CHEBI", "CL", "DOID", "ENVO", "FOODON", "GO", "HP", "MMO", "MONDO", "MP", "NCBITaxon",
    "NCIT", "OBI", "OGMS", "OHMI", "OMIT", "PCO", "PR", "STATO", "TXPO", "UBERON",
)
# fmt: on
IDENTIFIERS_ORG = {
    "DRUGCENTRAL": "drugcentral:",
    "HGNC": "hgnc:",
    "MEDGEN": "medgen:",
    "MESH": "mesh:",
    "MGI": "mgi:",
    "NCBIGene": "ncbigene:",
    "OMIM": "mim:",
    "ORPHANET": "orphanet:",
    "PUBCHEM": "pubchem.compound:",
    "RGD": "rgd:",
    "SNOMEDCT": "snomedct:",
    "UMLS": "umls:",
}
PREFIX_MAP = {
    **{prefix: f"http://purl.obolibrary.org/obo/{prefix}_" for prefix in OBO_PREFIXES},
    **{prefix: f"https://identifiers.org/{path}" for prefix, path in IDENTIFIERS_ORG.items()},
    "EDAM": "http://edamontology.org/",
    "EFO": "http://www.ebi.ac.uk/efo/EFO_",
    "HEREDITARY": "http://w3id.org/hereditary/ontology/gutbrain/resource/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "gb": ONTOLOGY,
    "gbc": GUTBRAIN + "concept/",
}
_CONVERTER = Converter.from_prefix_map(PREFIX_MAP)


class CurieError(ValueError):
    """An identifier whose prefix the project does not know."""


def to_iri(curie: str) -> str:
    """Expand a CURIE; raises CurieError on an unknown prefix.

    >>> to_iri("NCIT:C26845")
    'http://purl.obolibrary.org/obo/NCIT_C26845'
    >>> to_iri("MESH:D010300")
    'https://identifiers.org/mesh:D010300'
    """
    if not _CONVERTER.is_curie(curie):
        raise CurieError(f"{curie!r}: unknown prefix")
    return _CONVERTER.expand(curie, strict=True)


def to_curie(iri: str) -> str:
    """Contract an IRI; raises CurieError where no known namespace fits.

    >>> to_curie("http://purl.obolibrary.org/obo/NCBITaxon_853")
    'NCBITaxon:853'
    """
    if not _CONVERTER.is_uri(iri):
        raise CurieError(f"{iri!r}: in no known namespace")
    return _CONVERTER.compress(iri, strict=True)


def type_iri(entity_type: EntityType) -> str:
    """Name the OWL class of a type.

    >>> type_iri(EntityType.DIETARY_SUPPLEMENT)
    'https://w3id.org/gutbrain/ontology#DietarySupplement'
    """
    if entity_type is EntityType.DDF:
        return ONTOLOGY + "DDF"
    return ONTOLOGY + "".join(word.capitalize() for word in entity_type.split())


def predicate_iri(predicate: Predicate) -> str:
    """Name the OWL property of a predicate.

    >>> predicate_iri(Predicate.IS_LINKED_TO)
    'https://w3id.org/gutbrain/ontology#isLinkedTo'
    """
    first, *rest = predicate.split()
    return ONTOLOGY + first + "".join(word.capitalize() for word in rest)


TYPOGRAPHIC = str.maketrans("\u2018\u2019\u2010\u2011\u2012\u2013\u2212", "''-----")
"""Quotes and dashes as printed -> as typed: PubMed has "Parkinson\u2019s" and "Parkinson's"."""
TYPE_OF_IRI = {type_iri(entity_type): entity_type for entity_type in EntityType}
PREDICATE_OF_IRI = {predicate_iri(predicate): predicate for predicate in Predicate}


def normalise_name(name: str) -> str:
    """Fold a name for comparison: NFKC, lower case, single blanks, plain quotes and dashes.

    >>> normalise_name("Parkinson\u2019s  Disease")
    "parkinson's disease"
    """
    plain = unicodedata.normalize("NFKC", name).translate(TYPOGRAPHIC)
    return " ".join(plain.casefold().split())


def provisional_curie(entity_type: EntityType, surface: str) -> str:
    """Identify a surface form that no vocabulary names.

    The slug is readable; where it loses characters a hash keeps it unique.

    >>> provisional_curie(EntityType.BACTERIA, "Roseburia sp")
    'gbc:bacteria/roseburia-sp'
    >>> provisional_curie(EntityType.CHEMICAL, "IL-1β")
    'gbc:chemical/il-1-9edf90ad'
    """
    name = normalise_name(surface)
    slug = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    if slug != name.replace(" ", "-"):
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        slug = f"{slug}-{digest}" if slug else digest
    return f"gbc:{entity_type.lower().replace(' ', '-')}/{slug}"
