import pytest

from ontology.namespaces import (
    PREDICATE_OF_IRI,
    PREFIX_MAP,
    TYPE_OF_IRI,
    CurieError,
    normalise_name,
    provisional_curie,
    to_curie,
    to_iri,
)
from ontology.schema import EntityType, Predicate


@pytest.mark.parametrize("prefix", PREFIX_MAP)
def test_every_prefix_expands_and_contracts(prefix: str):
    assert to_curie(to_iri(f"{prefix}:1")) == f"{prefix}:1"


@pytest.mark.parametrize("curie", ["FOO:1", "NCIT", "ncit:C1", ""])
def test_an_unknown_prefix_is_refused(curie: str):
    with pytest.raises(CurieError, match="unknown prefix"):
        to_iri(curie)


def test_an_iri_outside_all_namespaces_is_refused():
    with pytest.raises(CurieError, match="no known namespace"):
        to_curie("http://example.org/1")


def test_types_and_predicates_have_iris_of_their_own():
    assert len(TYPE_OF_IRI) == len(EntityType)
    assert len(PREDICATE_OF_IRI) == len(Predicate)
    assert TYPE_OF_IRI.keys().isdisjoint(PREDICATE_OF_IRI)


def test_names_are_compared_without_case_width_and_spacing():
    assert normalise_name(" Gut\u00a0 MICROBIOTA") == "gut microbiota"
    assert normalise_name("\ufb01bre \uff28\u2082O, Gro\u00df\u2019s") == "fibre h2o, gross's"


def test_provisional_identifiers_keep_names_apart():
    surfaces = ["IL-1β", "IL-1α", "IL 1", "β", "α"]
    assert len({provisional_curie(EntityType.CHEMICAL, surface) for surface in surfaces}) == 5
    assert provisional_curie(EntityType.CHEMICAL, "IL-1β") == "gbc:chemical/il-1-9edf90ad"


def test_a_provisional_identifier_does_not_depend_on_case_and_spacing():
    one = provisional_curie(EntityType.ANATOMICAL_LOCATION, "Gut  Wall")
    assert one == provisional_curie(EntityType.ANATOMICAL_LOCATION, "gut wall")
    assert to_iri(one) == "https://w3id.org/gutbrain/concept/anatomical-location/gut-wall"
