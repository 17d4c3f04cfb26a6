"""Concept URIs as GutBrainIE spells them <-> CURIEs: one concept has several spellings there.

MeSH stands as descriptor (``mesh/D010361``) and as Entrez number (``mesh/68010361``), and UMLS at
its licensed browser. Both are other IRIs than the graph's (``ontology.namespaces``).
"""

import re

from ontology.namespaces import CurieError, to_curie, to_iri

_MESH = "https://www.ncbi.nlm.nih.gov/mesh/"
_UMLS = "https://uts.nlm.nih.gov/uts/umls/concept/"
_MESH_URI = re.compile(
    r"https?://(?:www\.ncbi\.nlm\.nih\.gov/mesh|id\.nlm\.nih\.gov/mesh)/([DC]\d+|6[78]\d{6})"
)
_ENTREZ = {"68": "D", "67": "C"}
"""Leading digits of an Entrez number -> letter of the MeSH identifier that follows."""


def uri_identity(uri: str) -> str:
    """Give what two spellings of one concept share: its CURIE, or the URI where none is known.

    >>> uri_identity("https://www.ncbi.nlm.nih.gov/mesh/68010361")
    'MESH:D010361'
    >>> uri_identity("https://example.org/thing")
    'https://example.org/thing'
    """
    if mesh := _MESH_URI.fullmatch(uri):
        return "MESH:" + _descriptor(mesh[1])
    if uri.startswith(_UMLS):
        return "UMLS:" + uri.removeprefix(_UMLS)
    try:
        return to_curie(uri)
    except CurieError:
        return uri


def _descriptor(identifier: str) -> str:
    letter = _ENTREZ.get(identifier[:2])
    return letter + identifier[2:] if letter else identifier


def corpus_uri(curie: str) -> str:
    """Spell a concept as GutBrainIE does, MeSH by descriptor; raises CurieError.

    >>> corpus_uri("MESH:D010361")
    'https://www.ncbi.nlm.nih.gov/mesh/D010361'
    """
    prefix, _, identifier = curie.partition(":")
    bases = {"MESH": _MESH, "UMLS": _UMLS}
    return bases[prefix] + identifier if prefix in bases else to_iri(curie)
