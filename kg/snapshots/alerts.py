"""Saved questions that are asked of every new snapshot: which rows were not there before?

An alert is a ``.rq`` file in a folder, in the format of the catalogue; its name is the file's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.graph.catalogue import Question, QuestionError, bind, read_question
from kg.stores import Row
from kg.stores.answers import QueryError, StoreUnreachableError

Ask = Callable[[str], Iterable[Row]]
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertResult:
    """What one alert found. ``problem`` is empty, or why it could not be answered.

    ``new`` rows are in the later graph only, ``gone`` rows in the earlier one; cells are plain
    values in the order of ``columns``, rows in the order of the question.
    """

    name: str
    summary: str
    columns: Cells = ()
    new: tuple[Cells, ...] = ()
    gone: tuple[Cells, ...] = ()
    problem: str = ""


def run_alerts(folder: Path, before: Ask, after: Ask) -> list[AlertResult]:
    """Ask every alert of a folder of two graphs, by name; one that fails leaves the others.

    ``before`` and ``after`` answer a SELECT, such as ``store.select``. Raises
    StoreUnreachableError where a graph does not answer at all.
    """
    return [_run(path, before, after) for path in sorted(folder.glob("*.rq"))]


def _run(path: Path, before: Ask, after: Ask) -> AlertResult:
    try:
        question = read_question(path)
        text = bind(question, {})
        return _compared(question, list(before(text)), list(after(text)))
    except StoreUnreachableError:
        raise
    except (QuestionError, QueryError) as error:
        return AlertResult(path.stem, "", problem=str(error))


def _compared(question: Question, old: Sequence[Row], new: Sequence[Row]) -> AlertResult:
    columns = tuple(next(iter((*new, *old)), {}))
    then, now = (dict.fromkeys(_cells(row, columns) for row in rows) for rows in (old, new))
    appeared = tuple(row for row in now if row not in then)
    vanished = tuple(row for row in then if row not in now)
    return AlertResult(question.name, question.summary, columns, appeared, vanished)


def _cells(row: Row, columns: Cells) -> Cells:
    terms = (row[column] for column in columns)
    return tuple("" if term is None else str(getattr(term, "value", term)) for term in terms)
