from collections.abc import Callable

import numpy as np
import pytest

from extract.annotation import Mention
from extract.linking.candidates import COLUMNS, Clue
from extract.linking.grounding import GraphLinker, derived_concept, is_derived
from extract.linking.link_table import LinkTable
from extract.linking.linker import RankedLinker
from extract.linking.ranking import CERTAINTY_COLUMNS, LinkModel
from ingest.document import Document
from ontology.concept import Concept
from ontology.lexicon import Lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType as T

Link = Callable[[str, str, T], Concept]
CHOSEN = (
    Concept("MESH:D010300", "Parkinson's disease", T.DDF, ("PD",), ("NCIT:C26845",)),
    Concept("MESH:D1", "Lactobacillus rhamnosus", T.BACTERIA, (), ("NCBITaxon:47715",)),
)


def model(certainty: float) -> LinkModel:
    """Prefer what annotators and vocabularies name, and be ``certainty`` sure of it."""
    choice = np.zeros(len(COLUMNS))
    for column in (Clue.TABLE_FOLD, Clue.NAME_FOLD, Clue.NAME_NORMAL):
        choice[column] = 3.0
    choice[Clue.TABLE_NORMAL] = 4.0
    for column in (Clue.PART_LINKED, Clue.PART_NAME, Clue.WORDS_OVERLAP):
        choice[column] = 1.0
    choice[Clue.IS_MADE_UP] = -1.0
    weights = np.zeros(len(CERTAINTY_COLUMNS))
    weights[CERTAINTY_COLUMNS.index("always")] = -5.0
    for column in (
        Clue.TABLE_FOLD,
        Clue.TABLE_NORMAL,
        Clue.NAME_FOLD,
        Clue.NAME_NORMAL,
    ):
        weights[column] = 5.0 + certainty
    return LinkModel(choice, weights, 0.9, ())


@pytest.fixture(scope="module")
def make(table: LinkTable, lexicon: MappedLexicon) -> Callable[[float], GraphLinker]:
    chosen = Lexicon({concept.curie: concept for concept in CHOSEN})
    return lambda sure: GraphLinker(RankedLinker(table, lexicon, model(sure)), chosen)


@pytest.fixture(scope="module")
def linker(make: Callable[[float], GraphLinker]) -> GraphLinker:
    return make(5.0)


@pytest.fixture
def link(linker: GraphLinker, write: Callable[..., Document], mark: Callable[..., Mention]) -> Link:
    def build(abstract: str, name: str, kind: T) -> Concept:
        document = write(abstract)
        (concept,) = linker.link(document, (mark(document, name, kind),))
        return concept

    return build


def test_a_chosen_concept_stands_for_all_its_identifiers(link: Link) -> None:
    for name in ("PD", "Parkinson's disease", "paralysis agitans", "Parkinson Disease"):
        assert link(f"{name} rose.", name, T.DDF).curie == "MESH:D010300"


def test_the_documents_long_form_decides(link: Link) -> None:
    assert link("A puzzling disorder (PD). PD rose.", "PD", T.DDF).name == "puzzling disorder"


def test_what_a_part_names_is_broader(link: Link) -> None:
    found = link("R6/2 mice ran", "R6/2 mice", T.ANIMAL)
    assert found.curie.startswith("gbc:animal/")
    assert found.broader == ("NCIT:C45247",)
    assert not found.is_provisional


def test_a_modified_name_is_not_the_concept_that_annotators_gave_it(link: Link) -> None:
    found = link("low-grade inflammation rose", "low-grade inflammation", T.DDF)
    assert is_derived(found)
    assert found.broader == ("NCIT:C3",)


def test_what_nothing_names_is_provisional(link: Link) -> None:
    found = link("of brain-hazes", "brain-hazes", T.DDF)
    assert (found.curie, found.name) == ("gbc:ddf/brain-haze", "brain haze")
    assert found.is_provisional
    assert found.broader == ()


def test_spellings_of_a_provisional_name_are_one_concept() -> None:
    names = ("Brain fog", "brain-Fog", "(brain fog", '"brain fog"')
    assert len({derived_concept(T.DDF, name, ()) for name in names}) == 1


def test_a_group_has_a_head_and_a_condition(link: Link) -> None:
    concepts = {
        link(text, text, T.HUMAN)
        for text in ("PD patients", "patients with PD", "individuals with Parkinson's disease")
    }
    (found,) = concepts
    assert found.name == "parkinson disease patient"
    assert (found.broader, found.related) == (("MESH:D010361",), ("MESH:D010300",))


def test_how_an_animal_was_kept_makes_no_other_animal(link: Link) -> None:
    assert link("adult male mice", "adult male mice", T.ANIMAL).curie == "NCIT:C45247"


def test_levels_of_a_thing_are_the_thing(link: Link) -> None:
    assert link("butyrate levels", "butyrate levels", T.CHEMICAL).curie == "CHEBI:17968"


def test_what_is_above_is_stated(link: Link) -> None:
    found = link("PD rose", "PD", T.DDF)
    assert found.broader == ("NCIT:C1",)
    assert found.ancestors == ("NCIT:C1", "NCIT:C2")
    stage = link("early PD", "early PD", T.DDF)
    assert stage.ancestors == ("MESH:D010300", "NCIT:C1", "NCIT:C2")


def test_a_taxon_goes_by_its_identifier_among_the_taxa(link: Link) -> None:
    taxon = link("Lacticaseibacillus rhamnosus", "Lacticaseibacillus rhamnosus", T.BACTERIA)
    assert taxon.curie == "NCBITaxon:47715"
    assert "MESH:D1" in taxon.same_as


def test_a_concept_has_one_type_whatever_it_is_read_as(link: Link) -> None:
    found = link("butyrate", "butyrate", T.DRUG)
    assert (found.type, found.broader) == (T.DRUG, ("CHEBI:17968",))
    assert is_derived(found)


def test_a_concept_that_no_source_types_gets_an_iri_of_ours_for_each_type(link: Link) -> None:
    as_technique = link("brain mapping", "brain mapping", T.BIOMEDICAL_TECHNIQUE)
    assert as_technique.curie == "gbc:biomedical-technique/brain-mapping"
    assert as_technique.exact_matches == ("MESH:D001931",)
    assert not as_technique.is_provisional
    as_finding = link("brain mapping", "brain mapping", T.DDF)
    assert as_finding.curie == "gbc:ddf/brain-mapping"


def test_a_link_that_is_not_sure_is_taken_only_by_name(
    make: Callable[[float], GraphLinker],
    write: Callable[..., Document],
    mark: Callable[..., Mention],
) -> None:
    unsure, document = make(-5.0), write("CUMS and butyrate")
    mentions = (mark(document, "CUMS", T.DDF), mark(document, "butyrate", T.CHEMICAL))
    first, second = unsure.link(document, mentions)
    assert is_derived(first)
    assert second.curie == "CHEBI:17968"


def test_a_coordination_is_taken_apart(
    linker: GraphLinker, write: Callable[..., Document], mark: Callable[..., Mention]
) -> None:
    text = "irritable bowel syndrome and inflammatory bowel disease"
    document = write(f"Of {text} here.")
    (parts,) = linker.link_parts(document, (mark(document, text, T.DDF),))
    assert [concept.curie for _, concept in parts] == ["NCIT:C4", "NCIT:C5"]
    assert [mention.text for mention, _ in parts] == text.split(" and ")
    abstract = document.text_of("abstract")
    assert all(abstract[m.start : m.end] == m.text for m, _ in parts)


def test_items_share_the_last_word(
    linker: GraphLinker, write: Callable[..., Document], mark: Callable[..., Mention]
) -> None:
    document = write("Alzheimer's and Parkinson's disease")
    mention = mark(document, "Alzheimer's and Parkinson's disease", T.DDF)
    (parts,) = linker.link_parts(document, (mention,))
    assert [concept.curie for _, concept in parts] == ["NCIT:C6", "MESH:D010300"]


def test_a_coordination_of_what_is_unknown_stays_whole(
    linker: GraphLinker, write: Callable[..., Document], mark: Callable[..., Mention]
) -> None:
    document = write("inflammation and brain fog")
    mention = mark(document, "inflammation and brain fog", T.DDF)
    (parts,) = linker.link_parts(document, (mention,))
    assert [m for m, _ in parts] == [mention]


def test_another_lexicon_or_model_is_another_linker(
    linker: GraphLinker, make: Callable[[float], GraphLinker]
) -> None:
    assert linker.hash == make(5.0).hash
    assert linker.hash != make(4.0).hash


def test_annotators_spelling_is_known(linker: GraphLinker) -> None:
    assert linker.spell("MESH:D010361") == "https://www.ncbi.nlm.nih.gov/mesh/68010361"
    assert linker.spell("MESH:D000001") == "https://www.ncbi.nlm.nih.gov/mesh/D000001"
    assert linker.spell("nonsense") is None
