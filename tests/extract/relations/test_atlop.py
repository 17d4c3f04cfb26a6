"""ATLOP: its loss by hand, its pooling, and whether a tiny one learns."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from extract.ner.windows import OVERLAP_PIECES, WINDOW_PIECES
from extract.training.order import Order
from extract.training.recipe import find_recipe
from ingest.document import Document, Passage
from ontology.schema import EntityType, Predicate, is_legal

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
atlop: Any = pytest.importorskip("extract.relations.atlop")
folder: Any = pytest.importorskip("extract.relations.folder")
transformer: Any = pytest.importorskip("extract.ner.transformer")
relating: Any = pytest.importorskip("extract.training.relating")

NEVER = -1e30


def test_the_loss_of_a_pair_that_holds_is_that_of_the_publication() -> None:
    loss = atlop.adaptive_threshold_loss(
        torch.tensor([[0.5, 2.0, -1.0, NEVER]]), torch.tensor([[0.0, 1.0, 0.0, 0.0]])
    )
    above = -math.log(math.exp(2) / (math.exp(2) + math.exp(0.5)))
    below = -math.log(math.exp(0.5) / (math.exp(0.5) + math.exp(-1)))
    assert loss.tolist() == pytest.approx([above + below])


def test_the_loss_of_two_predicates_is_the_sum_of_both_among_all_that_hold() -> None:
    loss = atlop.adaptive_threshold_loss(
        torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[0.0, 1.0, 1.0]])
    )
    total = 1 + math.e + math.exp(2)
    assert loss.tolist() == pytest.approx(
        [-math.log(math.e / total) - math.log(math.exp(2) / total)]
    )


def test_a_pair_without_predicate_pushes_all_below_the_threshold() -> None:
    loss = atlop.adaptive_threshold_loss(torch.tensor([[1.0, 3.0, NEVER]]), torch.zeros(1, 3))
    assert loss.tolist() == pytest.approx([-math.log(math.e / (math.e + math.exp(3)))])


def test_an_entity_is_the_log_sum_exp_of_its_mentions() -> None:
    states = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    pooled = atlop.pool_mentions(states, ((0, 2), (1,)))
    wanted = [[math.log(1 + math.exp(4)), math.log(math.e + math.exp(5))], [2.0, 3.0]]
    assert pooled.tolist() == [pytest.approx(row) for row in wanted]


def test_a_context_is_what_both_attend_to() -> None:
    attention = torch.tensor([[[0.5, 0.5, 0.0]], [[0.0, 0.5, 0.5]]])  # two entities, one head
    states = torch.tensor([[1.0, 1.0], [2.0, 3.0], [9.0, 9.0]])
    context = atlop.pool_context(attention, states, torch.tensor([[0, 1], [1, 0]]))
    assert context.tolist() == [pytest.approx([2.0, 3.0])] * 2


def test_products_are_taken_within_groups() -> None:
    products = atlop.grouped_products(
        torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[5.0, 6.0, 7.0, 8.0]]), 2
    )
    assert products.tolist() == [[5.0, 6.0, 10.0, 12.0, 21.0, 24.0, 28.0, 32.0]]


def chemical(passage: str, start: int) -> Mention:
    return Mention(passage, start, start + 8, "butyrate", EntityType.CHEMICAL)


def anxiety(passage: str, start: int) -> Mention:
    return Mention(passage, start, start + 7, "anxiety", EntityType.DDF)


@pytest.fixture(scope="module")
def cutter(tiny_encoder: Path) -> Any:
    return transformer.cutter(transformer.open_tokenizer(str(tiny_encoder)))


@pytest.fixture(scope="module")
def model(tiny_encoder: Path) -> Any:
    torch.manual_seed(0)
    return atlop.Atlop(transformer.load_encoder(str(tiny_encoder)), 32, 0.0, 8).eval()


def long_document(words: int) -> tuple[Document, tuple[Mention, ...]]:
    text = f"butyrate {'rest ' * words}anxiety"
    document = Document("1", (Passage("abstract", text),))
    return document, (chemical("abstract", 0), anxiety("abstract", text.index("anxiety")))


def test_nothing_of_a_long_document_is_cut_off(cutter: Any, model: Any) -> None:
    prepared = atlop.prepare(*long_document(1200), cutter)
    assert len(prepared.windows) > 2
    assert prepared.length == 1202 + 4
    ((logits),) = model([prepared])
    assert logits.shape == (2, 18)


def test_windows_are_laid_side_by_side_and_averaged_where_they_overlap(cutter: Any) -> None:
    prepared = atlop.prepare(*long_document(600), cutter)
    first, second = prepared.windows
    longest = max(len(window.ids) for window in prepared.windows)
    states = torch.stack([torch.full((longest, 1), value) for value in (1.0, 3.0)])
    attention = torch.ones(2, 2, longest, longest)
    whole, rows = atlop.spread(prepared, states, attention)
    start, end = second.start, first.start + WINDOW_PIECES
    assert end - start == OVERLAP_PIECES
    assert whole[:start].unique().tolist() == [1.0]
    assert whole[start:end].unique().tolist() == [2.0]
    assert whole[end:].unique().tolist() == [3.0]
    assert rows.shape == (2, 2, prepared.length)
    assert rows[0, 0].tolist() == [1.0] * end + [0.0] * (prepared.length - end)
    assert rows[1, 0].tolist() == [0.0] * start + [1.0] * (prepared.length - start)


def test_a_batch_says_what_its_documents_say_alone(cutter: Any, model: Any) -> None:
    documents = [atlop.prepare(*long_document(words), cutter) for words in (3, 600, 40)]
    together = model(documents)
    for document, logits in zip(documents, together, strict=True):
        assert torch.allclose(model([document])[0], logits, atol=1e-4)


def test_classes_that_the_schema_forbids_cannot_win(cutter: Any, model: Any) -> None:
    prepared = atlop.prepare(*long_document(3), cutter)
    (logits,) = model([prepared])
    assert ((logits > NEVER) == prepared.legal).all()


RECIPE = """
kind = "KIND"

[model]
group = 8
window = 32
dropout = 0.0

[optimizer]
batch_pieces = 128
negatives = 0

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
    def run(kind: str, out: Path, text: str = RECIPE) -> Path:
        path = out / "recipe.toml"
        path.write_text(text.replace("KIND", kind), encoding="utf-8")
        recipe = find_recipe(str(path))
        relating.train_relations(Order(recipe, CORPUS, str(tiny_encoder), out, lambda _: None))
        return out

    return run


@pytest.mark.parametrize("kind", ["atlop", "pairs"])
def test_a_tiny_model_learns_what_was_planted_and_keeps_it_on_disk(
    train: Train, tmp_path: Path, kind: str
) -> None:
    loaded = folder.load_relations(train(kind, tmp_path), 0.0)
    wanted = {("butyrate", Predicate.INFLUENCE, "anxiety")}
    assert relations_of(loaded, planted(100, eased=True)) == wanted
    assert relations_of(loaded, planted(101, eased=True)) == wanted
    assert relations_of(loaded, planted(102, eased=False)) == set()
    document, mentions = long_document(900)
    assert all(r.score >= 0 for r in loaded.relate(document, mentions))
    assert loaded.relate(document, ()) == ()


@pytest.mark.parametrize("kind", ["atlop", "pairs"])
def test_a_stage_that_may_stop_early_is_rated_on_held_out_documents(
    train: Train, tmp_path: Path, kind: str
) -> None:
    text = RECIPE.replace("epochs = 25", "epochs = 2") + "[early_stopping]\npatience = 1\n"
    metrics = json.loads((train(kind, tmp_path, text) / "metrics.json").read_text())
    # Found everywhere, what six of ten held-out documents say has an F1 of .75.
    assert len(metrics["epochs"]) == 2
    assert all(0.75 <= epoch["held_out"] <= 1 for epoch in metrics["epochs"])


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(folder.RelationModelError, match=str(tmp_path)):
        folder.load_relations(tmp_path, 0.1)
