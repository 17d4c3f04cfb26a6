"""What documents that training never saw decide: thresholds, and what scores are worth.

F1 over the threshold is flat, and the best by a hair is a coin flip. A threshold is as good as the
best if it loses less than one standard error of the difference, resampled over the same documents
(paired: what is hard for one is hard for the other). Of those we take the lowest, which keeps
recall. The graph takes the highest instead, which keeps precision.

``held_out.json`` in a model folder keeps the mentions that a tagger read in such documents, for
what builds on it: PMID -> [passage, start, end, type, score]. It belongs to the training, not to
the model: it is not hashed with it, and not shipped.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from extract import RelationExtractor
from extract.annotation import AnnotatedDocument, Corpus, Mention, Relation
from extract.corpus import write_entry
from extract.extractor import Thresholds, keep_relations
from extract.logistic import Platt, fit_platt
from extract.model import read_json
from extract.ner.judging import Described
from extract.scoring.items import Task, items_of
from extract.scoring.scores import Counts, bootstrap_f1, count_items, total
from ingest.document import Document
from ontology.schema import EntityType

HELD_OUT_FILE = "held_out.json"
GRID = (
    *(0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18, 0.20, 0.22, 0.25, 0.28),
    *(0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60),
)
PRECISE = 0.6
"""The share of right mention-level relations, held out, that the precise preset asks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold and the micro-F1 it reaches on held-out documents.

    ``highest`` is the highest threshold that is as good; ``precision`` of both is what held-out
    predictions had there. ``standard_error`` is that of the best F1.
    """

    threshold: float
    f1: float
    precision: float
    highest: float
    highest_precision: float
    best_f1: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A document as annotated, and as read by a pipeline that never saw it.

    ``described`` is what a judge of its mentions needs, where a tagger read it.
    """

    gold: AnnotatedDocument
    read: AnnotatedDocument
    described: Described | None = None


def relate_held_out(
    relations: RelationExtractor, held: Iterable[tuple[AnnotatedDocument, tuple[Mention, ...]]]
) -> list[HeldOut]:
    """Put relations between the mentions that were read in documents."""
    return [
        HeldOut(gold, replace(gold, mentions=mentions, relations=found))
        for gold, mentions in held
        for found in (relations.relate(gold.document, mentions),)
    ]


def write_held_out(read: Iterable[HeldOut], folder: Path) -> None:
    """Keep the mentions of held-out documents."""
    content = {
        pair.read.document.pmid: [
            [m.passage, m.start, m.end, m.type, m.score] for m in pair.read.mentions
        ]
        for pair in read
    }
    (folder / HELD_OUT_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def read_held_out(folder: Path, corpus: Corpus) -> Mapping[str, tuple[Mention, ...]]:
    """Read them back, by PMID; empty where the folder has none. Raises ModelError."""
    path = folder / HELD_OUT_FILE
    if not path.is_file():
        return {}
    documents = {annotated.document.pmid: annotated.document for annotated in corpus}
    return read_json(
        path,
        lambda content: {
            pmid: tuple(_mention(documents[pmid], row) for row in rows)
            for pmid, rows in content.items()
        },
    )


def _mention(document: Document, row: Sequence[Any]) -> Mention:
    passage, start, end, label, score = row
    text = document.text_of(passage)[start:end]
    return Mention(passage, start, end, text, EntityType(label), score)


def fit_relation_curve(read: Sequence[HeldOut]) -> Platt:
    """Fit the curve from scores to the share of relations that are right."""
    judged = [each for pair in read for each in judge_relations(pair.gold, pair.read)]
    return fit_platt([score for score, _ in judged], [is_right for _, is_right in judged])


def judge_mentions(
    gold: AnnotatedDocument, mentions: Iterable[Mention]
) -> Iterator[tuple[float, bool]]:
    """Pair scores with whether the mention is annotated."""
    known = {(m.passage, m.start, m.end, m.type) for m in gold.mentions}
    return ((m.score, (m.passage, m.start, m.end, m.type) in known) for m in mentions)


def judge_relations(
    gold: AnnotatedDocument, read: AnnotatedDocument
) -> Iterator[tuple[float, bool]]:
    """Pair scores with whether the relation is annotated, by surfaces as the task matches them."""
    known = {surfaces(relation) for relation in gold.relations}
    return ((relation.score, surfaces(relation) in known) for relation in read.relations)


def surfaces(relation: Relation) -> tuple[str, ...]:
    """Give what the task matches relations by."""
    subject, target = relation.subject, relation.object
    return subject.text, subject.type, relation.predicate, target.text, target.type


def calibrate(pair: HeldOut, curve: Platt) -> HeldOut:
    """Put probabilities in place of scores; the least likely relations are left out."""
    scores = curve.apply(np.array([relation.score for relation in pair.read.relations]))
    relations = tuple(
        replace(relation, score=float(score))
        for relation, score in zip(pair.read.relations, scores, strict=True)
        if score >= GRID[0]
    )
    return HeldOut(pair.gold, replace(pair.read, relations=relations))


def best_relation_f1(read: Sequence[HeldOut]) -> float:
    """Give the micro-F1 of relations between surfaces, at the threshold that is best for it."""
    scores: dict[tuple[int, tuple[str, ...]], float] = {}
    for number, pair in enumerate(read):
        for relation in pair.read.relations:
            key = number, surfaces(relation)
            scores[key] = max(relation.score, scores.get(key, 0.0))
    gold = {
        (n, surfaces(relation)) for n, pair in enumerate(read) for relation in pair.gold.relations
    }
    hits = np.cumsum([key in gold for key in sorted(scores, key=lambda key: -scores[key])])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + len(gold))
    return float(f1.max(initial=0.0))


def choose_thresholds(held_out: Sequence[HeldOut]) -> tuple[Thresholds, Mapping[str, Choice]]:
    """Choose a threshold a task; also returns how each choice came about, by task."""
    choices = {task: _choose(held_out, task) for task in (Task.BINARY, Task.TAG, Task.MENTION)}
    lowest = (choice.threshold for choice in choices.values())
    mention = choices[Task.MENTION]
    thresholds = Thresholds(*lowest, graph=mention.highest, precise=_precise(held_out))
    return thresholds, {str(task): choice for task, choice in choices.items()}


def _precise(held_out: Sequence[HeldOut]) -> float:
    """Find the lowest threshold that is precise enough; the highest of all where none is."""
    tables = ((threshold, count_held_out(held_out, Task.MENTION, threshold)) for threshold in GRID)
    good = (threshold for threshold, table in tables if total(table).precision >= PRECISE)
    return next(good, GRID[-1])


def score_entities(held_out: Sequence[HeldOut]) -> float:
    """Give the micro-F1 of entities on held-out documents."""
    return total(count_held_out(held_out, Task.NER, 0.0)).f1


def _choose(held_out: Sequence[HeldOut], task: Task) -> Choice:
    tables = {threshold: count_held_out(held_out, task, threshold) for threshold in GRID}
    totals = {threshold: total(table) for threshold, table in tables.items()}
    resampled = {threshold: bootstrap_f1(table) for threshold, table in tables.items()}
    best = max(GRID, key=lambda threshold: totals[threshold].f1)
    losses = {t: totals[best].f1 - totals[t].f1 for t in GRID}
    errors = {t: float(np.std(resampled[best] - resampled[t])) for t in GRID}
    as_good = [threshold for threshold in GRID if losses[threshold] <= errors[threshold]]
    low, high = totals[as_good[0]], totals[as_good[-1]]
    return Choice(
        threshold=as_good[0],
        f1=low.f1,
        precision=low.precision,
        highest=as_good[-1],
        highest_precision=high.precision,
        best_f1=totals[best].f1,
        standard_error=float(np.std(resampled[best])),
    )


def count_held_out(held_out: Sequence[HeldOut], task: Task, threshold: float) -> list[Counts]:
    """Compare what was read, from a threshold on, to what is annotated; a row a document."""
    return [
        count_items(
            items_of(write_entry(pair.gold), task),
            items_of(write_entry(keep_relations(pair.read, threshold)), task),
        )
        for pair in held_out
    ]
