from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from extract.linking.link_table import LinkTable, read_annotations
from ontology.lexicon_writing import write_lexicon
from ontology.mapped_lexicon import MappedLexicon
from ontology.schema import EntityType as T
from ontology.vocabularies.term import Term

Linked = Callable[..., AnnotatedDocument]
MESH = "https://www.ncbi.nlm.nih.gov/mesh/"
OBO = "http://purl.obolibrary.org/obo/"
UMLS = "https://uts.nlm.nih.gov/uts/umls/concept/"

TERMS = (
    Term("NCIT:C26845", "Parkinson Disease", ("Parkinson's disease",), T.DDF, "NCIT",
         parents=("NCIT:C1",), exact=("MESH:D010300",)),
    Term("MESH:D010300", "Parkinson Disease", ("Paralysis Agitans",), T.DDF, "MESH"),
    Term("NCIT:C1", "Movement Disorder", (), T.DDF, "NCIT", parents=("NCIT:C2",)),
    Term("NCIT:C2", "Nervous System Disorder", (), T.DDF, "NCIT"),
    Term("NCIT:C3", "Inflammation", (), T.DDF, "NCIT"),
    Term("NCIT:C4", "Irritable Bowel Syndrome", (), T.DDF, "NCIT"),
    Term("NCIT:C5", "Inflammatory Bowel Disease", (), T.DDF, "NCIT"),
    Term("NCIT:C6", "Alzheimer's Disease", (), T.DDF, "NCIT"),
    Term("NCIT:C45247", "Mus musculus", ("mouse", "mice"), T.ANIMAL, "NCIT"),
    Term("MESH:D010361", "Patients", ("patient",), T.HUMAN, "MESH"),
    Term("NCBITaxon:47715", "Lacticaseibacillus rhamnosus", ("Lactobacillus rhamnosus",),
         T.BACTERIA, "NCBITaxon"),
    Term("HEREDITARY:H000021", "Cell Danger Response", (), T.DDF, "GUTBRAINIE"),
    Term("MESH:D001931", "Brain Mapping", (), None, "MESH"),
    Term("CHEBI:17968", "butyrate", (), T.CHEMICAL, "CHEBI"),
)  # fmt: skip


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> MappedLexicon:
    folder: Path = tmp_path_factory.mktemp("lexicon") / "made"
    write_lexicon(TERMS, folder)
    return MappedLexicon.open(folder)


@pytest.fixture(scope="session")
def linked(annotate: Callable[..., AnnotatedDocument], write: Callable[..., object]) -> Linked:
    """Annotate an abstract with (text, type, URI) for each mention."""

    def build(abstract: str, *marks: tuple[str, T, str], pmid: str = "1") -> AnnotatedDocument:
        document = annotate(write(abstract, pmid=pmid), [(text, kind) for text, kind, _ in marks])
        return replace(document, uris=tuple(uri for *_, uri in marks))

    return build


@pytest.fixture(scope="session")
def corpus(linked: Linked) -> tuple[AnnotatedDocument, ...]:
    return (
        linked(
            "Parkinson's disease (PD) in mice. PD rose.",
            ("Parkinson's disease", T.DDF, OBO + "NCIT_C26845"),
            ("PD", T.DDF, OBO + "NCIT_C26845"),
            ("mice", T.ANIMAL, OBO + "NCIT_C45247"),
        ),
        linked(
            "Patients with Parkinson's disease (PD) and low-grade inflammation; CUMS.",
            ("Patients", T.HUMAN, MESH + "68010361"),
            ("low-grade inflammation", T.DDF, OBO + "NCIT_C3"),
            ("CUMS", T.DDF, UMLS + "C4050347"),
            pmid="2",
        ),
    )


@pytest.fixture(scope="session")
def table(corpus: tuple[AnnotatedDocument, ...]) -> LinkTable:
    return LinkTable(read_annotations(corpus))
