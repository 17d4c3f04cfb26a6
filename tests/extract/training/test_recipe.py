"""Recipes: what a file may say, and the one line that tells what is wrong with it."""

from pathlib import Path

import pytest

from extract.training.recipe import (
    Collection,
    Head,
    RecipeError,
    RecipeKind,
    bundled_recipes,
    find_recipe,
)

STAGE = "[[trunk]]\ncollections = { silver = 1.0 }\nepochs = 1\nstart_rate = 1e-3\nend_rate = 0\n"
BRANCH = STAGE.replace("trunk", "branch")


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", bundled_recipes())
def test_every_bundled_recipe_can_be_read(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.about
    assert bool(recipe.stages) == (recipe.kind in {RecipeKind.TAGGER, RecipeKind.ATLOP})


def test_the_bundled_recipes_are_the_systems_we_know() -> None:
    assert {"default", "floor", "tagger", "atlop", "electra"} <= set(bundled_recipes())


def test_the_default_is_a_trunk_and_branches_that_hold_out_folds_in_turn() -> None:
    recipe = find_recipe("default")
    (trunk,) = recipe.trunk
    assert trunk.collections == {Collection.SILVER: 1.0, Collection.BRONZE: 0.5}
    assert (trunk.epochs, trunk.start_rate, trunk.end_rate) == (1, 5e-4, 2.5e-4)
    mixed, last = recipe.branch
    assert mixed.collections == {Collection.EXPERT: 1.25, Collection.SILVER: 1.0}
    assert (mixed.epochs, mixed.start_rate, mixed.end_rate) == (2, 5e-4, 2e-4)
    assert (last.epochs, last.start_rate, last.end_rate) == (2, 2e-4, 0.0)
    assert recipe.held_out.rotate
    assert len(recipe.branch_seeds) > 1


def test_a_student_learns_from_the_branches_of_its_recipe() -> None:
    recipe = find_recipe("distilled")
    assert recipe.distil is not None
    assert len(recipe.distil.soft) == len(recipe.distil.hard) == 1
    assert len(recipe.branch_seeds) > 1


def test_what_a_file_leaves_out_has_a_default(tmp_path: Path) -> None:
    recipe = find_recipe(write(tmp_path, f"kind = 'tagger'\n{STAGE}"))
    assert (recipe.model.head, recipe.encoder, recipe.lora) == (Head.LINEAR, "minilm", None)


def test_a_recipe_is_known_by_its_settings_not_by_its_description(tmp_path: Path) -> None:
    text = f"kind = 'tagger'\n{STAGE}"
    plain = find_recipe(write(tmp_path, text))
    told = find_recipe(write(tmp_path, f"about = 'mine'\n{text}"))
    other = find_recipe(write(tmp_path, f"seed = 2\n{text}"))
    assert plain.hash == told.hash != other.hash


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("knd = 'tagger'", "kind: Field required"),
        ("kind = 'tager'", "kind: Input should be 'floor', .*'tagger' or 'atlop'"),
        ("kind = 'floor'\n[model]\nhaed = 'crf'", "model.haed: Unexpected keyword argument"),
        (
            "kind = 'floor'\n[model]\ndropout = '.1'",
            "model.dropout: .* valid number",
        ),
        ("kind = 'floor'\n[model]\ndropout = 1.5", "model.dropout: .* less than or equal to 1"),
        ("kind = 'floor'\nseed = true", "seed: Input should be a valid integer"),
        (f"kind = 'tagger'\n{STAGE.replace('silver', 'sliver')}", r"trunk.0.collections.sliver"),
        (f"kind = 'tagger'\n{STAGE.replace('epochs = 1', 'epochs = 0')}", "trunk.0.epochs: "),
        ("kind = 'tagger'", "trunk: no stage to train"),
        (f"kind = 'tagger'\nbranch_seeds = [1]\n{STAGE}", "branch_seeds: "),
        (f"kind = 'tagger'\n{BRANCH}", "branch_seeds: "),
        (f"kind = 'tagger'\n{STAGE}[held_out]\nfolds = 3\nfold = 3", "held_out.fold: not below"),
        (f"kind = 'tagger'\n{STAGE}[held_out]\nrotate = true", "held_out.rotate: there are no"),
        (
            "kind = 'tagger'\nbranch_seeds = [1, 2]\n"
            + STAGE.replace("silver", "expert")
            + BRANCH
            + "[held_out]\nrotate = true",
            "held_out.rotate: the trunk would see",
        ),
        (
            "kind = 'tagger'\nbranch_seeds = [1, 2, 3]\n"
            + BRANCH
            + "[held_out]\nrotate = true\nfolds = 2",
            "held_out.rotate: more branches than folds",
        ),
        (
            f"kind = 'tagger'\n{STAGE}[distil]\n{STAGE.replace('trunk', 'distil.soft')}",
            "distil: there are no branches",
        ),
        ("kind = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(RecipeError, match=reason) as caught:
        find_recipe(write(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "mine.toml"))
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"fllor: no recipe of ours \(.*floor"):
        find_recipe("fllor")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone.toml"):
        find_recipe(str(tmp_path / "gone.toml"))
