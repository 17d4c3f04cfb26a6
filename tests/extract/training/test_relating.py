"""Training ATLOP: whether a tiny one learns."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from extract.logistic import read_curve
from extract.training.recipe import TrainingOrder, find_recipe
from ingest.document import Document, Passage
from ontology.lexicon import Lexicon
from ontology.schema import EntityType, Predicate, is_legal

pytest.importorskip("torch", reason="the extra `train` is not installed")
atlop: Any = pytest.importorskip("extract.relations.atlop")
relating: Any = pytest.importorskip("extract.training.relating")


def chemical(passage: str, start: int) -> Mention:
    return Mention(passage, start, start + 8, "butyrate", EntityType.CHEMICAL)


def anxiety(passage: str, start: int) -> Mention:
    return Mention(passage, start, start + 7, "anxiety", EntityType.DDF)


RECIPE = """
kind = "atlop"

[model]
group = 8
dropout = 0.0

[optimizer]
batch_pieces = 128

[held_out]
folds = 5

[[trunk]]
collections = { expert = 1.0 }
epochs = 25
start_rate = 5e-3
end_rate = 0.0
"""


def planted(number: int, *, eased: bool) -> AnnotatedDocument:
    """Butyrate influences what it eases, not what it is near."""
    before = "the gut of mice " * (number % 3)
    text = f"{before}butyrate {'eases' if eased else 'near'} anxiety {'here ' * (number % 4)}."
    document = Document(str(number), (Passage("abstract", text),))
    mentions = chemical("abstract", len(before)), anxiety("abstract", text.index("anxiety"))
    relation = Relation(mentions[0], Predicate.INFLUENCE, mentions[1])
    pipeline = Pipeline("expert_1", "expert_1", "", "")
    return AnnotatedDocument(document, mentions, (relation,) if eased else (), pipeline)


# Twelve fillings of the gaps, each with both words: only the word tells.
CORPUS = tuple(planted(n, eased=n // 12 % 2 == 0) for n in range(48))


def relations_of(loaded: Any, annotated: AnnotatedDocument) -> set[tuple[str, Predicate, str]]:
    found = loaded.relate(annotated.document, annotated.mentions)
    assert all(0 <= r.score <= 1 for r in found)
    assert all(is_legal(r.subject.type, r.predicate, r.object.type) for r in found)
    return {(r.subject.text, r.predicate, r.object.text) for r in found if r.score >= 0.5}


Train = Callable[..., Path]


@pytest.fixture(scope="module")
def train(tiny_encoder: Path) -> Train:
    def run(out: Path, text: str = RECIPE) -> Path:
        path = out / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        recipe = replace(find_recipe(str(path)), encoder=str(tiny_encoder))
        relating.train_atlop(TrainingOrder(recipe, CORPUS, Lexicon({}), out, lambda _: None))
        return out

    return run


def test_a_tiny_model_learns_what_was_planted_and_keeps_it_on_disk(
    train: Train, tmp_path: Path
) -> None:
    folder = train(tmp_path)
    curve = read_curve(json.loads((folder / "manifest.json").read_bytes()))
    loaded = atlop.load_atlop(folder, 0.0, curve)
    wanted = {("butyrate", Predicate.INFLUENCE, "anxiety")}
    assert relations_of(loaded, planted(100, eased=True)) == wanted
    assert relations_of(loaded, planted(101, eased=True)) == wanted
    assert relations_of(loaded, planted(102, eased=False)) == set()
    assert loaded.relate(CORPUS[0].document, ()) == ()


def test_a_stage_that_may_stop_early_is_rated_on_held_out_documents(
    train: Train, tmp_path: Path
) -> None:
    text = RECIPE.replace("epochs = 25", "epochs = 2") + "[early_stopping]\npatience = 1\n"
    metrics = json.loads((train(tmp_path, text) / "metrics.json").read_text())
    # Found everywhere, what six of ten held-out documents say has an F1 of .75.
    assert len(metrics["epochs"]) == 2
    assert all(0.75 <= epoch["held_out"] <= 1 for epoch in metrics["epochs"])
