"""The course of a recipe: its encoder, a trunk, branches, their average, a student."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
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
from extract.training.engine import Learner, Stage, set_weights, train_stage, trained_weights
from extract.training.held_out import HeldOut
from extract.training.pool import Pool, fill_pool
from extract.training.recipe import Distil, StageRecipe, Start, TrainingOrder

NEXT_SEED = 100
"""The seed of a branch's second stage is this much above that of its first."""


Build = Callable[[Any, Device], Learner[Any]]
"""Puts on an encoder what is trained."""
Finish = Callable[[Any, Pool, Sequence[HeldOut]], Mapping[str, float]]
"""Writes the model in training, and gives its held-out scores.

The held-out documents are as the branches read them; none where the finished model itself has
documents it never saw.
"""
Soften = Callable[[Any, Sequence[Any], Sequence[State]], Sequence[Any]]
"""Puts the branches' averaged log-probabilities beside examples."""


@dataclass(frozen=True, slots=True)
class _Run:
    order: TrainingOrder
    learner: Learner[Any]
    pool: Pool
    checkpoints: Checkpoints


def train_by_course(
    order: TrainingOrder, build: Build, finish: Finish, soften: Soften | None = None
) -> None:
    """Train as a recipe says; write figures beside the model. Raises CorpusTooSmallError."""
    began = time.monotonic()
    pool = fill_pool(order.corpus, order.recipe.held_out.folds)
    device = choose_device(order.device)
    torch.manual_seed(order.recipe.seed)
    learner = build(_new_encoder(order), device)
    run = _Run(order, learner, pool, Checkpoints(order, device.name))
    _tell_unused(run)
    epochs, read = _train_all(run, soften)
    merge_lora(learner.module)
    figures = finish(learner, pool, read)
    write_metrics(
        order,
        pool.count(),
        device=asdict(device),
        seconds=round(time.monotonic() - began, 1),
        epochs=[asdict(epoch) for epoch in epochs],
        held_out=dict(figures),
    )
    run.checkpoints.clear()


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


def _train_all(run: _Run, soften: Soften | None) -> tuple[list[EpochRecord], list[HeldOut]]:
    """Train as a recipe says; the learner's model then has the final weights."""
    recipe, module = run.order.recipe, run.learner.module
    records = _train(run, recipe.trunk, "trunk", recipe.seed, recipe.fold(0))
    if not recipe.branch_seeds:
        return records, []
    trunk = trained_weights(module)
    branches: list[State] = []
    read: list[HeldOut] = []
    for number, seed in enumerate(recipe.branch_seeds):
        set_weights(module, trunk)
        fold = recipe.fold(number)
        records += _train(run, recipe.branch, f"branch {seed}", seed, fold)
        branches.append(trained_weights(module))
        read += run.learner.read(run.pool.held_out(fold)) if recipe.held_out.rotate else []
    set_weights(module, average_weights(branches))
    if recipe.distil and soften:
        records += _distil(run, recipe.distil, soften, trunk, branches)
    return records, read


def _tell_unused(run: _Run) -> None:
    used = {collection for stage in run.order.recipe.stages for collection in stage.collections}
    for collection, documents in run.pool.documents.items():
        if collection not in used:
            run.order.report(
                f"{collection}: {len(documents)} documents that no stage of this recipe takes"
            )


def _train(
    run: _Run, stages: Sequence[StageRecipe], part: str, seed: int, fold: int
) -> list[EpochRecord]:
    """Train the stages of a part; held-out documents say when to stop, where a recipe wants it."""
    stopping = run.order.recipe.early_stopping
    held = _at_most(run, fold, stopping.max_windows) if stopping else ()
    patience = stopping.patience if stopping else 0
    return [
        record
        for stage in _stages(run, stages, part, seed, fold)
        for record in _train_stage(run, replace(stage, held_out=held, patience=patience))
    ]


def _train_stage(run: _Run, stage: Stage) -> list[EpochRecord]:
    return train_stage(run.learner, stage, run.checkpoints, run.order.report)


def _stages(
    run: _Run, stages: Sequence[StageRecipe], part: str, seed: int, fold: int | None
) -> Iterator[Stage]:
    """Yield stages with their examples; those whose collections are not in the corpus are left."""
    for number, stage in enumerate(stages):
        examples = tuple(
            example
            for documents, weight in run.pool.take(stage.collections, fold)
            for example in run.learner.make_examples(documents, weight)
        )
        if examples:
            yield Stage(f"{part}, stage {number + 1}", examples, stage, seed + NEXT_SEED * number)


def _at_most(run: _Run, fold: int, windows: int) -> Corpus:
    """Take the first documents of a fold, as many as fill that many windows."""
    documents = run.pool.held_out(fold)
    filled = list(accumulate(run.learner.count_windows(documents)))
    return documents[: max(1, bisect_right(filled, windows))]


def _distil(
    run: _Run, distil: Distil, soften: Soften, trunk: State, branches: Sequence[State]
) -> list[EpochRecord]:
    recipe, module = run.order.recipe, run.learner.module
    fold = None if recipe.held_out.rotate else recipe.held_out.fold
    start = trunk if distil.start is Start.TRUNK else average_weights(branches)
    records: list[EpochRecord] = []
    for stage in _stages(run, distil.soft, "student, soft", recipe.seed, fold):
        soft = soften(run.learner, stage.examples, branches)
        set_weights(module, start)
        records += _train_stage(run, replace(stage, examples=soft))
        start = trained_weights(module)
    set_weights(module, start)
    for stage in _stages(run, distil.hard, "student, hard", recipe.seed, fold):
        records += _train_stage(run, stage)
    return records
