"""Which of the thirteen types a term has, by where its vocabulary keeps it.

The rules for MeSH, the lineage of taxa and the UMLS semantic types were measured on GutBrainIE as
a gazetteer; the UMLS semantic network has no type for microbiome and dietary supplement.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ontology.schema import EntityType
from ontology.vocabularies.term import Term

E_ = EntityType
# fmt: off
MESH_TREES: tuple[tuple[EntityType, tuple[str, ...]], ...] = (
    (E_.STATISTICAL_TECHNIQUE, ("E05.318.740", "H01.548", "N05.715.360.750")),
    (E_.MICROBIOME, ("G06.591", "G06.755")),  # before and since 2016
    (E_.BACTERIA, ("B03",)),
    (E_.ANIMAL, ("B01.050",)),
    (E_.ANATOMICAL_LOCATION, ("A",)),
    (E_.DDF, ("C", "F01", "F02", "F03")),
    (E_.DIETARY_SUPPLEMENT, ("G07.203.300.456", "J02.500.456")),
    (E_.FOOD, ("J02", "G07.203")),
    (E_.BIOMEDICAL_TECHNIQUE, ("E",)),
    (E_.HUMAN, ("M01",)),
    (E_.DRUG, ("D27.505.954",)),
    (E_.CHEMICAL, ("D",)),
    (E_.DDF, ("G",)),
)
"""Tree numbers of MeSH: the first rule that fits decides."""
LINEAGE: Mapping[str, EntityType] = {
    "NCBITaxon:2": E_.BACTERIA,
    "NCBITaxon:33208": E_.ANIMAL,
    "NCBITaxon:9606": E_.HUMAN,
    "NCBITaxon:408169": E_.MICROBIOME,  # metagenomes
}
"""Taxa whose type all below them share; the nearest one above decides."""
SEMANTIC_TYPES: Mapping[EntityType, tuple[str, ...]] = {
    E_.ANATOMICAL_LOCATION: (
        "T017", "T018", "T022", "T023", "T024", "T025", "T026", "T029", "T030", "T031",
    ),
    E_.ANIMAL: ("T008", "T010", "T011", "T012", "T013", "T014", "T015"),
    E_.BACTERIA: ("T007",),
    E_.BIOMEDICAL_TECHNIQUE: ("T059", "T060", "T061", "T062", "T063"),
    E_.DDF: (
        "T019", "T020", "T033", "T034", "T037", "T046", "T047", "T048", "T049", "T050",
        "T184", "T190", "T191",
    ),
    E_.DRUG: ("T121", "T195", "T200"),
    E_.CHEMICAL: (
        "T103", "T104", "T109", "T114", "T116", "T120", "T123", "T125", "T126", "T129",
        "T131", "T192", "T196", "T197",
    ),
    E_.DIETARY_SUPPLEMENT: ("T127",),
    E_.FOOD: ("T168",),
    E_.GENE: ("T028",),
    E_.HUMAN: ("T016", "T097", "T098", "T099", "T100", "T101"),
    E_.STATISTICAL_TECHNIQUE: ("T081", "T170"),
}
"""UMLS semantic types of each type, from the standard semantic network."""
_SEMANTIC_TYPE_NAMES = {
    "Acquired Abnormality": "T020", "Amino Acid, Peptide, or Protein": "T116", "Amphibian": "T011",
    "Anatomical Abnormality": "T190", "Anatomical Structure": "T017", "Animal": "T008",
    "Antibiotic": "T195", "Bacterium": "T007", "Biologically Active Substance": "T123",
    "Biomedical or Dental Material": "T122", "Bird": "T012", "Body Location or Region": "T029",
    "Body Part, Organ, or Organ Component": "T023", "Body Space or Junction": "T030",
    "Body Substance": "T031", "Body System": "T022", "Cell": "T025",
    "Cell Component": "T026", "Cell or Molecular Dysfunction": "T049", "Chemical": "T103",
    "Chemical Viewed Functionally": "T120", "Chemical Viewed Structurally": "T104",
    "Clinical Drug": "T200", "Congenital Abnormality": "T019", "Diagnostic Procedure": "T060",
    "Disease or Syndrome": "T047", "Element, Ion, or Isotope": "T196",
    "Embryonic Structure": "T018", "Enzyme": "T126", "Experimental Model of Disease": "T050",
    "Family Group": "T099", "Finding": "T033", "Fish": "T013", "Food": "T168",
    "Gene or Genome": "T028", "Group": "T096", "Hormone": "T125", "Human": "T016",
    "Immunologic Factor": "T129", "Injury or Poisoning": "T037", "Inorganic Chemical": "T197",
    "Intellectual Product": "T170", "Laboratory Procedure": "T059",
    "Laboratory or Test Result": "T034", "Mammal": "T015",
    "Mental or Behavioral Dysfunction": "T048", "Molecular Biology Research Technique": "T063",
    "Neoplastic Process": "T191", "Nucleic Acid, Nucleoside, or Nucleotide": "T114",
    "Organic Chemical": "T109", "Pathologic Function": "T046",
    "Patient or Disabled Group": "T101", "Pharmacologic Substance": "T121",
    "Population Group": "T098", "Professional or Occupational Group": "T097",
    "Quantitative Concept": "T081", "Receptor": "T192", "Reptile": "T014",
    "Research Activity": "T062", "Sign or Symptom": "T184",
    "Therapeutic or Preventive Procedure": "T061", "Tissue": "T024", "Vertebrate": "T010",
    "Vitamin": "T127",
    "Hazardous or Poisonous Substance": "T131", "Indicator, Reagent, or Diagnostic Aid": "T130",
}
"""NCIT writes the names of semantic types."""
# fmt: on
PREFIX_TYPES: Mapping[str, EntityType] = {
    "BTO": E_.ANATOMICAL_LOCATION,
    "CHEBI": E_.CHEMICAL,
    "CL": E_.ANATOMICAL_LOCATION,
    "DOID": E_.DDF,
    "DRUGCENTRAL": E_.DRUG,
    "HGNC": E_.GENE,
    "HP": E_.DDF,
    "MGI": E_.GENE,
    "MMO": E_.BIOMEDICAL_TECHNIQUE,
    "MONDO": E_.DDF,
    "MP": E_.DDF,
    "NCBIGene": E_.GENE,
    "OGMS": E_.DDF,
    "PUBCHEM": E_.CHEMICAL,
    "RGD": E_.GENE,
    "STATO": E_.STATISTICAL_TECHNIQUE,
    "UBERON": E_.ANATOMICAL_LOCATION,
}
"""Vocabularies of one type."""


def by_tree(terms: Iterable[Term]) -> Iterator[Term]:
    """Type MeSH terms by their tree numbers."""
    for term in terms:
        kind = next((k for k, roots in MESH_TREES if _is_below(term.categories, roots)), None)
        yield replace(term, type=term.type or kind)


def by_semantic_type(terms: Iterable[Term]) -> Iterator[Term]:
    """Type UMLS and NCIT terms by their semantic types; the order of ``SEMANTIC_TYPES`` decides."""
    for term in terms:
        own = {_SEMANTIC_TYPE_NAMES.get(each, each) for each in term.categories}
        kinds = (kind for kind, types in SEMANTIC_TYPES.items() if own & set(types))
        yield replace(term, type=term.type or next(kinds, None))


def by_lineage(terms: Sequence[Term]) -> Iterator[Term]:
    """Type taxa by the nearest ancestor in ``LINEAGE``."""
    parents = {term.curie: term.parents for term in terms if term.parents}
    known: dict[str, EntityType | None] = dict(LINEAGE)
    for term in terms:
        yield replace(term, type=term.type or _inherited(term.curie, parents, known))


def _is_below(trees: Iterable[str], roots: Iterable[str]) -> bool:
    return any(_is_at_or_below(tree, root) for tree in trees for root in roots)


def _is_at_or_below(tree: str, root: str) -> bool:
    # A root of one letter is a whole branch: "D" has D03.438.
    return tree == root or tree.startswith(f"{root}." if len(root) > 1 else root)


def _inherited(
    curie: str, parents: Mapping[str, tuple[str, ...]], known: dict[str, EntityType | None]
) -> EntityType | None:
    """Walk up to the first taxon whose type is known, and remember it for all on the way."""
    path: list[str] = []
    while curie not in known and curie in parents and curie not in path:
        path.append(curie)
        curie = parents[curie][0]
    kind = known.get(curie)
    known.update(dict.fromkeys(path, kind))
    return kind
