"""Boosted trees against the counts: five folds over all expert documents, gold entities.

    python benchmarks/relations.py FOLDER-WITH-GUTBRAINIE-FILES      (extra train)

Some minutes on one core. Each document is read by models that never saw it; both methods get the
threshold that is best for them on these folds, so that thresholds decide nothing. The difference
is resampled over documents, 1,000 times (paired bootstrap).
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from extract import RelationExtractor
from extract.annotation import AnnotatedDocument, Corpus, Pipeline
from extract.corpus import read_corpus
from extract.relations.boosted import BoostedRelations
from extract.relations.counts import CountRelations, count_relations
from extract.scoring.evaluation import RELATION_TASKS
from extract.scoring.items import Task
from extract.scoring.scores import Counts, bootstrap_f1, total
from extract.training.boosting import FOLDS, LOWEST, Growth, grow_trees
from extract.training.held_out import GRID, HeldOut, count_held_out

Fit = Callable[[Corpus], RelationExtractor]


def main(corpus: Path) -> None:
    """Fit, read, compare, print."""
    experts = [d for name in ("platinum", "gold") for d in read_corpus(corpus / f"{name}.json")]
    counts, boosted = _read(experts, _fit_counts), _read(experts, _fit_boosted)
    print("| task (strict, gold entities) | counts | boosted trees | difference |")
    print("|---|---|---|---|")
    for task in RELATION_TASKS:
        one, other = _best(counts, task), _best(boosted, task)
        low, high = np.percentile(bootstrap_f1(other) - bootstrap_f1(one), (2.5, 97.5))
        f1, better = total(one).f1, total(other).f1
        difference = f"{better - f1:+.3f} ({low:+.3f} to {high:+.3f})"
        print(f"| {task} | {f1:.3f} | {better:.3f} | {difference} |")


def _read(experts: Corpus, fit: Fit) -> list[HeldOut]:
    read: list[HeldOut] = []
    for fold in range(FOLDS):
        print(f"fold {fold + 1} of {FOLDS}", file=sys.stderr)
        relations = fit([d for i, d in enumerate(experts) if i % FOLDS != fold])
        for gold in experts[fold::FOLDS]:
            found = relations.relate(gold.document, gold.mentions)
            pipeline = Pipeline("gold", "", "", "")
            document = AnnotatedDocument(gold.document, gold.mentions, found, pipeline)
            read.append(HeldOut(gold, document))
    return read


def _fit_counts(corpus: Corpus) -> RelationExtractor:
    return CountRelations(count_relations(corpus), LOWEST)


def _fit_boosted(corpus: Corpus) -> RelationExtractor:
    with tempfile.TemporaryDirectory() as folder:
        grow_trees(corpus, Growth(), Path(folder))
        return BoostedRelations(Path(folder), LOWEST)


def _best(read: Sequence[HeldOut], task: Task) -> list[Counts]:
    tables = (count_held_out(read, task, threshold) for threshold in GRID)
    return max(tables, key=lambda table: total(table).f1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
