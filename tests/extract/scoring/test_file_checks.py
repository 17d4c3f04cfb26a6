from pathlib import Path
from typing import Any

import pytest

from extract.scoring.file_checks import (
    EntityInput,
    entity_input,
    texts_of,
    wrong_relations,
    wrong_spans,
)
from extract.scoring.items import Lists, Task, items_of

Row = dict[str, Any]
GOLD = {"7": {"metadata": {"title": "PD and mood", "abstract": "Mood: low."}}}
FILE = Path("p.json")


def span(start: int, end: int, text: str, location: str = "title", prefix: str = "") -> Row:
    row = {"start_idx": start, "end_idx": end, "location": location, "text_span": text}
    return {prefix + field: value for field, value in (row | {"label": "DDF"}).items()}


def entities(*rows: Row) -> tuple[Any, ...]:
    return items_of({"entities": list(rows)}, Task.NER)


def told(*rows: Row, relations: tuple[Row, ...] = ()) -> tuple[str, ...]:
    entry = {"entities": list(rows), "relations": list(relations)}
    return wrong_spans(FILE, {"7": entry}, texts_of(GOLD))


def test_spans_that_read_what_they_say_are_not_told() -> None:
    relation = span(0, 1, "PD", prefix="subject_") | span(0, 3, "Mood", "abstract", "object_")
    assert told(span(0, 1, "PD"), span(7, 10, "mood"), relations=(relation,)) == ()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (span(0, 1, "Pd"), "title [0, 1] reads 'PD', not 'Pd'"),
        (span(0, 2, "PD"), "title [0, 2] reads 'PD ', not 'PD' (ends are inclusive)"),
        (span(7, 99, "mood!"), "title [7, 99] reads 'mood', not 'mood!'"),
        (span(-4, -1, "mood"), "title [-4, -1] reads '', not 'mood'"),
        (span(5, 4, "x"), "title [5, 4] reads '', not 'x'"),
    ],
)
def test_a_span_that_reads_otherwise_is_one_line(row: Row, fault: str) -> None:
    assert told(span(0, 1, "PD"), row) == (f"p.json: PMID 7: entities[1]: {fault}",)


def test_spans_of_relations_are_checked_as_well() -> None:
    relation = span(0, 1, "PD", prefix="subject_") | span(0, 3, "mood", "abstract", "object_")
    (line,) = told(relations=(relation,))
    assert line.startswith("p.json: PMID 7: relations[0]: object_abstract [0, 3] reads 'Mood'")


def test_without_the_text_or_the_fields_nothing_is_said_of_spans() -> None:
    rows = [span(0, 1, "Pd"), 3, {"location": "title"}]
    for pmid, entry in (("8", {"entities": rows[:1]}), ("7", {"entities": rows[1:]})):
        assert wrong_spans(FILE, {pmid: entry}, texts_of(GOLD)) == ()
    assert texts_of({"7": {}, "8": {"metadata": {"title": None}}}) == {}


def test_relations_that_no_task_reads_are_checked_as_well() -> None:
    entry = {"relations": [{"subject_text_span": "PD"}, 3]}
    assert wrong_relations(FILE, {"7": entry, "8": {}}) == (
        "p.json: PMID 7: relations[0]: missing field 'subject_label'",
        "p.json: PMID 7: relations[1]: no object: 3",
    )


PD, MOOD = span(0, 1, "PD"), span(7, 10, "mood")


@pytest.mark.parametrize(
    ("predicted", "kind"),
    [
        ({"7": entities(PD, MOOD), "8": entities(PD)}, EntityInput.GOLD),
        ({"7": entities(MOOD, PD, PD), "8": entities(PD)}, EntityInput.GOLD),
        ({"8": entities(PD)}, EntityInput.GOLD),
        ({"7": entities(PD), "8": entities(PD)}, EntityInput.PREDICTED),
        ({"7": entities(PD, MOOD | {"label": "drug"})}, EntityInput.PREDICTED),
        ({"7": (), "8": entities(PD)}, EntityInput.PREDICTED),
        ({"7": (), "8": ()}, EntityInput.UNKNOWN),
        (None, EntityInput.UNKNOWN),
    ],
)
def test_gold_entities_are_recognised_by_comparison(
    predicted: Lists | None, kind: EntityInput
) -> None:
    assert entity_input({"7": entities(PD, MOOD), "8": entities(PD)}, predicted) is kind
