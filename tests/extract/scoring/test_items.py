import json
from pathlib import Path
from typing import Any

import pytest

from extract.corpus import LINES_SHOWN, CorpusError, read_entries
from extract.scoring.items import Lists, Scorer, Task, has_task, items_of, read_lists

NER, NERD, BINARY, TAG, MENTION = Task.NER, Task.NERD, Task.BINARY, Task.TAG, Task.MENTION
CONCEPT, LINKED = Task.CONCEPT, Task.LINKED
Row = dict[str, Any]
PD: Row = {
    "start_idx": 0,
    "end_idx": 1,
    "location": "title",
    "text_span": "PD",
    "label": "DDF",
    "uri": "NCIT:1",
}


def triple(head: str, predicate: str, tail: str) -> Row:
    return {"subject_label": head, "predicate": predicate, "object_label": tail}


def statement(subject: str, predicate: str, target: str) -> Row:
    spans = {"subject_text_span": subject, "object_text_span": target}
    uris = {"subject_uri": f"uri:{subject}", "object_uri": f"uri:{target}"}
    return triple("DDF", predicate, "DDF") | spans | uris


def read_items(path: Path, task: Task) -> Lists:
    return read_lists(path, read_entries(path), task)


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_lists_that_a_file_lacks_are_derived_from_its_relations() -> None:
    affect, is_a = statement("PD", "affect", "mood"), statement("PD", "is a", "ill")
    entry = {"relations": [affect, is_a, affect]}
    tasks = (BINARY, TAG, MENTION, LINKED, CONCEPT)
    assert [len(items_of(entry, task)) for task in tasks] == [1, 2, 2, 2, 2]


def test_a_list_that_is_there_is_read_in_place_of_relations() -> None:
    assert items_of({"relations": [triple("DDF", "affect", "DDF")], TAG: []}, TAG) == ()


def test_each_edition_reads_mention_relations_from_its_own_list_first() -> None:
    old, new = [statement("PD", "affect", "mood")], [statement("PD", "is a", "ill")] * 2
    both = {MENTION: old, "mention_level_relations": new}
    assert len(items_of(both, MENTION, scorer=Scorer.OFFICIAL)) == 1
    assert len(items_of(both, MENTION, scorer=Scorer.OFFICIAL_2026)) == 2
    for scorer in Scorer:
        assert len(items_of({"mention_level_relations": new}, MENTION, scorer=scorer)) == 2


@pytest.mark.parametrize(("entry", "task"), [({}, NER), ({"entities": []}, TAG), ({}, CONCEPT)])
def test_a_list_that_nothing_stands_for_is_missing(entry: Row, task: Task) -> None:
    with pytest.raises(CorpusError, match=r"missing list '(entities|relations)'"):
        items_of(entry, task)


def test_a_mention_without_concept_is_no_linked_entity_but_officially_a_wrong_one() -> None:
    entry = {"entities": [PD, PD | {"uri": None}]}
    assert len(items_of(entry, NERD)) == 1
    assert len(items_of(entry, NERD, scorer=Scorer.OFFICIAL_2026)) == 2


def test_offsets_given_as_text_are_an_error_for_the_2026_scorer_only() -> None:
    entry = {"entities": [PD | {"start_idx": "0"}]}
    assert items_of(entry, NER) == items_of({"entities": [PD]}, NER)
    with pytest.raises(CorpusError, match=r"entities\[0\]: start_idx: not a whole number: '0'"):
        items_of(entry, NER, scorer=Scorer.OFFICIAL_2026)


@pytest.mark.parametrize(
    ("task", "row", "reason"),
    [
        (NER, PD | {"label": "ddf"}, "entities[0]: no such label: 'ddf'"),
        (NER, PD | {"label": ["DDF"]}, "entities[0]: no such label: ['DDF']"),
        (NER, PD | {"location": "body"}, "entities[0]: no such location: 'body'"),
        (NER, PD | {"text_span": None}, "entities[0]: missing field 'text_span'"),
        (NER, PD | {"start_idx": "x"}, "entities[0]: start_idx: not a whole number: 'x'"),
        (NER, PD | {"start_idx": 0.5}, "entities[0]: start_idx: not a whole number: 0.5"),
        (NER, PD | {"start_idx": True}, "entities[0]: start_idx: not a whole number: True"),
        (NERD, {k: v for k, v in PD.items() if k != "uri"}, "entities[0]: missing field 'uri'"),
        (NERD, PD | {"uri": 3}, "entities[0]: no such uri: 3"),
        (TAG, triple("DDF", "likes", "DDF"), "no such predicate: 'likes'"),
        (TAG, triple("DDF", "affect", "mood"), "no such object_label: 'mood'"),
        (BINARY, {"subject_label": "DDF"}, "missing field 'object_label'"),
        (CONCEPT, triple("DDF", "affect", "DDF"), "missing field 'subject_uri'"),
        (NER, "PD", "entities[0]: no object: 'PD'"),
        (NER, None, "entities[0]: no object: None"),
    ],
)
def test_a_bad_row_is_named_with_file_pmid_list_and_place(
    tmp_path: Path, task: Task, row: object, reason: str
) -> None:
    path = write(tmp_path / "p.json", {"7": {"entities": [row], task: [row]}})
    with pytest.raises(CorpusError) as error:
        read_items(path, task)
    assert str(error.value).startswith(f"{path}: PMID 7: ")
    assert reason in str(error.value)


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    bad = PD | {"label": "ddf"}
    path = write(tmp_path / "p.json", {"7": {"entities": [bad, PD, bad]}, "8": {"entities": [3]}})
    with pytest.raises(CorpusError) as error:
        read_items(path, NER)
    assert str(error.value).splitlines() == [
        f"{path}: PMID 7: entities[0]: no such label: 'ddf'",
        f"{path}: PMID 7: entities[2]: no such label: 'ddf'",
        f"{path}: PMID 8: entities[0]: no object: 3",
    ]


def test_a_long_list_of_bad_rows_is_cut_and_counted() -> None:
    with pytest.raises(CorpusError) as error:
        items_of({"entities": [0] * (LINES_SHOWN + 5)}, NER)
    assert str(error.value).splitlines()[-1] == "... and 5 more"
    assert len(error.value.faults) == LINES_SHOWN + 5


@pytest.mark.parametrize("content", ["", "{", "[]", '{"7": []}', '{"7": {"entities": null}}'])
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"p\.json: "):
        read_items(path, NER)


def test_a_file_can_give_what_it_has_rows_and_uris_for() -> None:
    without_uri = {k: v for k, v in PD.items() if k != "uri"}
    only_tags: Any = {"7": {TAG: [triple("DDF", "affect", "DDF")]}}
    assert [task for task in Task if has_task(only_tags, task)] == [TAG]
    assert not has_task({"7": {"entities": [without_uri]}}, NERD)
    assert has_task({"7": {"entities": [PD]}}, NERD)
    assert has_task({"7": {"relations": [statement("PD", "affect", "mood")]}}, CONCEPT)
    assert all(has_task({}, task) for task in Task)
