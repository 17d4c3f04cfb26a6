"""ATLOP: its loss by hand, its pooling, and what its folder says."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from extract.annotation import Mention
from extract.model import ModelError, write_manifest
from extract.ner.windows import OVERLAP_PIECES, WINDOW_PIECES
from ingest.document import Document, Passage
from ontology.schema import EntityType, Predicate

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
atlop: Any = pytest.importorskip("extract.relations.atlop")
transformer: Any = pytest.importorskip("extract.ner.transformer")

NEVER = -1e30
PREDICATES = tuple(Predicate)


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
    return atlop.Atlop(transformer.load_encoder(str(tiny_encoder)), 0.0, 8).eval()


def long_document(words: int) -> tuple[Document, tuple[Mention, ...]]:
    text = f"butyrate {'rest ' * words}anxiety"
    document = Document("1", (Passage("abstract", text),))
    return document, (chemical("abstract", 0), anxiety("abstract", text.index("anxiety")))


def test_nothing_of_a_long_document_is_cut_off(cutter: Any, model: Any) -> None:
    prepared = atlop.prepare(*long_document(1200), cutter, PREDICATES)
    assert len(prepared.windows) > 2
    assert prepared.length == 1202 + 4
    ((logits),) = model([prepared])
    assert logits.shape == (2, 18)


def test_windows_are_laid_side_by_side_and_averaged_where_they_overlap(cutter: Any) -> None:
    prepared = atlop.prepare(*long_document(600), cutter, PREDICATES)
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
    documents = [atlop.prepare(*long_document(words), cutter, PREDICATES) for words in (3, 600, 40)]
    together = model(documents)
    for document, logits in zip(documents, together, strict=True):
        assert torch.allclose(model([document])[0], logits, atol=1e-4)


def test_classes_that_the_schema_forbids_cannot_win(cutter: Any, model: Any) -> None:
    prepared = atlop.prepare(*long_document(3), cutter, PREDICATES)
    (logits,) = model([prepared])
    assert ((logits > NEVER) == prepared.legal).all()


@pytest.fixture
def saved(model: Any, tiny_encoder: Path, tmp_path: Path) -> Path:
    """A folder of a model that was not trained."""
    atlop.save_atlop(model, str(tiny_encoder), tmp_path)
    write_manifest(tmp_path, group=model.group, thresholds={})
    return tmp_path


def test_a_folder_reads_back_with_its_predicates(saved: Path, model: Any, cutter: Any) -> None:
    device = transformer.choose_device("cpu")
    relations = atlop.AtlopRelations(model, cutter, device, atlop.IDENTITY, 0.0)
    loaded = atlop.load_atlop(saved, 0.0, device="cpu")
    assert loaded.predicates == frozenset(Predicate)
    assert loaded.relate(*long_document(3)) == relations.relate(*long_document(3))


def test_classes_are_matched_by_name_not_by_order(saved: Path, tiny_encoder: Path) -> None:
    names = saved / "trained_for.json"
    names.write_text(json.dumps({"predicates": PREDICATES[::-1]}), encoding="utf-8")
    turned = atlop.load_atlop(saved, 0.0, device="cpu").relate(*long_document(3))
    names.write_text(json.dumps({"predicates": PREDICATES}), encoding="utf-8")
    straight = atlop.load_atlop(saved, 0.0, device="cpu").relate(*long_document(3))
    assert {r.predicate for r in turned} == {r.predicate for r in straight}
    assert {r.score for r in turned} != {r.score for r in straight}


def test_a_model_that_does_not_know_a_predicate_never_says_it(
    tiny_encoder: Path, tmp_path: Path, cutter: Any
) -> None:
    encoder = transformer.load_encoder(str(tiny_encoder))
    known = tuple(p for p in PREDICATES if p is not Predicate.INFLUENCE)
    atlop.save_atlop(atlop.Atlop(encoder, 0.0, 8, known), str(tiny_encoder), tmp_path)
    write_manifest(tmp_path, group=8, thresholds={})
    loaded = atlop.load_atlop(tmp_path, 0.0, device="cpu")
    assert loaded.predicates == frozenset(known)
    assert {r.predicate for r in loaded.relate(*long_document(3))} == {Predicate.INTERACT}


def test_a_predicate_that_is_gone_is_one_line(saved: Path) -> None:
    names = [*PREDICATES[1:], "cures"]
    (saved / "trained_for.json").write_text(json.dumps({"predicates": names}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"trained_for\.json: trained for 'cures', which this"):
        atlop.load_atlop(saved, 0.0)


@pytest.mark.parametrize("file", ["weights.safetensors", "tokenizer.json", "manifest.json"])
def test_what_a_folder_lacks_is_named(saved: Path, file: str) -> None:
    (saved / file).unlink()
    with pytest.raises(ModelError, match=str(saved)):
        atlop.load_atlop(saved, 0.1)
