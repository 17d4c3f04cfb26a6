"""Scores as rows of a table and as JSON."""

from collections.abc import Iterable, Iterator, Sequence

from extract.scoring.evaluation import Evaluation, Result
from extract.scoring.file_checks import EntityInput
from extract.scoring.scores import Average, Counts, Score

Row = dict[str, object]
COLUMNS = (
    "task", "scorer", "entities", "precision", "recall", "f1", "f1_interval_95", "macro_f1", "hits",
    "predicted", "gold", "uncounted",
)  # fmt: skip
COMPARISON_COLUMNS = (
    "against_entities", "against_f1", "difference", "difference_interval_95", "p_value",
)  # fmt: skip
CLASS_COLUMNS = ("task", "class", "precision", "recall", "f1", "hits", "predicted", "gold")


def score_rows(evaluation: Evaluation) -> list[Row]:
    """Flatten an evaluation, a row a task; figures are rounded to four digits."""
    return [_row(result, evaluation.entities) for result in evaluation.results]


def class_rows(evaluation: Evaluation) -> Iterator[Row]:
    """Flatten the scores of classes, a row each."""
    for result in evaluation.results:
        for name, counts in result.score.by_class:
            yield {"task": result.score.task, "class": name, **_figures(counts), **_sizes(counts)}


def table_cells(rows: Iterable[Row], columns: Sequence[str]) -> list[list[str]]:
    """Pick columns of rows, as text."""
    return [[str(row[column]) for column in columns] for row in rows]


def _row(result: Result, entities: Sequence[EntityInput]) -> Row:
    row = _score_row(result.score) | {"entities": str(entities[0])}
    if result.against and result.comparison:
        row |= {
            "against_entities": str(entities[-1]),
            "against_f1": round(result.against.micro.f1, 4),
            "difference": round(result.comparison.difference, 4),
            "difference_interval_95": _rounded(result.comparison.interval),
            "p_value": round(result.comparison.p_value, 4),
        }
    return row


def _score_row(score: Score) -> Row:
    return {
        "task": str(score.task),
        "scorer": str(score.scorer),
        "documents": score.documents,
        **_figures(score.micro),
        "f1_interval_95": _rounded(score.interval),
        **_figures(score.macro, "macro_"),
        **_figures(score.weighted, "weighted_"),
        **_sizes(score.micro),
        "uncounted": score.uncounted,
        "repeated": score.repeated,
        "by_class": {name: {**_figures(c), **_sizes(c)} for name, c in score.by_class},
    }


def _figures(counts: Counts | Average, prefix: str = "") -> Row:
    return {
        prefix + "precision": round(counts.precision, 4),
        prefix + "recall": round(counts.recall, 4),
        prefix + "f1": round(counts.f1, 4),
    }


def _sizes(counts: Counts) -> Row:
    return {"hits": counts.hits, "predicted": counts.predicted, "gold": counts.gold}


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(bound, 4) for bound in interval]
