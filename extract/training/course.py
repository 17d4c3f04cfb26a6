"""The course of a recipe: its encoder, a trunk, branches, their average, a student."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from extract.annotation import Corpus
from extract.ner.transformer import (
    Device,
    add_lora,
    choose_device,
    freeze_embeddings,
    load_encoder,
    merge_lora,
)
from extract.training.checkpoint import Checkpoints, EpochRecord, State, write_metrics
from extract.training.engine import (
    Learner,
    Report,
    Stage,
    Watch,
    set_weights,
    train_stage,
    trained_weights,
)
from extract.training.held_out import HeldOut
from extract.training.pool import Pool, fill_pool
from extract.training.recipe import Recipe, StageRecipe, Start, TrainingOrder

NEXT_SEED = 100
"""The seed of a branch's second stage is this much above that of its first."""


@dataclass(frozen=True, slots=True)
class Craft:
    """What a kind of model knows: its examples, how to read held-out documents, its scores.

    ``score`` says how well documents were read, in [0, 1]; ``soften`` puts the branches' averaged
    log-probabilities beside examples; ``student`` is the learner for them.
    """

    learner: Learner[Any]
    make_examples: Callable[[Corpus, float], Sequence[Any]]
    read: Callable[[Corpus], list[HeldOut]]
    score: Callable[[Sequence[HeldOut]], float]
    count_windows: Callable[[Corpus], Sequence[int]]
    soften: Callable[[Sequence[Any], Sequence[State]], Sequence[Any]] | None = None
    student: Learner[Any] | None = None


@dataclass(frozen=True, slots=True)
class CourseResult:
    """What a course left: its epochs, and held-out documents as the branches read them.

    ``held_out`` is empty where the finished model itself has documents it never saw; ``folds`` are
    those that are held out from the one or the other.
    """

    epochs: tuple[EpochRecord, ...]
    held_out: tuple[HeldOut, ...]
    folds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    recipe: Recipe
    craft: Craft
    pool: Pool
    checkpoints: Checkpoints
    report: Report


def train_by_course(
    order: TrainingOrder,
    build: Callable[[Any, Device], Craft],
    finish: Callable[[Craft, Pool, CourseResult], Mapping[str, float]],
) -> None:
    """Train as a recipe says; write figures beside the model.

    ``build`` puts on an encoder what is trained; ``finish`` writes the model and gives its held-out
    scores. Raises CorpusTooSmallError.
    """
    began = time.monotonic()
    recipe = order.recipe
    pool = fill_pool(order.corpus, recipe.held_out.folds)
    device = choose_device(order.device)
    torch.manual_seed(recipe.seed)
    craft = build(_new_encoder(order), device)
    checkpoints = Checkpoints(order, device.name)
    result = run_course(recipe, craft, pool, checkpoints, order.report)
    merge_lora(craft.learner.module)
    figures = finish(craft, pool, result)
    write_metrics(
        order,
        pool.count(),
        device=asdict(device),
        seconds=round(time.monotonic() - began, 1),
        epochs=[asdict(epoch) for epoch in result.epochs],
        held_out=dict(figures),
    )
    checkpoints.clear()


def _new_encoder(order: TrainingOrder) -> Any:
    """Load a pretrained encoder; freeze what the recipe does not train."""
    encoder, recipe = load_encoder(order.encoder), order.recipe
    if recipe.lora:
        add_lora(encoder, recipe.lora.r, recipe.lora.alpha, recipe.lora.targets)
    elif recipe.model.freeze_embeddings:
        freeze_embeddings(encoder)
    return encoder


def average_weights(states: Sequence[State]) -> State:
    """Average the weights of branches of one trunk (model soup: Wortsman et al., ICML 2022)."""
    return {
        name: sum((state[name] for state in states[1:]), states[0][name]) / len(states)
        for name in states[0]
    }


def run_course(
    recipe: Recipe, craft: Craft, pool: Pool, checkpoints: Checkpoints, report: Report
) -> CourseResult:
    """Train as a recipe says; the learner's model then has the final weights."""
    run = _Run(recipe, craft, pool, checkpoints, report)
    _tell_unused(run)
    first = recipe.held_out.fold
    records = _train(run, recipe.trunk, "trunk", recipe.seed, first, _watch(run, first))
    if not recipe.branch_seeds:
        return CourseResult(tuple(records), (), (first,))
    module = craft.learner.module
    trunk = trained_weights(module)
    branches, read = [], []
    for number, seed in enumerate(recipe.branch_seeds):
        set_weights(module, trunk)
        fold = _fold(recipe, number)
        records += _train(run, recipe.branch, f"branch {seed}", seed, fold, _watch(run, fold))
        branches.append(trained_weights(module))
        read += craft.read(pool.held_out(fold)) if recipe.held_out.rotate else []
    set_weights(module, average_weights(branches))
    records += _distil(run, trunk, branches) if recipe.distil else []
    folds = dict.fromkeys(_fold(recipe, number) for number in range(len(branches)))
    return CourseResult(tuple(records), tuple(read), tuple(folds))


def _tell_unused(run: _Run) -> None:
    used = {collection for stage in run.recipe.stages for collection in stage.collections}
    for collection, documents in run.pool.documents.items():
        if collection not in used:
            run.report(
                f"{collection}: {len(documents)} documents that no stage of this recipe takes"
            )


def _fold(recipe: Recipe, branch: int) -> int:
    return (recipe.held_out.fold + branch * recipe.held_out.rotate) % recipe.held_out.folds


def _train(
    run: _Run, stages: Sequence[StageRecipe], part: str, seed: int, fold: int | None, watch: Watch
) -> list[EpochRecord]:
    records: list[EpochRecord] = []
    for stage in _stages(run, stages, part, seed, fold):
        records += train_stage(run.craft.learner, stage, watch)
    return records


def _stages(
    run: _Run, stages: Sequence[StageRecipe], part: str, seed: int, fold: int | None
) -> Iterator[Stage]:
    """Yield stages with their examples; those whose collections are not in the corpus are left."""
    for number, stage in enumerate(stages):
        examples = tuple(
            example
            for documents, weight in run.pool.take(stage.collections, fold)
            for example in run.craft.make_examples(documents, weight)
        )
        if examples:
            yield Stage(
                f"{part}, stage {number + 1}",
                examples,
                stage.epochs,
                stage.start_rate,
                stage.end_rate,
                seed + NEXT_SEED * number,
            )


def _watch(run: _Run, fold: int) -> Watch:
    stopping = run.recipe.early_stopping
    if stopping is None:
        return Watch(run.report, run.checkpoints)
    held = _at_most(run, run.pool.held_out(fold), stopping.max_windows)
    return Watch(
        run.report, run.checkpoints, stopping, lambda: run.craft.score(run.craft.read(held))
    )


def _at_most(run: _Run, documents: Corpus, windows: int) -> Corpus:
    """Take the first documents, as many as fill that many windows."""
    taken, total = [], 0
    for document, count in zip(documents, run.craft.count_windows(documents), strict=True):
        total += count
        if total > windows and taken:
            break
        taken.append(document)
    return taken


def _distil(run: _Run, trunk: State, branches: Sequence[State]) -> list[EpochRecord]:
    craft, distil, recipe = run.craft, run.recipe.distil, run.recipe
    if distil is None or craft.soften is None or craft.student is None:
        return []
    fold = None if recipe.held_out.rotate else recipe.held_out.fold
    start = trunk if distil.start is Start.TRUNK else average_weights(branches)
    watch = Watch(run.report, run.checkpoints)
    records: list[EpochRecord] = []
    for stage in _stages(run, distil.soft, "student, soft", recipe.seed, fold):
        soft = craft.soften(stage.examples, branches)
        set_weights(craft.learner.module, start)
        records += train_stage(craft.student, replace(stage, examples=tuple(soft)), watch)
        start = trained_weights(craft.learner.module)
    set_weights(craft.learner.module, start)
    return records + _train(run, distil.hard, "student, hard", recipe.seed, fold, watch)
