"""Boosted trees in use: what they say, and what they were trained for."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from extract.annotation import AnnotatedDocument
from extract.logistic import Platt
from extract.model import NAMES_FILE, ModelError
from extract.relations import boosted, features
from extract.relations.boosted import WORDS_FILE, BoostedRelations
from ingest.document import Document
from ontology.schema import EntityType, LegalTriple, Predicate, is_legal

lightgbm = pytest.importorskip("lightgbm", reason="the extra `train` is not installed")

from extract.training.boosting import (  # noqa: E402
    Growth,
    describe_others,
    described_corpus,
    fit_booster,
    grow_trees,
)

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
    grow_trees(corpus, describe_others((), SMALL), SMALL, out)
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
    matrix, labels, weights, _ = described_corpus(corpus, describe_others((), SMALL), SMALL)
    assert set(weights.tolist()) == {1.0}
    expected = fit_booster(matrix, labels, SMALL, 0, weights).predict(matrix)
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
    with pytest.raises(ModelError, match=r"trees\.onnx"):
        BoostedRelations(tmp_path, 0.0)
    for name in folder.iterdir():
        (tmp_path / name.name).write_bytes(name.read_bytes())
    (tmp_path / WORDS_FILE).write_text('{"between": []}', encoding="utf-8")
    with pytest.raises(ModelError, match=r"trees\.json"):
        BoostedRelations(tmp_path, 0.0)


def copied(folder: Path, out: Path) -> Path:
    for path in folder.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    return out


def test_a_reordered_schema_changes_nothing(
    folder: Path, corpus: list[AnnotatedDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    document, mentions = corpus[0].document, corpus[0].mentions
    before = BoostedRelations(folder, 0.0).relate(document, mentions)
    monkeypatch.setattr(features, "TYPES", features.TYPES[::-1])
    monkeypatch.setattr(features, "PREDICATES", features.PREDICATES[::-1])
    monkeypatch.setattr(features, "NUMBERS", features.NUMBERS)
    assert BoostedRelations(folder, 0.0).relate(document, mentions) == before


def test_a_schema_that_grew_leaves_a_model_as_it_was(
    folder: Path, corpus: list[AnnotatedDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    document, mentions = corpus[0].document, corpus[0].mentions
    before = BoostedRelations(folder, 0.0).relate(document, mentions)
    cures: Predicate = "cures"  # pyright: ignore[reportAssignmentType]
    new = LegalTriple(E.CHEMICAL, cures, E.DDF)
    monkeypatch.setattr(features, "PREDICATES", (cures, *features.PREDICATES))
    monkeypatch.setattr(features, "TYPES", ("virus", *features.TYPES))
    monkeypatch.setattr(boosted, "LEGAL_TRIPLES", boosted.LEGAL_TRIPLES | {new})
    relations = BoostedRelations(folder, 0.0)
    assert relations.relate(document, mentions) == before
    assert relations.predicates == frozenset(Predicate)


def test_what_a_model_needs_and_the_schema_lacks_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = tuple(p for p in features.PREDICATES if p is not P.INFLUENCE)
    monkeypatch.setattr(features, "PREDICATES", less)
    with pytest.raises(ModelError) as error:
        BoostedRelations(folder, 0.0)
    told = "trained for 'predicate: influence', which this version does not have"
    assert str(error.value) == f"{folder / NAMES_FILE}: {told}"


def test_names_that_do_not_fit_the_trees_are_one_line(folder: Path, tmp_path: Path) -> None:
    names = copied(folder, tmp_path) / NAMES_FILE
    columns = json.loads(names.read_bytes())["columns"]
    names.write_text(json.dumps({"columns": columns[:-1]}), encoding="utf-8")
    told = rf"trees\.onnx: {len(columns)} columns, but {NAMES_FILE} names {len(columns) - 1}"
    with pytest.raises(ModelError, match=told):
        BoostedRelations(tmp_path, 0.0)
    names.unlink()
    with pytest.raises(ModelError, match=NAMES_FILE):
        BoostedRelations(tmp_path, 0.0)


def test_other_documents_weigh_less_and_say_what_is_known(
    folder: Path, corpus: list[AnnotatedDocument], tmp_path: Path
) -> None:
    growth = Growth(words=5, rounds=20, seeds=(0,), least_in_leaf=3, weight=0.5, share=0.25)
    others = describe_others(corpus[:30], growth)
    matrix, labels, weights, outlook = described_corpus(corpus[30:], others, growth)

    own = len(labels) - len(others.labels)
    assert set(weights[:own].tolist()) == {1.0}
    assert set(weights[own:][labels[own:]].tolist()) == {0.5}
    assert set(weights[own:][~labels[own:]].tolist()) <= {2.0}
    assert others.labels.sum() == 30
    pairs = 30 * len(BoostedRelations(folder, 0.0).relate(corpus[0].document, corpus[0].mentions))
    assert 0.15 < (~others.labels).sum() / (pairs - 30) < 0.35
    so = outlook.columns.index("known by name: related so")
    related = matrix[:own][labels[:own]][:, so]
    assert np.expm1(related) == pytest.approx([30.0] * 10, rel=1e-5)
    assert np.expm1(matrix[own:][labels[own:]][:, so]) == pytest.approx([29.0] * 30, rel=1e-5)

    grow_trees(corpus[30:], others, growth, tmp_path)
    read = boosted.read_outlook(tmp_path)
    assert read.known == others.known
    found = BoostedRelations(tmp_path, 0.0).relate(corpus[0].document, corpus[0].mentions)
    best = max(found, key=lambda relation: relation.score)
    assert (best.subject.text, best.object.text) == ("butyrate", "anxiety")
