"""Training ATLOP from a corpus: its learner, its course, probabilities, thresholds, folder."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from extract.annotation import Corpus
from extract.logistic import IDENTITY
from extract.model import write_manifest
from extract.ner.transformer import Device, cutter, open_tokenizer
from extract.ner.windows import PieceTokenizer
from extract.relations.atlop import (
    Atlop,
    AtlopInput,
    AtlopRelations,
    adaptive_threshold_loss,
    entity_targets,
    prepare,
    save_atlop,
)
from extract.training.course import train_by_course
from extract.training.held_out import (
    HeldOut,
    best_relation_f1,
    calibrate,
    choose_thresholds,
    fit_relation_curve,
    relate_held_out,
)
from extract.training.pool import Pool, corpus_hash
from extract.training.recipe import OptimizerRecipe, TrainingOrder


@dataclass(frozen=True, slots=True)
class AtlopExample:
    """A document with what holds between its entities; ``targets`` [pairs, classes]."""

    document: AtlopInput
    targets: Tensor
    weight: float

    @property
    def size(self) -> int:
        """Word pieces."""
        return self.document.size


@dataclass(frozen=True, slots=True)
class AtlopLearner:
    """What the engine needs to train ATLOP."""

    module: Atlop
    device: Device
    optimizer: OptimizerRecipe
    tokenizer: PieceTokenizer

    def make_examples(self, documents: Corpus, weight: float) -> tuple[AtlopExample, ...]:
        """Prepare documents that have a pair the schema allows."""
        return tuple(
            AtlopExample(read, entity_targets(read, annotated.relations, predicates), weight)
            for predicates in (self.module.predicates,)
            for annotated, read in zip(documents, self._prepare(documents), strict=True)
            if read.pairs
        )

    def count_windows(self, documents: Corpus) -> list[int]:
        """Count the windows that each document is read in."""
        return [len(document.windows) for document in self._prepare(documents)]

    def read(self, documents: Corpus) -> list[HeldOut]:
        """Read relations between annotated mentions with the weights as they are."""
        model = AtlopRelations(self.module, self.tokenizer, self.device, IDENTITY, threshold=0.0)
        return relate_held_out(model, ((gold, gold.mentions) for gold in documents))

    def score(self, read: Sequence[HeldOut]) -> float:
        """Give the micro-F1 of relations at its best threshold."""
        return best_relation_f1(read)

    def groups(self) -> list[tuple[Iterable[nn.Parameter], float]]:
        """Part the parameters into encoder and heads."""
        heads = (parameter for head in self.module.heads for parameter in head.parameters())
        return [(self.module.encoder.parameters(), 1.0), (heads, self.optimizer.head_factor)]

    def loss(self, examples: Sequence[AtlopExample]) -> Tensor:
        """Give the mean over all pairs of the batch, each document with its weight."""
        with self.device.autocast():
            scores = self.module([example.document for example in examples])
        losses = [
            (adaptive_threshold_loss(logits, e.targets.to(logits.device)) * e.weight).sum()
            for logits, e in zip(scores, examples, strict=True)
        ]
        return torch.stack(losses).sum() / sum(len(e.document.pairs) for e in examples)

    def _prepare(self, documents: Corpus) -> list[AtlopInput]:
        predicates = self.module.predicates
        return [prepare(d.document, d.mentions, self.tokenizer, predicates) for d in documents]


def train_atlop(order: TrainingOrder) -> None:
    """Train ATLOP; write its folder for ``--relations``.

    Mentions are the annotated ones, in training and for the held-out scores. Raises
    CorpusTooSmallError.
    """
    train_by_course(order, partial(_build, order), partial(_finish, order))


def _build(order: TrainingOrder, encoder: Any, device: Device) -> AtlopLearner:
    recipe, tokenizer = order.recipe, cutter(open_tokenizer(order.encoder))
    model = Atlop(encoder, recipe.model.dropout, recipe.model.group).to(device.name)
    return AtlopLearner(model, device, recipe.optimizer, tokenizer)


def _finish(
    order: TrainingOrder, learner: AtlopLearner, pool: Pool, read_by_branches: Sequence[HeldOut]
) -> dict[str, float]:
    """Write the model folder but for the metrics; give the held-out scores."""
    model, held = learner.module, order.recipe.held_out
    raw = read_by_branches or learner.read(pool.held_out(held.fold))
    curve = fit_relation_curve(raw)
    held_out = [calibrate(pair, curve) for pair in raw]
    thresholds, choices = choose_thresholds(held_out)
    save_atlop(model, order.encoder, order.out)
    write_manifest(
        order.out,
        kind=order.recipe.kind,
        recipe=order.recipe.hash,
        corpus=corpus_hash(order.corpus),
        documents=pool.count() | {"held out": len(held_out)},
        held_out_read_by="branches" if held.rotate else "this model",
        group=model.group,
        thresholds=asdict(thresholds),
        curve=asdict(curve),
        held_out={"relations, gold entities": {t: asdict(c) for t, c in choices.items()}},
    )
    return {f"{task}, gold entities, F1": choice.f1 for task, choice in choices.items()}
