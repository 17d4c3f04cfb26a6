"""Is one prediction file better than another? A paired bootstrap over documents.

Both files are scored on the same draws of documents, so that what makes a document hard for both
cancels out: much smaller differences show than two separate intervals would let one see.
"""

from dataclasses import dataclass

import numpy as np

from extract.scoring.scored_items import Lists, Scorer, Task
from extract.scoring.scores import Counts, bootstrap_f1, count_documents

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Micro-F1 of a file minus that of another, on one task.

    ``interval`` is the 95 % bootstrap interval of ``difference``. ``p_value`` is two-sided: twice
    the share of draws in which the difference is nought or has the other sign, at most 1. Its
    least value is 2 / 10,001.
    """

    task: Task
    scorer: Scorer
    difference: float
    interval: tuple[float, float]
    p_value: float


def compare(
    gold: Lists, predicted: Lists, other: Lists, task: Task, scorer: Scorer, *, seed: int = 0
) -> Comparison:
    """Compare ``predicted`` to ``other``; raises ScoringError on PMIDs that gold lacks."""
    ours, theirs = (count_documents(gold, lists, task, scorer) for lists in (predicted, other))
    if not ours:
        return Comparison(task, scorer, 0.0, (0.0, 0.0), 1.0)
    differences = bootstrap_f1(ours, seed=seed, resamples=RESAMPLES)
    differences -= bootstrap_f1(theirs, seed=seed, resamples=RESAMPLES)
    low, high = np.percentile(differences, (2.5, 97.5))
    fewer = min((differences <= 0).sum(), (differences >= 0).sum())
    p_value = min(1.0, 2 * float(fewer + 1) / (RESAMPLES + 1))
    return Comparison(task, scorer, _f1(ours) - _f1(theirs), (float(low), float(high)), p_value)


def _f1(table: list[Counts]) -> float:
    columns = zip(*((c.hits, c.predicted, c.gold) for c in table), strict=True)
    return Counts(*map(sum, columns)).f1
