"""One spelling for each identifier: the one prefix map in front of all vocabularies.

Sources write NCI, NCIt and NCIT for one vocabulary, and the same MeSH record under two hosts.
"""

import re

from curies import Converter, Record

from ontology.namespaces import PREFIX_MAP

# fmt: off
_OTHER_PREFIXES: dict[str, tuple[str, ...]] = {
    "HGNC": ("hgnc",),
    "MESH": ("MSH", "mesh", "MeSH"),
    "NCBIGene": ("ncbigene", "EntrezGene", "GeneID", "NCBI_Gene", "NCBIGENE"),
    "NCBITaxon": ("NCBI_TaxID", "taxonomy", "TAXON", "NCBITAXON"),
    "NCIT": ("NCI", "NCIt", "NCITHESAURUS", "ncit"),
    "OMIM": ("MIM", "omim", "OMIMPS", "MIMPS"),
    "PMID": ("pmid", "PUBMED"),
    "PUBCHEM": ("PubChem", "pubchem.compound", "CID"),
    "SNOMEDCT": ("SCTID", "SNOMED", "SNOMED_CT", "SNOMEDCT_US", "snomedct"),
    "UMLS": ("UMLS_CUI", "umls", "CUI"),
    "ORPHANET": ("Orphanet", "ORDO", "orphanet", "ORPHA"),
    "MEDGEN": ("medgen", "MedGen"),
    "DRUGCENTRAL": ("drugcentral", "Drug_Central", "DrugCentral"),
}
_OTHER_ADDRESSES: dict[str, tuple[str, ...]] = {
    "MESH": ("http://id.nlm.nih.gov/mesh/", "https://id.nlm.nih.gov/mesh/",
             "http://www.ncbi.nlm.nih.gov/mesh/", "https://www.ncbi.nlm.nih.gov/mesh/",
             "http://identifiers.org/mesh/"),
    "NCBIGene": ("http://id.nlm.nih.gov/gene/", "http://www.ncbi.nlm.nih.gov/gene/",
                 "https://www.ncbi.nlm.nih.gov/gene/", "http://identifiers.org/ncbigene/"),
    "NCIT": ("http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#",),
    "SNOMEDCT": ("http://snomed.info/id/", "http://identifiers.org/snomedct/"),
    "UMLS": ("http://linkedlifedata.com/resource/umls/id/",
             "https://uts.nlm.nih.gov/uts/umls/concept/"),
    "MGI": ("http://www.informatics.jax.org/allele/MGI:", "http://www.informatics.jax.org/marker/MGI:"),
    "ORPHANET": ("http://www.orpha.net/ORDO/Orphanet_",),
}
# fmt: on
_CONVERTER = Converter(
    [
        Record(
            prefix=prefix,
            uri_prefix=address,
            prefix_synonyms=list(_OTHER_PREFIXES.get(prefix, ())),
            uri_prefix_synonyms=list(_OTHER_ADDRESSES.get(prefix, ())),
        )
        for prefix, address in PREFIX_MAP.items()
    ]
)
_SPELLED_RIGHT = re.compile(rf"(?:{'|'.join(PREFIX_MAP)}):[A-Za-z0-9_.-]+")
_SNOMED_RELEASE = re.compile(r"^SNOMEDCT_US_\d{4}_\d\d_\d\d:")
_ENTREZ_MESH = re.compile(r"^MESH:6(?P<letter>[78])(?P<digits>\d+)$")


def canonical_curie(text: str) -> str | None:
    """Give an identifier its one spelling; None where its vocabulary is unknown.

    NCBI numbers MeSH records anew: 68 and the digits of a descriptor, 67 and those of a supplement.

    >>> canonical_curie("SNOMEDCT_US_2025_09_01:49049000"), canonical_curie("NCI:C3088")
    ('SNOMEDCT:49049000', 'NCIT:C3088')
    >>> canonical_curie("https://www.ncbi.nlm.nih.gov/mesh/68013058 ")
    'MESH:D013058'
    >>> canonical_curie("0003967") is None, canonical_curie("ICD9:250") is None
    (True, True)
    """
    if _SPELLED_RIGHT.fullmatch(text):  # nearly all: the converter takes 30 times as long
        curie = text
    elif (curie := _parsed(_SNOMED_RELEASE.sub("SNOMEDCT:", text.strip().strip("<>")))) is None:
        return None
    entrez = _ENTREZ_MESH.match(curie)
    if entrez is None:
        return curie
    return f"MESH:{'CD'[entrez['letter'] == '8']}{entrez['digits']}"


def _parsed(text: str) -> str | None:
    if ":" not in text:
        return None
    curie = _CONVERTER.compress(text) if "://" in text else _CONVERTER.standardize_curie(text)
    if not curie:
        return None
    prefix, _, local = curie.partition(":")
    # "HGNC:HGNC:5" and "MGI:MGI:104536" name their prefix twice.
    local = local.removeprefix(f"{prefix}:")
    return f"{prefix}:{local}" if local and not set(local) & set(" \t|") else None
