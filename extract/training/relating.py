"""Training a relation model from a corpus: course, probabilities, thresholds, folder."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import torch

from extract import RelationExtractor
from extract.annotation import AnnotatedDocument, Pipeline, Relation
from extract.ner.transformer import (
    Device,
    choose_device,
    cutter,
    freeze_embeddings,
    load_encoder,
    open_tokenizer,
)
from extract.ner.windows import PieceTokenizer
from extract.platt import Platt
from extract.relations.folder import Settings, build, extractor, save_relations
from extract.relations.pairs import PairReader
from extract.training.checkpoint import Checkpoints
from extract.training.course import Craft, Outcome, run_course
from extract.training.floor import corpus_hash, write_manifest
from extract.training.lora import add_lora, merge_lora
from extract.training.metrics import Metrics, write_metrics
from extract.training.order import Order
from extract.training.pool import Corpus, Pool, fill_pool
from extract.training.recipe import Kind, Recipe
from extract.training.relation_curve import best_relation_f1, calibrate, fit_relation_curve
from extract.training.relation_learners import AtlopLearner, PairLearner
from extract.training.thresholds import HeldOut, choose_thresholds

Read = Callable[[Corpus, Corpus], list[HeldOut]]
_PIPELINE = Pipeline("gold", "model", "", "")


def train_relations(order: Order) -> None:
    """Train ATLOP or the pair classifier; write its folder for ``--relations``.

    Mentions are the annotated ones, in training and for the held-out scores. Raises
    NoExpertsError.
    """
    began = time.monotonic()
    recipe = order.recipe
    pool = fill_pool(order.corpus, recipe.held_out.folds)
    device = choose_device(order.device)
    torch.manual_seed(recipe.seed)
    model = _new_model(recipe, order.encoder).to(device.name)
    checkpoints = Checkpoints(order, device.name)
    craft = _craft(recipe, model, order.encoder, device)
    outcome = run_course(recipe, craft, pool, checkpoints, order.report)
    merge_lora(model.encoder)
    figures = _finish(order, model, craft.read, pool, outcome)
    seconds = time.monotonic() - began
    write_metrics(Metrics(order, pool.count(), device, seconds, outcome.epochs, figures))
    checkpoints.clear()


def _settings(recipe: Recipe) -> Settings:
    if recipe.kind is Kind.ATLOP:
        return Settings(group=recipe.model.group)
    return Settings(window=recipe.model.window)


def _new_model(recipe: Recipe, encoder: str) -> Any:
    model = load_encoder(encoder)
    if recipe.lora:
        add_lora(model, recipe.lora.r, recipe.lora.alpha, recipe.lora.targets)
    elif recipe.model.freeze_embeddings:
        freeze_embeddings(model)
    return build(model, _settings(recipe), recipe.model.dropout)


def _craft(recipe: Recipe, model: Any, encoder: str, device: Device) -> Craft:
    tokenizer = cutter(open_tokenizer(encoder))
    relations = extractor(model, _settings(recipe), tokenizer, device, curve=Platt(), threshold=0.0)
    learner = _learner(recipe, model, tokenizer, device)
    return Craft(
        learner,
        learner.make_examples,
        partial(_read, relations),
        partial(_rate, relations),
        learner.count_windows,
    )


def _learner(
    recipe: Recipe, model: Any, tokenizer: PieceTokenizer, device: Device
) -> AtlopLearner | PairLearner:
    if recipe.kind is Kind.ATLOP:
        return AtlopLearner(model, device, recipe.optimizer, tokenizer)
    reader = PairReader(tokenizer, recipe.model.window)
    return PairLearner(model, device, recipe.optimizer, reader)


def _read(relations: RelationExtractor, held: Corpus, kept: Corpus) -> list[HeldOut]:
    del kept  # unlike a tagger's, these relations need no counts
    return [
        HeldOut(gold, _with(gold, relations.relate(gold.document, gold.mentions))) for gold in held
    ]


def _rate(relations: RelationExtractor, held: Corpus) -> float:
    return best_relation_f1(_read(relations, held, ()))


def _with(gold: AnnotatedDocument, relations: tuple[Relation, ...]) -> AnnotatedDocument:
    return AnnotatedDocument(gold.document, gold.mentions, relations, _PIPELINE)


def _finish(order: Order, model: Any, read: Read, pool: Pool, outcome: Outcome) -> dict[str, float]:
    """Write the model folder but for the metrics; give the held-out scores."""
    fold, is_rotated = order.recipe.held_out.fold, order.recipe.held_out.rotate
    raw = outcome.held_out or read(pool.held_out(fold), pool.kept(fold))
    curve = fit_relation_curve(raw)
    held_out = [calibrate(pair, curve) for pair in raw]
    thresholds, choices = choose_thresholds(held_out)
    save_relations(model, _settings(order.recipe), curve, order.encoder, order.out)
    write_manifest(
        order.out,
        kind=order.recipe.kind,
        recipe=order.recipe.hash,
        corpus=corpus_hash(order.corpus),
        documents=pool.count() | {"held out": len(held_out)},
        held_out_read_by="branches" if is_rotated else "this model",
        thresholds=asdict(thresholds),
        held_out={"relations, gold entities": {t: asdict(c) for t, c in choices.items()}},
    )
    return {f"{task}, gold entities, F1": choice.f1 for task, choice in choices.items()}
