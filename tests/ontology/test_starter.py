from collections import Counter

import pytest

from ontology.lexicon import Lexicon, starter_lexicon
from ontology.namespaces import to_curie, to_iri
from ontology.schema import EntityType


@pytest.fixture(scope="module")
def starter() -> Lexicon:
    return starter_lexicon()


def test_the_starter_covers_all_types(starter: Lexicon):
    counts = Counter(concept.type for concept in starter.concepts.values())
    assert set(counts) == set(EntityType)
    assert counts.total() >= 400


def test_every_identifier_expands_to_an_iri_and_back(starter: Lexicon):
    for concept in starter.concepts.values():
        for curie in (concept.curie, *concept.same_as):
            assert to_curie(to_iri(curie)) == curie


def test_no_umls_identifier_is_the_identity_of_a_concept(starter: Lexicon):
    assert not [curie for curie in starter.concepts if curie.startswith("UMLS:")]


def test_a_reference_belongs_to_one_concept(starter: Lexicon):
    references = Counter(
        curie for concept in starter.concepts.values() for curie in concept.same_as
    )
    assert [curie for curie, count in references.items() if count > 1] == []
    assert starter.concepts.keys().isdisjoint(references)


@pytest.mark.parametrize(
    ("one", "other", "entity_type"),
    [
        ("Bacteroidetes", "Bacteroidota", EntityType.BACTERIA),
        ("Firmicutes", "Bacillota", EntityType.BACTERIA),
        ("L. rhamnosus", "Lacticaseibacillus rhamnosus", EntityType.BACTERIA),
        ("PD", "Parkinson's disease", EntityType.DDF),
        ("SCFAs", "short-chain fatty acids", EntityType.CHEMICAL),
        ("5-HT", "serotonin", EntityType.CHEMICAL),
        ("gut microbiota", "intestinal microbiota", EntityType.MICROBIOME),
        ("germ-free mice", "germ-free animals", EntityType.ANIMAL),
    ],
)
def test_two_names_lead_to_one_concept(
    starter: Lexicon, one: str, other: str, entity_type: EntityType
):
    found = starter.find(one, entity_type)
    assert found is not None
    assert found is starter.find(other, entity_type)


def test_a_protein_and_its_gene_are_two_concepts(starter: Lexicon):
    protein = starter.find("alpha-synuclein", EntityType.CHEMICAL)
    gene = starter.find("SNCA", EntityType.GENE)
    assert protein is not None
    assert gene is not None
    assert protein.curie != gene.curie


@pytest.mark.parametrize(
    ("name", "curie"),
    [("cancer", "NCIT:C9305"), ("tumours", "NCIT:C3262"), ("metabolic syndrome", "NCIT:C84442")],
)
def test_a_disease_is_no_crab(starter: Lexicon, name: str, curie: str):
    found = starter.find(name, EntityType.DDF)
    assert found is not None
    assert found.curie == curie


TAXON_TYPES = {EntityType.BACTERIA, EntityType.ANIMAL, EntityType.FOOD, EntityType.MICROBIOME}


def test_a_taxon_is_never_a_disease_or_an_organ(starter: Lexicon):
    taxa = [c for c in starter.concepts.values() if c.curie.startswith("NCBITaxon:")]
    assert [c.name for c in taxa if c.type not in TAXON_TYPES] == []
