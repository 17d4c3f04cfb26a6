import pytest

from extract.scoring.uris import corpus_uri, uri_identity
from ontology.namespaces import CurieError


@pytest.mark.parametrize(
    ("uri", "identity"),
    [
        ("http://purl.obolibrary.org/obo/NCIT_C26845", "NCIT:C26845"),
        ("https://www.ncbi.nlm.nih.gov/mesh/D010361", "MESH:D010361"),
        ("https://www.ncbi.nlm.nih.gov/mesh/68010361", "MESH:D010361"),
        ("https://www.ncbi.nlm.nih.gov/mesh/67123456", "MESH:C123456"),
        ("https://identifiers.org/mesh:D010361", "MESH:D010361"),
        ("https://uts.nlm.nih.gov/uts/umls/concept/C0030705", "UMLS:C0030705"),
        ("https://identifiers.org/umls:C0030705", "UMLS:C0030705"),
    ],
)
def test_spellings_of_one_concept_have_one_identity(uri: str, identity: str) -> None:
    assert uri_identity(uri) == identity


@pytest.mark.parametrize(
    "uri",
    [
        "https://w3id.org/XXXX/ontology/gutbrain/resource/microbiome/BrainMicrobiota",
        "https://www.ncbi.nlm.nih.gov/mesh/12345678",
        "no uri",
        "",
    ],
)
def test_a_uri_of_no_known_form_is_its_own_identity(uri: str) -> None:
    assert uri_identity(uri) == uri


@pytest.mark.parametrize("curie", ["NCIT:C26845", "MESH:D010361", "UMLS:C0030705", "gbc:gene/x"])
def test_what_is_written_is_recognised(curie: str) -> None:
    assert uri_identity(corpus_uri(curie)) == curie


def test_an_unknown_prefix_is_refused() -> None:
    with pytest.raises(CurieError):
        corpus_uri("NOPE:1")
