"""ATLOP and the pair classifier as the engine trains them (extra ``train``)."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from extract.annotation import AnnotatedDocument, Mention
from extract.ner.transformer import Device
from extract.ner.windows import PieceTokenizer
from extract.relations.atlop import (
    Atlop,
    AtlopInput,
    adaptive_threshold_loss,
    entity_targets,
    prepare,
)
from extract.relations.marking import PREDICATES
from extract.relations.pairs import (
    PairClassifier,
    PairInput,
    PairReader,
    legal_pairs,
    score_pairs,
)
from extract.training.engine import ParameterGroup, in_batches
from extract.training.pool import Corpus
from extract.training.recipe import OptimizerRecipe
from ontology.schema import is_legal


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
class PairExample:
    """Two mentions and their class; ``size`` in word pieces, about."""

    pair: PairInput
    target: int
    weight: float
    size: int


@dataclass(frozen=True, slots=True)
class AtlopLearner:
    """What the engine needs to train ATLOP."""

    module: Atlop
    device: Device
    optimizer: OptimizerRecipe
    tokenizer: PieceTokenizer

    def make_examples(self, documents: Corpus, weight: float) -> tuple[AtlopExample, ...]:
        """Prepare documents that have a pair the schema allows."""
        prepared = ((d, prepare(d.document, d.mentions, self.tokenizer)) for d in documents)
        return tuple(
            AtlopExample(document, entity_targets(document, annotated.relations), weight)
            for annotated, document in prepared
            if document.pairs
        )

    def count_windows(self, documents: Corpus) -> list[int]:
        """Tell how many windows each document is read in."""
        prepared = (prepare(d.document, d.mentions, self.tokenizer) for d in documents)
        return [len(document.windows) for document in prepared]

    def batches(
        self, examples: Sequence[AtlopExample], generator: random.Random
    ) -> list[Sequence[AtlopExample]]:
        """Cut documents into batches of like length."""
        return in_batches(examples, self.optimizer.batch_pieces, generator)

    def groups(self) -> list[ParameterGroup]:
        """Part the parameters into encoder and heads."""
        return _groups(self.module.encoder, self.module.heads, self.optimizer.head_factor)

    def loss(self, examples: Sequence[AtlopExample]) -> Tensor:
        """Give the mean over all pairs of the batch, each document with its weight."""
        with self.device.autocast():
            scores = self.module([example.document for example in examples])
        losses = [
            (adaptive_threshold_loss(logits, e.targets.to(logits.device)) * e.weight).sum()
            for logits, e in zip(scores, examples, strict=True)
        ]
        return torch.stack(losses).sum() / sum(len(e.document.pairs) for e in examples)


@dataclass(frozen=True, slots=True)
class PairLearner:
    """What the engine needs to train the pair classifier."""

    module: PairClassifier
    device: Device
    optimizer: OptimizerRecipe
    reader: PairReader

    def make_examples(self, documents: Corpus, weight: float) -> tuple[PairExample, ...]:
        """List all pairs that the schema allows, each with its class."""
        return tuple(
            PairExample(pair, held.get(_ends(pair), 0), weight, size)
            for annotated in documents
            for located in (self.reader.locate(annotated.document, annotated.mentions),)
            for held in (_classes(annotated),)
            for size in (min(self.reader.window, len(located.ids)),)
            for pair in legal_pairs(located)
        )

    def count_windows(self, documents: Corpus) -> list[int]:
        """Tell how many windows each document is read in: one a pair."""
        located = (self.reader.locate(d.document, d.mentions) for d in documents)
        return [len(legal_pairs(document)) for document in located]

    def batches(
        self, examples: Sequence[PairExample], generator: random.Random
    ) -> list[Sequence[PairExample]]:
        """Draw unrelated pairs anew, so many for each related one; cut into batches."""
        related = [example for example in examples if example.target]
        others = [example for example in examples if not example.target]
        wanted = round(self.optimizer.negatives * len(related)) or len(others)
        drawn = generator.sample(others, min(wanted, len(others)))
        return in_batches([*related, *drawn], self.optimizer.batch_pieces, generator)

    def groups(self) -> list[ParameterGroup]:
        """Part the parameters into encoder and head."""
        return _groups(self.module.encoder, self.module.heads, self.optimizer.head_factor)

    def loss(self, examples: Sequence[PairExample]) -> Tensor:
        """Give the mean over pairs, each with its weight."""
        with self.device.autocast():
            logits = score_pairs(self.module, self.reader, [example.pair for example in examples])
        targets = torch.tensor([example.target for example in examples], device=logits.device)
        weights = torch.tensor([example.weight for example in examples], device=logits.device)
        losses = nn.functional.cross_entropy(logits, targets, reduction="none")
        return (losses * weights).mean()


def _groups(encoder: nn.Module, heads: Sequence[nn.Module], factor: float) -> list[ParameterGroup]:
    head = tuple(parameter for part in heads for parameter in part.parameters())
    return [ParameterGroup(tuple(encoder.parameters()), 1.0), ParameterGroup(head, factor)]


def _ends(pair: PairInput) -> tuple[Mention, Mention]:
    subject, target = pair.pair
    return pair.located.mentions[subject], pair.located.mentions[target]


def _classes(annotated: AnnotatedDocument) -> dict[tuple[Mention, Mention], int]:
    """Map related mentions to the class of their predicate."""
    return {
        (r.subject, r.object): 1 + PREDICATES.index(r.predicate)
        for r in annotated.relations
        if is_legal(r.subject.type, r.predicate, r.object.type)
    }
