"""``gutbrain evaluate`` on small files, and on a real prediction beside another scorer."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.prediction import predict, write_predictions
from extract.corpus import CorpusError
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor, shipped_model
from extract.scoring.evaluation import (
    EntityInput,
    entity_input,
    evaluate_files,
    state_entities,
    texts_of,
    wrong_relations,
    wrong_spans,
)
from extract.scoring.items import Lists, Scorer, Task, items_of
from extract.scoring.scores import Score
from ontology.lexicon import starter_lexicon

GUTBRAIN = Path(sys.executable).with_name("gutbrain")
SHARED = Path(__file__).parents[3].parent / "shared"
Row = dict[str, Any]
Write = Callable[[str, object], Path]

PRINTED = re.compile(r"(\S+) ([\d.]+) \(P ([\d.]+) R ([\d.]+)\)")
"""Name, F1, precision and recall as the other scorer prints them."""

TITLE = "PD and mood"
PD = {"start_idx": 0, "end_idx": 1, "location": "title", "text_span": "PD", "label": "DDF"}
MOOD = {"start_idx": 7, "end_idx": 10, "location": "title", "text_span": "mood", "label": "DDF"}


def relation(subject: Row, predicate: str, target: Row) -> Row:
    subjects = {f"subject_{field}": value for field, value in subject.items()}
    return subjects | {"predicate": predicate} | {f"object_{f}": v for f, v in target.items()}


def entry(*entities: Row, relations: tuple[Row, ...] = ()) -> Row:
    metadata = {"title": TITLE, "abstract": "None."}
    return {"metadata": metadata, "entities": list(entities), "relations": list(relations)}


AFFECTS = relation(PD, "affect", MOOD)
GOLD = {"1": entry(PD, MOOD, relations=(AFFECTS,)), "2": entry(PD)}
HALF = {"1": entry(PD), "2": entry(PD)}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of the given name and content."""

    def build(name: str, content: object) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return build


@pytest.fixture
def gold(write: Write) -> Path:
    return write("gold", GOLD)


def gutbrain(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [GUTBRAIN, "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def evaluate(gold: Path, predictions: Path, tasks: Sequence[Task], scorer: Scorer) -> list[Score]:
    return [each.score for each in evaluate_files(gold, [predictions], tasks, scorer).results]


def tasks(gold: Path, predictions: Path, scorer: Scorer) -> list[Task]:
    return [score.task for score in evaluate(gold, predictions, (), scorer)]


def test_without_tasks_those_of_the_edition_are_scored(write: Write) -> None:
    def linked(row: Row) -> Row:
        return row | {"uri": f"u:{row['text_span']}"}

    pd, mood = linked(PD), linked(MOOD)
    path = write("linked", {"1": entry(pd, mood, relations=(relation(pd, "affect", mood),))})
    relations = [Task.BINARY, Task.TAG, Task.MENTION]
    assert tasks(path, path, Scorer.OFFICIAL) == [Task.NER, *relations]
    links = [Task.NERD, Task.MENTION, Task.CONCEPT]
    assert tasks(path, path, Scorer.OFFICIAL_2026) == [Task.NER, *links]
    every = [Task.NER, *relations, Task.NERD, Task.LINKED, Task.CONCEPT, Task.OVERLAP]
    assert tasks(path, path, Scorer.STRICT) == every


def test_a_file_of_one_task_is_scored_on_it_and_the_rest_is_told(gold: Path, write: Write) -> None:
    pair = {"subject_label": "DDF", "object_label": "DDF"}
    path = write("pairs", {"1": {Task.BINARY: [pair]}})
    found = evaluate_files(gold, [path], (), Scorer.OFFICIAL)
    assert [result.score.task for result in found.results] == [Task.BINARY]
    assert found.notes[0] == f"{path}: 1 of 2 gold documents are absent: counted as missed"
    assert found.notes[1] == f"{path}: entities: not scored, the file has no such items"
    assert len(found.notes) == 4


def test_files_without_a_task_in_common_are_an_error(gold: Path, write: Write) -> None:
    with pytest.raises(CorpusError, match="nothing to score"):
        evaluate_files(gold, [write("p", {"1": {}})])


def test_which_entities_relations_stood_on_need_not_be_said(gold: Path, write: Write) -> None:
    half = write("half", HALF)
    assert evaluate_files(gold, [gold]).entities == (EntityInput.GOLD,)
    both = evaluate_files(gold, [half, gold])
    assert both.entities == (EntityInput.PREDICTED, EntityInput.GOLD)
    assert "no fair comparison of relations" in both.notes[-1]


def test_what_a_file_cannot_tell_may_be_said_but_not_against_it(gold: Path, write: Write) -> None:
    pairs = write("pairs", {"1": {Task.BINARY: []}})
    unknown = evaluate_files(gold, [pairs])
    assert unknown.entities == (EntityInput.UNKNOWN,)
    assert state_entities(unknown, is_gold=True).entities == (EntityInput.GOLD,)
    assert state_entities(unknown, is_gold=None).entities == (EntityInput.UNKNOWN,)
    predicted = evaluate_files(gold, [write("half", HALF)])
    with pytest.raises(CorpusError, match="entities are predicted, not gold"):
        state_entities(predicted, is_gold=True)


def test_all_faults_of_all_files_are_told_at_once(gold: Path, write: Write) -> None:
    bad = write("bad", {"1": entry(PD | {"label": "ill"}), "3": entry(PD), "4": entry()})
    worse = write("worse", {"2": entry(relations=(relation(PD, "likes", MOOD),))})
    with pytest.raises(CorpusError) as error:
        evaluate_files(gold, [bad, worse], [Task.NER, Task.TAG])
    assert error.value.faults == (
        f"{bad}: PMID 1: entities[0]: no such label: 'ill'",
        f"{worse}: PMID 2: relations[0]: no such predicate: 'likes'",
        f"{bad}: PMID 3 is not in {gold}",
        f"{bad}: PMID 4 is not in {gold}",
    )


def test_repetitions_are_told_where_the_scorer_rewards_them(gold: Path, write: Write) -> None:
    path = write("twice", {"1": entry(PD, PD), "2": entry(PD)})
    told = "entities: 1 repeated predictions, which this scorer counts again"
    assert told in evaluate_files(gold, [path], [Task.NER], Scorer.OFFICIAL).notes
    assert evaluate_files(gold, [path], [Task.NER], Scorer.STRICT).notes == ()


def test_tokens_are_cut_from_the_texts_of_gold(gold: Path, write: Write) -> None:
    path = write("bare", {"1": {"entities": [PD]}, "2": {"entities": []}})
    (score,) = evaluate(gold, path, [Task.TOKENS_IO], Scorer.STRICT)
    assert (score.micro.hits, score.micro.gold) == (1, 3)


def test_json_has_every_figure(gold: Path, write: Write) -> None:
    done = gutbrain(gold, write("half", HALF), "--task", "ner", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)
    figures = {"precision": 1.0, "recall": 0.6667, "f1": 0.8}
    sizes = {"hits": 2, "predicted": 2, "gold": 3}
    assert row.items() >= {"task": "entities", "entities": "predicted", **figures, **sizes}.items()
    assert row.items() >= {"scorer": "strict", "macro_f1": 0.8, "weighted_f1": 0.8}.items()
    assert row["by_class"] == {"DDF": figures | sizes}
    assert len(row["f1_interval_95"]) == 2


def test_a_second_file_is_compared_to(gold: Path, write: Write) -> None:
    half = write("half", HALF)
    done = gutbrain(gold, gold, "--against", half, "--task", "entities", "--task", "tag", "--json")
    ner, tag = json.loads(done.stdout)
    assert (ner["against_f1"], ner["difference"]) == (0.8, 0.2)
    assert (ner["entities"], ner["against_entities"]) == ("gold", "predicted")
    assert tag["difference"] == 1.0
    assert 0 < ner["p_value"] <= 1


def test_classes_are_printed_on_demand(gold: Path) -> None:
    lines = gutbrain(gold, gold, "--task", "tag", "--per-class").stdout.splitlines()
    assert lines[2].split("\t")[:2] == ["task", "class"]
    assert lines[3].split("\t")[1:4] == ["DDF affect DDF", "1.0", "1.0"]


def test_a_wrong_span_is_told_and_scores_nothing(gold: Path, write: Write) -> None:
    path = write("off", {"1": entry(PD | {"end_idx": 2}, MOOD), "2": entry(PD)})
    done = gutbrain(gold, path, "--task", "ner", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)[0]["hits"] == 2
    told = "entities[0]: title [0, 2] reads 'PD ', not 'PD' (ends are inclusive)"
    assert done.stderr.splitlines() == [f"{path}: PMID 1: {told}"]


def test_a_file_that_cannot_be_scored_is_a_line_a_fault(gold: Path, write: Write) -> None:
    path = write("bad", {"1": entry(PD | {"label": "ill"}), "9": entry()})
    done = gutbrain(gold, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{path}: PMID 1: entities[0]: no such label: 'ill'",
        f"{path}: PMID 9 is not in {gold}",
    ]


def test_a_task_that_does_not_exist_is_a_mistake_of_use(gold: Path) -> None:
    done = gutbrain(gold, gold, "--task", "spelling")
    assert done.returncode == 2
    assert "spelling" in done.stderr


@pytest.fixture(scope="module")
def floor() -> Extractor:
    return load_extractor(
        RecognizerName.LEXICON,
        RelationMethod.COUNTS,
        shipped_model(RecognizerName.LEXICON),
        starter_lexicon(),
    )


@pytest.fixture(scope="module")
def floor_prediction(
    floor: Extractor, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The linked dev documents, and what the floor reads in them."""
    data = Path(os.environ.get("GUTBRAIN_TEST_DATA", SHARED / "data"))
    gold = data / "gutbrainie_nel" / "dev.json"
    if not gold.is_file():
        pytest.skip(f"no development data at {data}")
    out = tmp_path_factory.mktemp("floor") / "p.json"
    done = predict([gold], floor, report=lambda _: None)
    write_predictions(done.documents, out, floor.thresholds, spell=floor.linker.spell)
    return gold, out


@pytest.mark.corpus
def test_another_scorer_agrees_on_a_real_prediction(floor_prediction: tuple[Path, Path]) -> None:
    other = SHARED / "acceptance" / "score.py"
    if not other.is_file():
        pytest.skip(f"no other scorer at {other}")
    gold, out = floor_prediction
    command = [sys.executable, other, gold, out]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = {name: tuple(map(float, row)) for name, *row in PRINTED.findall(printed)}
    tasks = {"ner": Task.NER, "bin": Task.BINARY, "tag": Task.TAG, "men": Task.MENTION}
    for prefix, scorer in (("", Scorer.OFFICIAL), ("s.", Scorer.STRICT)):
        scores = evaluate(gold, out, tuple(tasks.values()), scorer)
        for name, score in zip(tasks, scores, strict=True):
            micro = score.micro
            ours = (micro.f1, micro.precision, micro.recall)
            assert figures[prefix + name] == pytest.approx(ours, abs=0.00051)


@pytest.mark.corpus
def test_the_floor_with_links_can_be_scored_on_every_task(
    floor_prediction: tuple[Path, Path],
) -> None:
    gold, out = floor_prediction
    found = evaluate_files(gold, [out])
    assert found.entities == (EntityInput.PREDICTED,)
    assert (found.faults, found.notes) == ((), ())
    f1 = {result.score.task: result.score.micro.f1 for result in found.results}
    assert f1[Task.NERD] > 0.35
    assert f1[Task.CONCEPT] > 0.10
    assert f1[Task.OVERLAP] > f1[Task.NER] > f1[Task.NERD]


ABSTRACTS = {"7": {"metadata": {"title": "PD and mood", "abstract": "Mood: low."}}}
FILE = Path("p.json")


def span(start: int, end: int, text: str, location: str = "title", prefix: str = "") -> Row:
    row = {"start_idx": start, "end_idx": end, "location": location, "text_span": text}
    return {prefix + field: value for field, value in (row | {"label": "DDF"}).items()}


def entities(*rows: Row) -> tuple[Any, ...]:
    return items_of({"entities": list(rows)}, Task.NER)


def told(*rows: Row, relations: tuple[Row, ...] = ()) -> tuple[str, ...]:
    entry = {"entities": list(rows), "relations": list(relations)}
    return wrong_spans(FILE, {"7": entry}, texts_of(ABSTRACTS))


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
        assert wrong_spans(FILE, {pmid: entry}, texts_of(ABSTRACTS)) == ()
    assert texts_of({"7": {}, "8": {"metadata": {"title": None}}}) == {}


def test_relations_that_no_task_reads_are_checked_as_well() -> None:
    entry = {"relations": [{"subject_text_span": "PD"}, 3]}
    assert wrong_relations(FILE, {"7": entry, "8": {}}) == (
        "p.json: PMID 7: relations[0]: missing field 'subject_label'",
        "p.json: PMID 7: relations[1]: no object: 3",
    )


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
