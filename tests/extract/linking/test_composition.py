import pytest

from extract.linking.composition import Group, read_group, read_items, without_setting
from ontology.schema import EntityType as T


@pytest.mark.parametrize(
    "name",
    ["PD patients", "patients with PD", "individuals suffering from PD", "the PD group",
     "PD subjects", "persons having PD"],
)  # fmt: skip
def test_a_group_is_its_head_and_its_condition(name: str) -> None:
    assert read_group(name, T.HUMAN) == Group("patient", "pd")


def test_an_animal_keeps_its_kind_and_loses_how_it_was_kept() -> None:
    assert read_group("adult male C57BL/6 mice", T.ANIMAL) == Group("mouse", "")
    assert read_group("PD model rats", T.ANIMAL) == Group("rat", "pd")
    assert read_group("susceptible mice", T.ANIMAL) == Group("mouse", "susceptible")


def test_other_names_are_no_groups() -> None:
    assert read_group("PD patients", T.DDF) is None
    assert read_group("healthy controls", T.HUMAN) is None
    assert read_group("Drosophila", T.ANIMAL) is None


def test_levels_and_risks_are_the_setting() -> None:
    assert without_setting("butyrate levels", T.CHEMICAL) == "butyrate"
    assert without_setting("risk of depression", T.DDF) == "depression"
    assert without_setting("gut microbiota composition", T.MICROBIOME) == "gut microbiota"


def test_a_name_without_setting_stays_as_it_is() -> None:
    assert without_setting("Gut Microbiota", T.MICROBIOME) == "Gut Microbiota"
    assert without_setting("development", T.DDF) == "development"
    assert without_setting("risk groups", T.HUMAN) == "risk groups"


def test_a_coordination_is_its_items_with_their_places() -> None:
    items = read_items("IBS, IBD and PD")
    assert [(item.start, item.end) for item in items] == [(0, 3), (5, 8), (13, 15)]
    assert [item.names for item in items] == [("IBS",), ("IBD",), ("PD",)]


def test_the_last_word_may_belong_to_all() -> None:
    first, last = read_items("anxiety or mood disorders")
    assert first.names == ("anxiety disorders", "anxiety")
    assert last.names == ("mood disorders",)


def test_one_thing_is_no_coordination() -> None:
    assert read_items("gut and") == ()
    assert read_items("candy") == ()
    assert read_items("a, b, c, d, e and f") == ()
