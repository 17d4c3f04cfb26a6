"""The floor: names and counts fitted to a corpus, no trained weights.

What every model must beat, and what runs where no weights are.
"""

from collections.abc import Iterator
from dataclasses import asdict

from extract.annotation import Corpus
from extract.model import write_manifest
from extract.ner.lexicon import LexiconRecognizer, write_lexicon_model
from extract.relations.counts import CountRelations, count_relations, write_counts
from extract.training.held_out import (
    GRID,
    HeldOut,
    choose_thresholds,
    relate_held_out,
    score_entities,
)
from extract.training.names import fit_names
from extract.training.pool import CorpusTooSmallError, corpus_hash, cut_folds, is_expert
from extract.training.recipe import TrainingOrder

FOLDS = 5


def train_floor(order: TrainingOrder) -> None:
    """Fit names, modifiers, counts and thresholds; write the model folder.

    With ``starter_only`` the names are the lexicon's alone. Expert documents decide thresholds
    and counts; where there are none, all documents do.
    """
    experts, others = _split(order.corpus)
    held_out = list(_read_held_out(experts, others, order))
    order.report("choosing thresholds")
    thresholds, choices = choose_thresholds(held_out)
    order.report("fitting to all documents")
    order.out.mkdir(parents=True, exist_ok=True)
    names = fit_names(experts, others, order.lexicon, starter_only=order.starter_only)
    write_lexicon_model(names, order.out)
    write_counts(count_relations(experts), order.out)
    write_manifest(
        order.out,
        kind="floor",
        corpus=corpus_hash(order.corpus),
        documents={"expert": len(experts), "other": len(others)},
        lexicon=order.lexicon.hash,
        starter_only=order.starter_only,
        thresholds=asdict(thresholds),
        cross_validation={
            "entities": {"f1": score_entities(held_out)},
            "relations, predicted entities": {t: asdict(c) for t, c in choices.items()},
        },
    )


def _split(corpus: Corpus) -> tuple[Corpus, Corpus]:
    experts = [document for document in corpus if is_expert(document)]
    others = [document for document in corpus if not is_expert(document)]
    experts, others = (experts, others) if experts else (others, [])
    if len(experts) < FOLDS:
        raise CorpusTooSmallError(
            f"{len(experts)} documents to cross-validate on: {FOLDS} are needed at least"
        )
    return experts, others


def _read_held_out(experts: Corpus, others: Corpus, order: TrainingOrder) -> Iterator[HeldOut]:
    """Read each expert document with a model fitted to the other folds, and to all the rest."""
    for number, (rest, held) in enumerate(cut_folds(experts, FOLDS), start=1):
        order.report(f"cross-validation, fold {number} of {FOLDS}")
        names = fit_names(rest, others, order.lexicon, starter_only=order.starter_only)
        relations = CountRelations(count_relations(rest), GRID[0])
        recognizer = LexiconRecognizer(names)
        read = ((gold, recognizer.recognize(gold.document)) for gold in held)
        yield from relate_held_out(relations, read)
