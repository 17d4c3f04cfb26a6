"""Training that is killed goes on: the weights are those of a run that was let alone."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.training.recipe import Recipe, TrainingOrder, find_recipe
from ingest.document import Document, Passage
from ontology.lexicon import Lexicon
from ontology.schema import EntityType

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
tagging = pytest.importorskip("extract.training.tagging")
checkpoint = pytest.importorskip("extract.training.checkpoint")
engine = pytest.importorskip("extract.training.engine")

RECIPE = """
kind = "tagger"
export = "torch"
branch_seeds = [1, 2]

[optimizer]
batch_pieces = 128

[held_out]
folds = 3

[early_stopping]
patience = 5

[[trunk]]
collections = { silver = 1.0 }
epochs = 2
start_rate = 5e-3
end_rate = 2e-3

[[branch]]
collections = { expert = 1.0, silver = 0.5 }
epochs = 2
start_rate = 2e-3
end_rate = 0.0
"""
WEIGHTS = "tagger.safetensors"


class Killed(BaseException):
    """What stands for a kill: nothing catches it."""


def annotated(number: int, annotator: str) -> AnnotatedDocument:
    text = f"{'the gut of mice ' * (number % 4)}saw anxiety here ."
    start = text.index("anxiety")
    mention = Mention("abstract", start, start + 7, "anxiety", EntityType.DDF)
    document = Document(str(number), (Passage("abstract", text),))
    return AnnotatedDocument(document, (mention,), (), Pipeline(annotator, annotator, "", ""))


CORPUS = (
    *(annotated(n, "expert_1") for n in range(18)),
    *(annotated(n, "student_A") for n in range(18, 40)),
)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return find_recipe(str(path))


class Clock:
    """A clock that is a second later each time; it kills the run that asks once too often."""

    def __init__(self, lives: int) -> None:
        self.ticks = 0
        self.lives = lives

    def __call__(self) -> float:
        self.ticks += 1
        if self.ticks > self.lives:
            raise Killed
        return float(self.ticks)


def order_of(
    recipe: Recipe, encoder: Path, out: Path, clock: Callable[[], float], every_s: float
) -> TrainingOrder:
    return TrainingOrder(
        replace(recipe, encoder=str(encoder)),
        CORPUS,
        Lexicon({}),
        out,
        lambda _: None,
        device="cpu",
        checkpoint_every_s=every_s,
        clock=clock,
    )


def train(
    recipe: Recipe,
    encoder: Path,
    out: Path,
    clock: Callable[[], float],
    *,
    every_s: float = 0.0,
) -> bytes:
    tagging.train_tagger(order_of(recipe, encoder, out, clock, every_s))
    return (out / WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def undisturbed(
    recipe: Recipe, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    clock = Clock(10**9)
    return train(recipe, tiny_encoder, tmp_path_factory.mktemp("once"), clock, every_s=1e9)


@pytest.mark.parametrize("lives", [5, 12, 23])
def test_a_run_killed_again_and_again_ends_with_the_same_bytes(
    recipe: Recipe, tiny_encoder: Path, tmp_path: Path, undisturbed: bytes, lives: int
) -> None:
    kills = 0
    while True:
        try:
            weights = train(recipe, tiny_encoder, tmp_path, Clock(lives))
        except Killed:
            kills += 1
            assert kills < 100
        else:
            break
    assert kills > 1
    assert weights == undisturbed


def test_a_run_killed_between_checkpoints_ends_with_the_same_bytes(
    recipe: Recipe, tiny_encoder: Path, tmp_path: Path, undisturbed: bytes
) -> None:
    # Every third batch is kept, so that the kill loses some that must be done again.
    with pytest.raises(Killed):
        train(recipe, tiny_encoder, tmp_path, Clock(11), every_s=3.0)
    assert train(recipe, tiny_encoder, tmp_path, Clock(10**9)) == undisturbed


def test_the_metrics_of_a_run_in_pieces_tell_all_its_epochs(
    recipe: Recipe, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(recipe, tiny_encoder, tmp_path, Clock(16))
    train(recipe, tiny_encoder, tmp_path, Clock(10**9))
    text = (tmp_path / "metrics.json").read_text()
    assert text.count('"loss"') == 6


def test_a_checkpoint_of_another_recipe_is_refused(
    recipe: Recipe, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(recipe, tiny_encoder, tmp_path, Clock(5))
    other = tmp_path / "other.toml"
    other.write_text(RECIPE.replace("5e-3", "4e-3"), encoding="utf-8")
    with pytest.raises(checkpoint.CheckpointError, match="started with another recipe; delete it"):
        train(find_recipe(str(other)), tiny_encoder, tmp_path, Clock(10**9))


def test_a_half_written_checkpoint_does_not_replace_a_whole_one(
    recipe: Recipe, tiny_encoder: Path, tmp_path: Path
) -> None:
    order = order_of(recipe, tiny_encoder, tmp_path, Clock(99), every_s=300.0)
    checkpoints = checkpoint.Checkpoints(order, "cpu")
    checkpoints.keep("trunk, stage 1", {"step": 1})
    with pytest.raises(Exception, match="pickle"):
        checkpoints.keep("trunk, stage 1", {"step": lambda: 2})
    assert checkpoints.resume("trunk, stage 1") == {"step": 1}


def test_batches_hold_windows_of_like_length_and_none_twice() -> None:
    tagger = pytest.importorskip("extract.training.tagger")
    examples = [tagger.Example((7,) * n, (0,) * n, 1.0) for n in (90, 10, 50, 12, 88, 300)]
    batches = engine.in_batches(examples, 200, random.Random(1))
    assert sorted(e.size for batch in batches for e in batch) == [10, 12, 50, 88, 90, 300]
    for batch in batches:
        padded = len(batch) * max(example.size for example in batch)
        assert padded <= 200 or len(batch) == 1
