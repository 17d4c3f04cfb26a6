"""Pipelines by name: what is loaded from which folder, and what says so."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.extractor import Extractor
from extract.methods import (
    RecognizerName,
    RelationMethod,
    load_extractor,
    shipped_model,
)
from extract.model import NAMES_FILE, ModelError
from ingest.document import Document
from ontology.lexicon import starter_lexicon
from ontology.schema import EntityType, Predicate

Write = Callable[..., Document]
FLOOR = shipped_model(RecognizerName.LEXICON)
DDF = EntityType.DDF


def load(folder: Path) -> Extractor:
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, folder, starter_lexicon())


def test_the_shipped_model_reads_a_sentence(write: Write) -> None:
    annotated = load(FLOOR).annotate(
        write("Akkermansia muciniphila reduced anxiety in patients with Parkinson's disease (PD).")
    )
    assert {(m.text, m.type) for m in annotated.mentions} >= {
        ("Akkermansia muciniphila", EntityType.BACTERIA),
        ("anxiety", DDF),
        ("Parkinson's disease", DDF),
        ("PD", DDF),
    }
    *_, long, short = annotated.mentions
    assert long.concept == short.concept
    assert annotated.relations


def copied(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def test_a_model_is_known_by_its_content_not_by_its_place(tmp_path: Path) -> None:
    folder = copied(FLOOR, tmp_path / "model")
    assert load(folder).pipeline == load(FLOOR).pipeline
    (folder / "names.tsv").write_text("mice\tanimal\t0.9\n", encoding="utf-8")
    assert load(folder).pipeline.version != load(FLOOR).pipeline.version


@pytest.mark.parametrize(
    "manifest", [None, "", "[]", "{}", '{"thresholds": 3}', '{"thresholds": {"tag": 0.1}}']
)
def test_a_folder_that_is_no_model_is_named(tmp_path: Path, manifest: str | None) -> None:
    folder = copied(FLOOR, tmp_path / "model")
    (folder / "manifest.json").unlink()
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(ModelError, match=r"model/manifest\.json: "):
        load(folder)


def test_the_shipped_model_knows_the_schema_of_today() -> None:
    extractor = load_extractor(None, None, None, starter_lexicon())
    assert extractor.relations.predicates == frozenset(Predicate)


def test_the_names_that_a_model_was_trained_for_are_no_part_of_its_hash(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(shipped_model(), folder)
    names = (RecognizerName.ENCODER, RelationMethod.COUNTS, folder, starter_lexicon())
    before = load_extractor(*names).pipeline
    with (folder / NAMES_FILE).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert load_extractor(*names).pipeline == before
