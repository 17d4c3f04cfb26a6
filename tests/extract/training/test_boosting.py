"""Fitting trees: which mentions thresholds come from."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from extract.training.held_out import HeldOut, write_held_out
from extract.training.recipe import TrainingOrder, find_recipe
from ingest.document import Document
from ontology.lexicon import Lexicon
from ontology.schema import EntityType, Predicate

pytest.importorskip("lightgbm", reason="the extra `train` is not installed")

from extract.training.boosting import train_boosted

E, P = EntityType, Predicate
Write = Callable[..., Document]
Annotate = Callable[..., AnnotatedDocument]


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


@pytest.mark.parametrize("has_tagger", [True, False])
def test_training_says_which_mentions_thresholds_come_from(
    corpus: list[AnnotatedDocument], tmp_path: Path, *, has_tagger: bool
) -> None:
    if has_tagger:
        write_held_out([HeldOut(document, document) for document in corpus[:10]], tmp_path)
    lines: list[str] = []
    out, recipe = tmp_path / "boosted", find_recipe("boosted")
    train_boosted(TrainingOrder(recipe, corpus, Lexicon({}), out, lines.append))
    manifest = json.loads((tmp_path / "boosted" / "manifest.json").read_bytes())
    given = "predicted" if has_tagger else "gold"
    assert list(manifest["held_out"]) == [f"relations, {given} entities"]
    assert manifest["documents"] == {
        "expert": 40,
        "other": 0,
        "held out": 10 if has_tagger else 40,
    }
    assert lines
