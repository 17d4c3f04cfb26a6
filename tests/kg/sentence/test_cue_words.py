"""The version of a reading: of the pipeline, and of what kg reads around the mentions."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from extract.annotation import AnnotatedDocument, Pipeline
from kg.graph.reading_back import graph_state
from kg.loading import load
from kg.sentence import cue_words as reading
from kg.sentence.cue_words import reading_version
from kg.stores.embedded import EmbeddedStore

PIPELINE = Pipeline("lexicon", "counts", "weights", "names")


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the cue tables that kg reads in place of its own."""
    folder = copytree(Path(reading.__file__).parent / "words", tmp_path / "words")
    monkeypatch.setattr(reading, "files", {"kg.sentence": tmp_path}.__getitem__)
    reading.tables_hash.cache_clear()
    yield folder
    reading.tables_hash.cache_clear()


def test_another_pipeline_is_another_reading() -> None:
    assert reading_version(PIPELINE) == reading_version(replace(PIPELINE))
    assert reading_version(PIPELINE) != reading_version(Pipeline("lexicon", "counts", "w", "names"))


@pytest.mark.parametrize("table", ["cues.toml", "studies.toml"])
def test_another_word_in_a_table_is_another_reading(tables: Path, table: str) -> None:
    before = reading_version(PIPELINE)
    (tables / table).write_text((tables / table).read_text() + "\n# another word\n")
    reading.tables_hash.cache_clear()
    assert reading_version(PIPELINE) != before


def test_other_code_is_another_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reading_version(PIPELINE)
    monkeypatch.setattr(reading, "CODE_VERSION", "another")
    assert reading_version(PIPELINE) != before


def test_the_graph_says_by_which_reading_a_paper_was_read(
    store: EmbeddedStore, paper: Callable[..., AnnotatedDocument]
) -> None:
    load(store, [paper("1")], min_belief=0.5)
    assert graph_state(store)["1"][1] == reading_version(PIPELINE)
