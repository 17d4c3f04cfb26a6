"""Training a tagger model folder from a corpus: course, export, counts, thresholds."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from extract.annotation import Corpus
from extract.model import write_manifest
from extract.ner.encoder import EncoderRecognizer, TaggerRecognizer
from extract.ner.judging import JUDGE_FILE, write_judge
from extract.ner.transformer import (
    Device,
    Vocabulary,
    WordwiseTokenizer,
    cutter,
    open_tokenizer,
    read_vocabulary,
)
from extract.ner.windows import PieceTokenizer
from extract.relations.counts import CountRelations, count_relations, write_counts
from extract.text import plain
from extract.training.checkpoint import State
from extract.training.course import train_by_course
from extract.training.engine import set_weights
from extract.training.export import export_tagger
from extract.training.held_out import (
    GRID,
    HeldOut,
    choose_thresholds,
    relate_held_out,
    score_entities,
    write_held_out,
)
from extract.training.judgement import judge_held_out
from extract.training.pool import Pool, corpus_hash
from extract.training.recipe import Distil, Export, OptimizerRecipe, RecipeError, TrainingOrder
from extract.training.tagger import (
    IGNORED,
    Example,
    Tagger,
    collate,
    make_examples,
    tagging_losses,
)
from extract.training.torch_recognizer import TorchRecognizer, save_tagger
from ontology.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class TaggerLearner:
    """What the course needs to train a tagger; ``distil`` says how soft examples are learned."""

    module: Tagger
    device: Device
    optimizer: OptimizerRecipe
    tokenizer: PieceTokenizer
    vocabulary: Vocabulary
    word_dropout: float
    lexicon: Lexicon
    distil: Distil | None

    def make_examples(self, documents: Corpus, weight: float) -> tuple[Example, ...]:
        """Cut documents into windows with labels."""
        return make_examples(documents, self.tokenizer, weight)

    def groups(self) -> list[tuple[Iterable[nn.Parameter], float]]:
        """Part the parameters by learning rate: encoder, head, CRF."""
        tagger, factors = self.module, self.optimizer
        parts = [(tagger.encoder, 1.0), (tagger.head, factors.head_factor)]
        parts += [(tagger.crf, factors.crf_factor)] if tagger.crf else []
        return [(part.parameters(), factor) for part, factor in parts]

    def loss(self, examples: Sequence[Example]) -> Tensor:
        """Score a batch: the mean over words, each example with its weight."""
        batch = collate(examples)
        hidden = torch.rand(batch.ids.shape) < self.word_dropout
        hidden &= batch.ids >= self.vocabulary.first_word
        batch = batch._replace(ids=batch.ids.masked_fill(hidden, self.vocabulary.mask))
        batch = batch.on(self.device.name)
        with self.device.autocast():
            logits = self.module(batch.ids, batch.mask)
        losses = tagging_losses(self.module, logits.float(), batch, self.distil)
        return (losses * batch.weights[:, None]).sum() / (batch.labels != IGNORED).sum()

    def read(self, documents: Corpus) -> list[HeldOut]:
        """Read documents with the weights as they are."""
        recognizer = TorchRecognizer(self.module, self.tokenizer, self.device, self.lexicon)
        return _read(recognizer, documents)

    def score(self, read: Sequence[HeldOut]) -> float:
        """Give the micro-F1 of entities."""
        return score_entities(read)

    def count_windows(self, documents: Corpus) -> list[int]:
        """Count the windows that each document is read in."""
        texts = ([plain(p.text).text for p in each.document.passages] for each in documents)
        cut = self.tokenizer
        return [sum(1 for _ in cut.windows(cut.split(passages))) for passages in texts]


def train_tagger(order: TrainingOrder) -> None:
    """Fine-tune an encoder; write a model folder for ``--ner encoder``.

    Counts are fitted to expert documents: all that training has seen. Raises CorpusTooSmallError
    and RecipeError.
    """
    train_by_course(order, partial(build_tagger, order), partial(_finish, order), soften)


def build_tagger(order: TrainingOrder, encoder: Any, device: Device) -> TaggerLearner:
    """Put a tagger on an encoder; raises RecipeError."""
    recipe, tokenizer = order.recipe, open_tokenizer(order.encoder)
    cut = cutter(tokenizer)
    if isinstance(cut, WordwiseTokenizer) and recipe.export is not Export.TORCH:
        raise RecipeError(f"export: {order.encoder} has no [CLS], so only torch can read it")
    return TaggerLearner(
        Tagger(encoder, recipe.model.dropout, recipe.model.head).to(device.name),
        device,
        recipe.optimizer,
        cut,
        read_vocabulary(tokenizer),
        recipe.model.word_dropout,
        order.lexicon,
        recipe.distil,
    )


def soften(
    learner: TaggerLearner, examples: Sequence[Example], teachers: Sequence[State]
) -> list[Example]:
    """Put the teachers' averaged log-probabilities beside examples."""
    total: list[torch.Tensor] = []
    for weights in teachers:
        set_weights(learner.module, weights)
        learner.module.eval()
        said = [_log_probabilities(learner, example) / len(teachers) for example in examples]
        total = [a + b for a, b in zip(total, said, strict=True)] if total else said
    return [replace(e, soft=soft) for e, soft in zip(examples, total, strict=True)]


def _log_probabilities(learner: TaggerLearner, example: Example) -> torch.Tensor:
    batch = collate([example]).on(learner.device.name)
    with torch.no_grad(), learner.device.autocast():
        logits = learner.module(batch.ids, batch.mask)
    return torch.log_softmax(logits[0].float(), dim=-1).cpu()


def _read(recognizer: TaggerRecognizer, held: Corpus) -> list[HeldOut]:
    return [
        HeldOut(gold, replace(gold, mentions=found.mentions, relations=()), found)
        for gold in held
        for found in (recognizer.describe(gold.document),)
    ]


def _relate(read: Sequence[HeldOut], pool: Pool, folds: Iterable[int]) -> list[HeldOut]:
    """Put relations between the mentions, as counts of the documents of other folds find them."""
    mentions = {pair.gold.document.pmid: pair.read.mentions for pair in read}
    return [
        pair
        for fold in folds
        for pair in relate_held_out(
            CountRelations(count_relations(pool.kept(fold)), GRID[0]),
            ((gold, mentions[gold.document.pmid]) for gold in pool.held_out(fold)),
        )
    ]


def _finish(
    order: TrainingOrder, learner: TaggerLearner, pool: Pool, read_by_branches: Sequence[HeldOut]
) -> dict[str, float]:
    """Write the model folder but for the metrics; give the held-out scores."""
    recipe = order.recipe
    is_rotated = recipe.held_out.rotate
    kept = pool.kept(None if is_rotated else recipe.held_out.fold)
    (order.out / JUDGE_FILE).unlink(missing_ok=True)  # an earlier model's
    recognizer = _export(order, learner)
    write_counts(count_relations(kept), order.out)
    tagged = read_by_branches or _read(recognizer, pool.held_out(recipe.held_out.fold))
    judge, judged = judge_held_out(tagged)
    if judge:
        write_judge(judge, order.out)
    branches = range(len(recipe.branch_seeds) if is_rotated else 1)
    read = _relate(judged, pool, map(recipe.fold, branches))
    thresholds, choices = choose_thresholds(read)
    write_manifest(
        order.out,
        kind="tagger",
        recipe=recipe.hash,
        corpus=corpus_hash(order.corpus),
        documents={"expert": len(kept), "held out": len(read), "all": len(order.corpus)},
        held_out_read_by="branches" if is_rotated else "this model",
        thresholds=asdict(thresholds),
        held_out={
            "entities": {"f1": score_entities(read), "f1, unjudged": score_entities(tagged)},
            "relations, predicted entities": {t: asdict(c) for t, c in choices.items()},
        },
    )
    write_held_out(read, order.out)
    return {"entities, F1": score_entities(read)}


def _export(order: TrainingOrder, learner: TaggerLearner) -> TaggerRecognizer:
    """Write the tagger; give a recognizer that reads what was written."""
    tagger, export = learner.module, order.recipe.export
    if export is Export.TORCH:
        save_tagger(tagger, order.encoder, order.recipe.model.head, order.out)
        return TorchRecognizer(tagger, learner.tokenizer, learner.device, order.lexicon)
    export_tagger(tagger, order.encoder, order.out, quantize=export is Export.INT8)
    return EncoderRecognizer(order.out, order.lexicon)
