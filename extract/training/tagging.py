"""Training a tagger model folder from a corpus: course, export, counts, thresholds."""
# pyright: reportMissingImports=false, reportUnknownParameterType=false

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch

from extract.annotation import AnnotatedDocument, Corpus, Pipeline
from extract.model import write_manifest
from extract.ner.encoder import EncoderRecognizer
from extract.ner.judging import JUDGE_FILE, write_judge
from extract.ner.transformer import (
    Device,
    WordwiseTokenizer,
    cutter,
    open_tokenizer,
    read_vocabulary,
)
from extract.relations.counts import CountRelations, count_relations, write_counts
from extract.training.checkpoint import State
from extract.training.course import CourseResult, Craft, train_by_course
from extract.training.engine import set_weights
from extract.training.export import export_tagger
from extract.training.held_out import (
    GRID,
    HeldOut,
    choose_thresholds,
    score_entities,
    write_held_out,
)
from extract.training.judgement import judge_held_out
from extract.training.pool import Pool, corpus_hash
from extract.training.recipe import Export, RecipeError, TrainingOrder
from extract.training.tagger import Example, Tagger, TaggerLearner, collate, make_examples
from extract.training.torch_recognizer import TorchRecognizer, save_tagger

_PIPELINE = Pipeline("encoder", "counts", "", "")


def train_tagger(order: TrainingOrder) -> None:
    """Fine-tune an encoder; write a model folder for ``--ner encoder``.

    Counts are fitted to expert documents: all that training has seen. Raises CorpusTooSmallError.
    """
    train_by_course(order, partial(tagger_craft, order), partial(_finish, order))


def tagger_craft(order: TrainingOrder, encoder: Any, device: Device) -> Craft:
    """Say to the course how a tagger is trained and read; raises RecipeError."""
    recipe, tokenizer = order.recipe, open_tokenizer(order.encoder)
    cut = cutter(tokenizer)
    if isinstance(cut, WordwiseTokenizer) and recipe.export is not Export.TORCH:
        raise RecipeError(f"export: {order.encoder} has no [CLS], so only torch can read it")
    tagger = Tagger(encoder, recipe.model.dropout, recipe.model.head).to(device.name)
    recognizer = TorchRecognizer(tagger, cut, device, order.lexicon)
    learner = TaggerLearner(
        tagger, device, recipe.optimizer, read_vocabulary(tokenizer), recipe.model.word_dropout
    )
    return Craft(
        learner,
        lambda documents, weight: make_examples(documents, cut, weight),
        partial(_read, recognizer),
        score_entities,
        lambda documents: [recognizer.count_windows(d.document) for d in documents],
        partial(soften, learner),
        replace(learner, distil=recipe.distil),
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


def _read(recognizer: TorchRecognizer | EncoderRecognizer, held: Corpus) -> list[HeldOut]:
    return [
        HeldOut(gold, AnnotatedDocument(gold.document, found.mentions, (), _PIPELINE), found)
        for gold in held
        for found in (recognizer.describe(gold.document),)
    ]


def _relate(read: Sequence[HeldOut], pool: Pool, folds: Sequence[int]) -> list[HeldOut]:
    """Put relations between the mentions, as counts of the documents of other folds find them."""
    pairs = {pair.gold.document.pmid: pair for pair in read}
    return [
        replace(pair, read=replace(pair.read, relations=found))
        for fold in folds
        for relations in (CountRelations(count_relations(pool.kept(fold)), GRID[0]),)
        for pair in (pairs[gold.document.pmid] for gold in pool.held_out(fold))
        for found in (relations.relate(pair.gold.document, pair.read.mentions),)
    ]


def _finish(
    order: TrainingOrder, craft: Craft, pool: Pool, result: CourseResult
) -> dict[str, float]:
    """Write the model folder but for the metrics; give the held-out scores."""
    fold = order.recipe.held_out.fold
    is_rotated = order.recipe.held_out.rotate
    kept = pool.kept(None if is_rotated else fold)
    (order.out / JUDGE_FILE).unlink(missing_ok=True)  # an earlier model's
    recognizer = _export(order, craft)
    write_counts(count_relations(kept), order.out)
    tagged = result.held_out or _read(recognizer, pool.held_out(fold))
    judge, judged = judge_held_out(tagged)
    if judge:
        write_judge(judge, order.out)
    read = _relate(judged, pool, result.folds)
    thresholds, choices = choose_thresholds(read)
    write_manifest(
        order.out,
        kind="tagger",
        recipe=order.recipe.hash,
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


def _export(order: TrainingOrder, craft: Craft) -> TorchRecognizer | EncoderRecognizer:
    """Write the tagger; give a recognizer that reads what was written."""
    tagger: Any = craft.learner.module
    export = order.recipe.export
    if export is Export.TORCH:
        save_tagger(tagger, order.encoder, order.recipe.model.head, order.out)
        cut = cutter(open_tokenizer(order.encoder))
        return TorchRecognizer(tagger, cut, craft.learner.device, order.lexicon)
    export_tagger(tagger, order.encoder, order.out, quantize=export is Export.INT8)
    return EncoderRecognizer(order.out, order.lexicon)
