"""Prediction files against a gold file: scores, comparisons, and what is wrong with the files.

What keeps a file from being scored (a row that cannot be read, a document that gold lacks) is an
error that lists all of it. A span that is not in the text scores nothing, officially too, and a
wrong row of ``relations`` does not matter where the derived lists are there: both are reported
beside the scores.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from extract.corpus import CorpusError, Entries, Entry, read_entries
from extract.scoring.items import Lists, Scorer, Task, has_task, read_lists
from extract.scoring.scores import Average, Comparison, Counts, Score, compare, score
from extract.scoring.spans import Texts, token_lists

Row = dict[str, object]
_LOCATIONS = ("title", "abstract")
COLUMNS = (
    "task", "scorer", "entities", "precision", "recall", "f1", "f1_interval_95", "macro_f1", "hits",
    "predicted", "gold", "uncounted",
)  # fmt: skip
COMPARISON_COLUMNS = (
    "against_entities", "against_f1", "difference", "difference_interval_95", "p_value",
)  # fmt: skip
CLASS_COLUMNS = ("task", "class", "precision", "recall", "f1", "hits", "predicted", "gold")
RELATION_TASKS = (Task.BINARY, Task.TAG, Task.MENTION)
TOKEN_TASKS = (Task.TOKENS_IO, Task.TOKENS_BIO)
TASKS_OF: Mapping[Scorer, tuple[Task, ...]] = {
    Scorer.OFFICIAL: (Task.NER, *RELATION_TASKS),
    Scorer.OFFICIAL_2026: (Task.NER, Task.NERD, Task.MENTION, Task.CONCEPT),
    Scorer.STRICT: tuple(task for task in Task if task not in TOKEN_TASKS),
}
"""What is scored where no task is named: the edition's own, strictly all but tokens."""


class EntityInput(StrEnum):
    """Which entities relations were found between; a relation score means little without."""

    GOLD = "gold"
    PREDICTED = "predicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """A task's score and, where there is another file, the difference to it."""

    score: Score
    against: Score | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out. ``entities`` says between which each file's relations were found.

    ``faults`` are the rows that are wrong but keep nothing from being scored, a line each;
    ``notes`` what else a reader of the scores should know.
    """

    results: tuple[Result, ...]
    entities: tuple[EntityInput, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file with the items that could be read, and a line for each row that could not."""

    path: Path
    entries: Entries
    lists: Mapping[Task, Lists]
    faults: tuple[str, ...]


def evaluate_files(
    gold: Path,
    predictions: Sequence[Path],
    tasks: Sequence[Task] = (),
    scorer: Scorer = Scorer.STRICT,
) -> Evaluation:
    """Score a prediction file; a second one is scored on the same draws of documents.

    Without ``tasks``: those of ``TASKS_OF`` that all files can give. Raises CorpusError with
    every fault of every file.
    """
    entries = {path: read_entries(path) for path in (gold, *predictions)}
    wanted = tuple(tasks) or _possible_tasks(entries, scorer)
    read = {path: _read(path, found, wanted, scorer) for path, found in entries.items()}
    truth, files = read[gold], [read[path] for path in predictions]
    _check(truth, files)
    results = tuple(_result(truth, files, task, scorer) for task in wanted)
    kinds = [entity_input(truth.lists.get(Task.NER, {}), f.lists.get(Task.NER)) for f in files]
    notes = (
        *_file_notes(truth, files, TASKS_OF[scorer] if not tasks else ()),
        *_repeats(results),
        *_unlike_inputs(kinds),
    )
    return Evaluation(results, tuple(kinds), _file_faults(truth, read.values()), notes)


def state_entities(evaluation: Evaluation, *, is_gold: bool | None) -> Evaluation:
    """Say between which entities relations were found where files cannot, None for unknown.

    Raises CorpusError where a file says otherwise.
    """
    if is_gold is None:
        return evaluation
    said = EntityInput.GOLD if is_gold else EntityInput.PREDICTED
    if contrary := {*evaluation.entities} - {said, EntityInput.UNKNOWN}:
        raise CorpusError([f"the file's entities are {kind}, not {said}" for kind in contrary])
    return replace(evaluation, entities=tuple(said for _ in evaluation.entities))


def _possible_tasks(entries: Mapping[Path, Entries], scorer: Scorer) -> tuple[Task, ...]:
    tasks = TASKS_OF[scorer]
    possible = tuple(t for t in tasks if all(has_task(read, t) for read in entries.values()))
    if not possible:
        paths = " and ".join(map(str, entries))
        raise CorpusError([f"nothing to score: {paths} have none of {', '.join(tasks)} in common"])
    return possible


def _read(path: Path, entries: Entries, tasks: Sequence[Task], scorer: Scorer) -> _File:
    lists: dict[Task, Lists] = {}
    faults: list[str] = []
    with_entities = (*tasks, Task.NER) if has_task(entries, Task.NER) else tasks
    for task in dict.fromkeys(with_entities):
        try:
            lists[task] = read_lists(path, entries, task, scorer)
        except CorpusError as error:
            faults += error.faults
    return _File(path, entries, lists, tuple(faults))


def _check(truth: _File, files: Sequence[_File]) -> None:
    unknown = (
        f"{file.path}: PMID {pmid} is not in {truth.path}"
        for file in files
        for pmid in file.entries
        if pmid not in truth.entries
    )
    if faults := [*truth.faults, *(fault for file in files for fault in file.faults), *unknown]:
        raise CorpusError(faults)


def _result(truth: _File, files: Sequence[_File], task: Task, scorer: Scorer) -> Result:
    gold, *predicted = (_lists(file, truth, task) for file in (truth, *files))
    first, *rest = (score(gold, lists, task, scorer) for lists in predicted)
    if not rest:
        return Result(first)
    return Result(first, rest[0], compare(gold, predicted[0], predicted[1], task, scorer))


def _lists(file: _File, truth: _File, task: Task) -> Lists:
    lists = file.lists[task]
    return token_lists(lists, texts_of(truth.entries), task) if task in TOKEN_TASKS else lists


def _file_faults(truth: _File, files: Iterable[_File]) -> tuple[str, ...]:
    texts = texts_of(truth.entries)
    return tuple(
        line
        for file in files
        for check in (
            wrong_relations(file.path, file.entries),
            wrong_spans(file.path, file.entries, texts),
        )
        for line in check
    )


def _file_notes(truth: _File, files: Sequence[_File], asked: Sequence[Task]) -> Iterator[str]:
    for file in files:
        if absent := len(truth.entries.keys() - file.entries.keys()):
            lost = f"{absent} of {len(truth.entries)} gold documents are absent"
            yield f"{file.path}: {lost}: counted as missed"
        lacking = (task for task in asked if not has_task(file.entries, task))
        for task in lacking:
            if has_task(truth.entries, task):
                yield f"{file.path}: {task}: not scored, the file has no such items"


def _repeats(results: Sequence[Result]) -> Iterator[str]:
    scores = (s for result in results for s in (result.score, result.against) if s)
    for s in scores:
        if s.scorer is Scorer.OFFICIAL and s.repeated:
            yield f"{s.task}: {s.repeated} repeated predictions, which this scorer counts again"


def _unlike_inputs(kinds: Sequence[EntityInput]) -> Iterator[str]:
    if len(set(kinds)) > 1:
        yield f"no fair comparison of relations: entities were {' here, '.join(kinds)} there"


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


def entity_input(gold: Lists, predicted: Lists | None) -> EntityInput:
    """Distinguish gold entities from predicted ones by comparison: nobody need say.

    Gold are those of a file whose documents all have just the entities (place and label) that
    they have in gold. A file without any entity leaves it unknown.
    """
    if predicted is None or not any(predicted.values()):
        return EntityInput.UNKNOWN
    is_gold = all(_places(items) == _places(gold.get(p, ())) for p, items in predicted.items())
    return EntityInput.GOLD if is_gold else EntityInput.PREDICTED


def _places(items: tuple[Any, ...]) -> set[tuple[Any, ...]]:
    return {(start, end, location, label) for (start, end, location, _, label), _ in items}


def texts_of(entries: Entries) -> Texts:
    """Give the titles and abstracts that a file has."""
    passages = (
        (pmid, location, entry["metadata"].get(location))
        for pmid, entry in entries.items()
        if isinstance(entry.get("metadata"), dict)
        for location in _LOCATIONS
    )
    return {(pmid, location): text for pmid, location, text in passages if isinstance(text, str)}


def wrong_spans(path: Path, entries: Entries, texts: Texts) -> tuple[str, ...]:
    """Name the spans that read otherwise in the text: a line each, in the order of the file.

    Rows that ``items_of`` refuses, and documents whose text is not at hand, are passed over.
    """
    lines = (
        f"{path}: PMID {pmid}: {place}: {fault}"
        for pmid, entry in entries.items()
        for place, row, prefix in _spans(entry)
        if (fault := _span_fault(pmid, row, prefix, texts))
    )
    return tuple(dict.fromkeys(lines))


def wrong_relations(path: Path, entries: Entries) -> tuple[str, ...]:
    """Name the rows of ``relations`` that cannot be read, whether or not a task needs them."""
    relations = {p: {"relations": e["relations"]} for p, e in entries.items() if "relations" in e}
    try:
        read_lists(path, relations, Task.MENTION)
    except CorpusError as error:
        return error.faults
    return ()


def _spans(entry: Entry) -> Iterator[tuple[str, Entry, str]]:
    """Yield (place, row, field prefix) of each span: those of entities, then of relations."""
    for name, prefixes in (("entities", ("",)), ("relations", ("subject_", "object_"))):
        listed = entry.get(name)
        rows: list[Any] = listed if isinstance(listed, list) else []
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                yield from ((f"{name}[{number}]", row, prefix) for prefix in prefixes)


def _span_fault(pmid: str, row: Entry, prefix: str, texts: Texts) -> str:
    location, span = row.get(prefix + "location"), row.get(prefix + "text_span")
    text = texts.get((pmid, str(location)))
    try:
        start, last = int(row[prefix + "start_idx"]), int(row[prefix + "end_idx"])
    except (KeyError, TypeError, ValueError):
        return ""
    if text is None or (start >= 0 and text[start : last + 1] == span):
        return ""
    found = text[start : last + 1] if 0 <= start <= last else ""
    hint = " (ends are inclusive)" if start >= 0 and text[start:last] == span else ""
    return f"{prefix}{location} [{start}, {last}] reads {found!r:.60}, not {span!r:.60}{hint}"
