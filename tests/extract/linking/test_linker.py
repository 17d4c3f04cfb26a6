from collections.abc import Callable

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument, Mention
from extract.linking.candidates import COLUMNS, Clue
from extract.linking.link_table import LinkTable, read_annotations
from extract.linking.linker import (
    NameLinker,
    RankedLinker,
    provisional_concept,
    read_linker,
    shipped_links,
)
from extract.linking.meanings import Meaning
from extract.linking.ranking import CERTAINTY_COLUMNS, LinkModel
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.mapped_lexicon import MappedLexicon, shipped_lexicon
from ontology.schema import EntityType

Linked = Callable[..., AnnotatedDocument]
MESH = "https://www.ncbi.nlm.nih.gov/mesh/"
Write = Callable[..., Document]
Mark = Callable[..., Mention]
CHEMICAL, DDF, GENE = EntityType.CHEMICAL, EntityType.DDF, EntityType.GENE

CONCEPTS = (
    Concept("MESH:D010300", "Parkinson's disease", DDF, ("PD",)),
    Concept("NCIT:C26856", "personality disorder", DDF),
    Concept("CHEBI:58951", "short chain fatty acid", CHEMICAL),
    Concept("CHEBI:1", "leptin", CHEMICAL),
    Concept("HGNC:6553", "leptin", GENE),
    Concept("NCIT:C2", "IBD", DDF),
    Concept("NCIT:C1", "cold", DDF),
)
LINKER = NameLinker(Lexicon({concept.curie: concept for concept in CONCEPTS}))


@pytest.fixture
def link(write: Write, mark: Mark) -> Callable[[str, str, EntityType], Concept]:
    """Say which concept the first ``name`` of an abstract names."""

    def build(abstract: str, name: str, label: EntityType) -> Concept:
        document = write(abstract)
        (concept,) = LINKER.link(document, (mark(document, name, label),))
        return concept

    return build


Link = Callable[[str, str, EntityType], Concept]


def test_a_name_is_looked_up_within_its_type(link: Link) -> None:
    assert link("leptin", "leptin", CHEMICAL).curie == "CHEBI:1"
    assert link("leptin", "leptin", GENE).curie == "HGNC:6553"
    assert link("leptin", "leptin", DDF).is_provisional


@pytest.mark.parametrize(
    ("surface", "label", "curie"),
    [
        ("Parkinson\u2019s Disease", DDF, "MESH:D010300"),
        ("PARKINSON'S DISEASE", DDF, "MESH:D010300"),
        ("Parkinson's\u00a0disease", DDF, "MESH:D010300"),
        ("<i>Parkinson's</i> disease", DDF, "MESH:D010300"),
        ("short-chain fatty acid", CHEMICAL, "CHEBI:58951"),
        ("short\u2013chain fatty acid", CHEMICAL, "CHEBI:58951"),
        ("short chain fatty acids", CHEMICAL, "CHEBI:58951"),
        ("short-chain fatty acids", CHEMICAL, "CHEBI:58951"),
        ("personality disorders", DDF, "NCIT:C26856"),
    ],
)
def test_spellings_of_a_name_name_the_same(
    link: Link, surface: str, label: EntityType, curie: str
) -> None:
    assert link(f"of {surface} here", surface, label).curie == curie


def test_an_abbreviation_means_what_its_document_says(link: Link) -> None:
    assert link("PD rose.", "PD", DDF).curie == "MESH:D010300"
    assert link("PD, or a personality disorder (PD).", "PD", DDF).curie == "NCIT:C26856"


def test_an_abbreviation_whose_long_form_is_unknown_is_still_looked_up(link: Link) -> None:
    assert link("PD, or a puzzling disorder (PD).", "PD", DDF).curie == "MESH:D010300"


def test_an_abbreviation_and_its_long_form_share_a_provisional_concept(link: Link) -> None:
    text = "Of small bowel overgrowth (SBO) in the gut."
    short, long = link(text, "SBO", DDF), link(text, "small bowel overgrowth", DDF)
    assert short == long
    assert short.is_provisional


def test_an_acronym_is_no_plural(link: Link) -> None:
    assert link("PDs", "PDs", DDF).is_provisional
    assert link("IBDs", "IBDs", DDF).is_provisional
    assert link("colds", "colds", DDF).curie == "NCIT:C1"


def test_a_provisional_concept_does_not_depend_on_spelling() -> None:
    spellings = ("Brain fog", "brain  fog", "BRAIN FOG", "brain\u00a0fog")
    concepts = {provisional_concept(DDF, spelling) for spelling in spellings}
    assert concepts == {Concept("gbc:ddf/brain-fog", "brain fog", DDF, is_provisional=True)}


def test_provisional_concepts_of_two_types_differ() -> None:
    assert provisional_concept(DDF, "x1").curie != provisional_concept(GENE, "x1").curie


def test_concepts_come_in_the_order_of_the_mentions(write: Write, mark: Mark) -> None:
    document = write("leptin in Parkinson's disease")
    mentions = (mark(document, "Parkinson's disease", DDF), mark(document, "leptin", CHEMICAL))
    assert [concept.curie for concept in LINKER.link(document, mentions)] == [
        "MESH:D010300",
        "CHEBI:1",
    ]


def test_a_ranked_linker_always_gives_a_concept(
    table: LinkTable, lexicon: MappedLexicon, write: Write, mark: Mark
) -> None:
    choice = np.zeros(len(COLUMNS))
    choice[[Clue.TABLE_FOLD, Clue.NAME_FOLD, Clue.PART_LINKED]] = 2.0
    model = LinkModel(choice, np.zeros(len(CERTAINTY_COLUMNS)), 0.9)
    linker = RankedLinker(table, lexicon, model)
    document = write("Parkinson diseases in R6/2 mice and xyzzy.")
    names = (("Parkinson diseases", DDF), ("R6/2 mice", EntityType.ANIMAL), ("xyzzy", GENE))
    mentions = tuple(mark(document, name, kind) for name, kind in names)
    first, second, third = linker.link(document, mentions)
    assert (first.curie, first.name) == ("NCIT:C26845", "Parkinson Disease")
    assert second.curie == "NCIT:C45247"
    assert third.curie == "HEREDITARY:gene/Xyzzy"
    assert linker.link_parts(document, mentions)[1] == ((mentions[1], second),)
    assert linker.rank(Meaning("Parkinson diseases"), DDF).probability == pytest.approx(0.5)


@pytest.mark.parametrize(("always", "curie"), [(1.0, "MESH:D018720"), (-1.0, "NCBITaxon:47715")])
def test_where_the_choice_is_likely_wrong_a_taxon_is_taken_at_its_name(
    lexicon: MappedLexicon, write: Write, mark: Mark, linked: Linked, always: float, curie: str
) -> None:
    bacteria, text = EntityType.BACTERIA, "Lacticaseibacillus rhamnosus"
    genus = linked("Prevotella", ("Prevotella", bacteria, MESH + "D018720"))
    choice, certainty = np.zeros(len(COLUMNS)), np.zeros(len(CERTAINTY_COLUMNS))
    choice[Clue.PRIOR_CONCEPT] = 9.0
    certainty[CERTAINTY_COLUMNS.index("always")] = always
    table = LinkTable(read_annotations([genus]))
    linker = RankedLinker(table, lexicon, LinkModel(choice, certainty, 0.9))
    document = write(text)
    (concept,) = linker.link(document, (mark(document, text, bacteria),))
    assert concept.curie == curie


def test_what_ships_can_be_read() -> None:
    linker = read_linker(shipped_links(), shipped_lexicon())
    ranked = linker.rank(Meaning("gut microbiota"), EntityType.MICROBIOME)
    assert ranked.concepts[0] == "OHMI:0000463"
    assert ranked.probability > linker.model.exact_from
