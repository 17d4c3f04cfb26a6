"""Training a tagger, for real: a tiny random encoder learns to find one word."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.methods import RecognizerName, RelationMethod, Runtime, load_extractor
from extract.training.pool import CorpusTooSmallError
from extract.training.recipe import TrainingOrder, find_recipe
from ingest.document import Document, Passage
from ontology.lexicon import starter_lexicon
from ontology.schema import EntityType

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
tagging = pytest.importorskip("extract.training.tagging")

TRUNK = """
[[trunk]]
collections = {silver = 1.0, bronze = 0.5}
epochs = 1
start_rate = 5e-3
end_rate = 2e-3
"""
BRANCHES = """
[[branch]]
collections = {expert = 1.25, silver = 1.0}
epochs = EPOCHS
start_rate = 5e-3
end_rate = 2e-3

[[branch]]
collections = {expert = 1.25}
epochs = EPOCHS
start_rate = 2e-3
end_rate = 0.0
"""
TOP = "kind = 'tagger'\nbranch_seeds = [1, 2]\n"
SIX = "[optimizer]\nbatch_pieces = 128\n[held_out]\nfolds = 6\n"
ONE = "[[trunk]]\ncollections = {expert = 1.0}\nepochs = EPOCHS\nstart_rate = 5e-3\nend_rate = 0\n"


def annotated(number: int, annotator: str) -> AnnotatedDocument:
    """Anxiety is annotated wherever it stands."""
    words = ["the", "gut", "of", "mice", "saw", "anxiety", "and", "no", "rest", "here"]
    text = " ".join(words[number % 5 :] + words[: number % 5]) + " ."
    start = text.index("anxiety")
    document = Document(str(number), (Passage("abstract", text),))
    mention = Mention("abstract", start, start + 7, "anxiety", EntityType.DDF)
    return AnnotatedDocument(document, (mention,), (), Pipeline(annotator, annotator, "", ""))


CORPUS = (
    *(annotated(n, "expert_1") for n in range(42)),
    *(annotated(n, "student_A") for n in range(42, 60)),
    *(annotated(n, "distant") for n in range(60, 70)),
)


def train(encoder: Path, out: Path, text: str, epochs: int) -> list[str]:
    path, said = out / "recipe.toml", list[str]()
    path.write_text(text.replace("EPOCHS", str(epochs)), encoding="utf-8")
    recipe = replace(find_recipe(str(path)), encoder=str(encoder))
    lexicon = starter_lexicon()
    order = TrainingOrder(recipe, CORPUS, lexicon, out, said.append, checkpoint_every_s=1e9)
    tagging.train_tagger(order)
    return said


def mentions_in(
    model: Path, text: str, runtime: Runtime = Runtime.ONNX
) -> list[tuple[str, EntityType]]:
    names = RecognizerName.ENCODER, RelationMethod.COUNTS
    extractor = load_extractor(*names, model, starter_lexicon(), runtime=runtime)
    document = Document("9", (Passage("abstract", text),))
    return [(m.text, m.type) for m in extractor.recognizer.recognize(document)]


@pytest.fixture(scope="module")
def model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tagger")
    train(tiny_encoder, out, TOP + SIX + TRUNK + BRANCHES, epochs=15)
    return out


def test_a_trained_tagger_reads_without_torch_what_it_learned(model: Path) -> None:
    found = mentions_in(model, "no rest of anxiety here .")
    assert found == [("anxiety", EntityType.DDF)]


def test_torch_reads_the_same_model(model: Path) -> None:
    text = "no rest of anxiety here ."
    assert mentions_in(model, text, Runtime.TORCH) == mentions_in(model, text)


def test_the_judge_of_an_earlier_model_does_not_stay(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "judge.json").write_text("{}")
    train(tiny_encoder, tmp_path, TOP + SIX + TRUNK + BRANCHES, epochs=15)
    assert mentions_in(tmp_path, "no rest of anxiety here .")


def test_a_graph_tells_which_runtime_read_it(model: Path) -> None:
    names = RecognizerName.ENCODER, RelationMethod.COUNTS
    pipelines = [
        load_extractor(*names, model, starter_lexicon(), runtime=runtime).pipeline
        for runtime in Runtime
    ]
    assert [pipeline.recognizer for pipeline in pipelines] == ["encoder", "encoder (torch)"]
    assert pipelines[0].version != pipelines[1].version


def test_the_manifest_says_what_it_was_made_of(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    assert manifest["kind"] == "tagger"
    assert manifest["documents"] == {"expert": 35, "held out": 7, "all": 70}
    assert manifest["held_out_read_by"] == "this model"
    assert manifest["held_out"]["entities"]["f1"] > 0.9


def test_the_metrics_tell_every_epoch_and_all_that_went_in(model: Path) -> None:
    metrics = json.loads((model / "metrics.json").read_text())
    stages = list(dict.fromkeys(epoch["stage"] for epoch in metrics["epochs"]))
    assert stages == [
        "trunk, stage 1",
        "branch 1, stage 1", "branch 1, stage 2", "branch 2, stage 1", "branch 2, stage 2",
    ]  # fmt: skip
    losses = [epoch["loss"] for epoch in metrics["epochs"]]
    assert losses[-1] < losses[0] / 10
    assert metrics["seeds"] == [1, 1, 2]
    assert metrics["device"]["name"] in {"cpu", "cuda"}
    assert metrics["corpus"]["documents"] == {"expert": 42, "silver": 18, "bronze": 10}
    assert len(metrics["code"]) == len(metrics["recipe"]["hash"]) == 64
    assert metrics["held_out"]["entities, F1"] > 0.9
    assert {"torch", "transformers"} <= set(metrics["versions"])


def test_a_finished_run_leaves_no_checkpoint(model: Path) -> None:
    assert not (model / "checkpoint").exists()


def test_progress_is_told_by_stage(tiny_encoder: Path, tmp_path: Path) -> None:
    text = TOP + SIX + TRUNK.replace(", bronze = 0.5", "") + BRANCHES
    said = train(tiny_encoder, tmp_path, text, epochs=1)
    assert said[0] == "bronze: 10 documents that no stage of this recipe takes"
    assert [line.split(":")[0] for line in said[1:]] == [
        "trunk, stage 1",
        "branch 1, stage 1", "branch 1, stage 2", "branch 2, stage 1", "branch 2, stage 2",
    ]  # fmt: skip


@pytest.mark.parametrize("head", ["crf", "bilstm-crf"])
def test_a_tagger_with_a_crf_learns_too_and_brings_its_transitions(
    tiny_encoder: Path, tmp_path: Path, head: str
) -> None:
    text = f"kind = 'tagger'\n{SIX}[model]\nhead = '{head}'\ndropout = 0\nword_dropout = 0\n"
    text = text.replace("[held_out]", "head_factor = 5\n[held_out]")
    train(tiny_encoder, tmp_path, text + ONE.replace("5e-3", "2e-3"), epochs=40)
    found = mentions_in(tmp_path, "saw anxiety and no rest here the gut of mice .")
    assert found == [("anxiety", EntityType.DDF)]
    transitions = np.load(tmp_path / "transitions.npy")
    assert transitions.shape == (27, 27)
    assert np.abs(transitions).max() > 0


def test_branches_that_hold_out_in_turn_have_all_experts_in_their_average(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    text = TOP + SIX + "rotate = true\n" + TRUNK + BRANCHES
    train(tiny_encoder, tmp_path, text, epochs=1)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["documents"] == {"expert": 42, "held out": 14, "all": 70}
    assert manifest["held_out_read_by"] == "branches"


def test_a_student_learns_what_the_branches_say(tiny_encoder: Path, tmp_path: Path) -> None:
    student = "[distil]\nstart = 'trunk'\n"
    student += "[[distil.soft]]\ncollections = {silver = 1.0, expert = 1.0}\nepochs = 40\n"
    student += "start_rate = 5e-3\nend_rate = 1e-3\n"
    student += "[[distil.hard]]\ncollections = {expert = 1.0}\nepochs = 1\n"
    student += "start_rate = 1e-3\nend_rate = 0\n"
    said = train(tiny_encoder, tmp_path, TOP + SIX + TRUNK + BRANCHES + student, epochs=15)
    assert said[-1].startswith("student, hard, stage 1")
    assert mentions_in(tmp_path, "no rest of anxiety here .") == [("anxiety", EntityType.DDF)]


def test_a_stage_stops_where_held_out_documents_gain_no_more(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    text = f"kind = 'tagger'\n{SIX}[early_stopping]\npatience = 2\nmax_windows = 3\n"
    said = train(tiny_encoder, tmp_path, text + ONE, epochs=200)[2:]
    scores = [float(line.rsplit(" ", 1)[1]) for line in said]
    assert len(scores) < 200
    assert scores.index(max(scores)) == len(scores) - 3
    assert mentions_in(tmp_path, "no rest of anxiety here .") == [("anxiety", EntityType.DDF)]


def test_a_tagger_too_large_for_onnx_is_kept_for_torch(tiny_encoder: Path, tmp_path: Path) -> None:
    text = f"kind = 'tagger'\nexport = 'torch'\n{SIX}[model]\nhead = 'crf'\n"
    text += "[lora]\nr = 4\nalpha = 8\ntargets = ['query', 'value']\n"
    train(tiny_encoder, tmp_path, text + ONE, epochs=30)
    assert not (tmp_path / "tagger.onnx").exists()
    assert mentions_in(tmp_path, "no rest of anxiety here .") == [("anxiety", EntityType.DDF)]


def test_an_unknown_lora_target_is_told_with_the_known_ones(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    text = f"kind = 'tagger'\n{TRUNK}[lora]\nr = 4\nalpha = 8\ntargets = ['q']\n"
    with pytest.raises(ValueError, match=r"lora.targets: the encoder has only dense, key, query"):
        train(tiny_encoder, tmp_path, text, epochs=0)


def test_a_corpus_without_experts_is_refused(tmp_path: Path) -> None:
    recipe, corpus = find_recipe("tagger"), [annotated(1, "distant")]
    with pytest.raises(CorpusTooSmallError, match="0 expert documents"):
        tagging.train_tagger(
            TrainingOrder(recipe, corpus, starter_lexicon(), tmp_path, lambda _: None)
        )
