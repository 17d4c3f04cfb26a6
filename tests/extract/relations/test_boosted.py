import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument
from extract.onnx import ModelFileError
from extract.platt import Platt
from extract.relations.boosted import WORDS_FILE, BoostedRelations, TreesError
from ingest.document import Document
from ontology.schema import EntityType, Predicate, is_legal

lightgbm = pytest.importorskip("lightgbm", reason="the extra `train` is not installed")
pytest.importorskip("torch", reason="the extra `train` is not installed")

from extract.training.boosting import (  # noqa: E402
    Growth,
    described_corpus,
    fit_booster,
    grow_trees,
    train_boosted,
)
from extract.training.held_out import write_held_out  # noqa: E402
from extract.training.order import Order  # noqa: E402
from extract.training.recipe import find_recipe  # noqa: E402
from extract.training.thresholds import HeldOut  # noqa: E402

E, P = EntityType, Predicate
Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]
SMALL = Growth(words=5, rounds=20, seeds=(0,), least_in_leaf=3)


@pytest.fixture(scope="module")
def corpus(write: Write, annotate: Annotate) -> list[AnnotatedDocument]:
    """Documents in which what eases is related, and what only stands beside it is not."""
    marks = (("butyrate", E.CHEMICAL), ("anxiety", E.DDF), ("stress", E.DDF))
    return [
        annotate(
            write(f"butyrate eases anxiety {'today ' * (i % 3)}but not stress", pmid=str(i)),
            marks,
            [(0, P.INFLUENCE, 1)],
        )
        for i in range(40)
    ]


@pytest.fixture(scope="module")
def folder(corpus: list[AnnotatedDocument], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trees")
    grow_trees(corpus, SMALL, out)
    return out


def test_trees_learn_which_pairs_are_related(folder: Path, corpus: list[AnnotatedDocument]) -> None:
    (found,) = BoostedRelations(folder, 0.5).relate(corpus[0].document, corpus[0].mentions)
    assert (found.subject.text, found.predicate, found.object.text) == (
        "butyrate",
        P.INFLUENCE,
        "anxiety",
    )


def test_what_is_written_says_what_the_trees_say(
    folder: Path, corpus: list[AnnotatedDocument]
) -> None:
    matrix, labels, _ = described_corpus(corpus, SMALL)
    expected = fit_booster(matrix, labels, SMALL, seed=0).predict(matrix)
    relations = BoostedRelations(folder, 0.0)
    scores = [r.score for d in corpus for r in relations.relate(d.document, d.mentions)]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_only_legal_triples_come_out(folder: Path, corpus: list[AnnotatedDocument]) -> None:
    found = BoostedRelations(folder, 0.0).relate(corpus[0].document, corpus[0].mentions)
    assert found
    assert all(is_legal(r.subject.type, r.predicate, r.object.type) for r in found)


def test_a_doubtful_mention_makes_its_relations_doubtful(
    folder: Path, corpus: list[AnnotatedDocument]
) -> None:
    sure = corpus[0].mentions
    doubtful = tuple(type(m)(m.passage, m.start, m.end, m.text, m.type, 0.5) for m in sure)
    relations = BoostedRelations(folder, 0.0)
    one, other = (relations.relate(corpus[0].document, m)[0].score for m in (sure, doubtful))
    assert other == pytest.approx(one / 4, rel=1e-4)


def test_the_curve_makes_scores_probabilities(
    folder: Path, corpus: list[AnnotatedDocument]
) -> None:
    plain, curved = (
        BoostedRelations(folder, 0.0, curve).relate(corpus[0].document, corpus[0].mentions)
        for curve in (Platt(), Platt(slope=1.0, shift=-1.0))
    )
    assert all(b.score < a.score for a, b in zip(plain, curved, strict=True))


def test_documents_without_pairs_have_no_relations(folder: Path, write: Write) -> None:
    assert BoostedRelations(folder, 0.0).relate(write("anxiety"), ()) == ()


def test_a_missing_or_broken_file_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"trees\.onnx"):
        BoostedRelations(tmp_path, 0.0)
    for name in folder.iterdir():
        (tmp_path / name.name).write_bytes(name.read_bytes())
    (tmp_path / WORDS_FILE).write_text('{"between": []}', encoding="utf-8")
    with pytest.raises(TreesError, match=r"trees\.json"):
        BoostedRelations(tmp_path, 0.0)


@pytest.mark.parametrize("has_tagger", [True, False])
def test_training_says_which_mentions_thresholds_come_from(
    corpus: list[AnnotatedDocument], tmp_path: Path, *, has_tagger: bool
) -> None:
    if has_tagger:
        write_held_out([HeldOut(document, document) for document in corpus[:10]], tmp_path)
    lines: list[str] = []
    order = Order(find_recipe("boosted"), corpus, "", tmp_path / "boosted", lines.append)
    train_boosted(order)
    manifest = json.loads((tmp_path / "boosted" / "manifest.json").read_bytes())
    given = "predicted" if has_tagger else "gold"
    assert list(manifest["held_out"]) == [f"relations, {given} entities"]
    assert manifest["documents"] == {"expert": 40, "held out": 10 if has_tagger else 40}
    assert lines
