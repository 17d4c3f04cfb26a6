"""What was read is kept: the same text is not read twice by the same pipeline."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from extract.annotation_cache import AnnotationCache, AnnotationCacheError
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from ingest.document import Document, Passage
from ontology.lexicon import starter_lexicon
from tests.disk_faults import overwrite

FLOOR = Path(__file__).parents[2] / "extract" / "weights" / "floor"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    lexicon = starter_lexicon()
    return load_extractor(RecognizerName.LEXICON, RelationMethod.COUNTS, FLOOR, lexicon)


def document(pmid: str, text: str = "Butyrate reduced anxiety in mice.") -> Document:
    return Document(pmid, (Passage("title", text),))


def read(
    path: Path, documents: Iterable[Document], extractor: Extractor
) -> tuple[list[AnnotatedDocument], int]:
    """What is handed on, and how many texts were read for it."""
    with AnnotationCache(path, extractor) as cache:
        return list(cache.annotate_all(documents)), cache.extracted


def test_a_kept_reading_is_what_was_read(tmp_path: Path, extractor: Extractor) -> None:
    documents = [document("1"), document("2", "Inulin and depression in patients.")]
    fresh, count = read(tmp_path / "r.sqlite", documents, extractor)
    kept, again = read(tmp_path / "r.sqlite", documents, extractor)
    assert fresh == list(extractor.annotate_all(documents))
    assert (kept, count, again) == (fresh, 2, 0)


def test_metadata_may_change_without_a_reading(tmp_path: Path, extractor: Extractor) -> None:
    read(tmp_path / "r.sqlite", [document("1")], extractor)
    revised = replace(document("1"), journal="Gut", version=2)
    (found,), count = read(tmp_path / "r.sqlite", [revised], extractor)
    assert (found.document, count) == (revised, 0)


def test_a_changed_text_or_threshold_is_read_anew(tmp_path: Path, extractor: Extractor) -> None:
    path = tmp_path / "r.sqlite"
    read(path, [document("1")], extractor)
    assert read(path, [document("1", "Butyrate raised anxiety.")], extractor)[1] == 1
    strict = replace(extractor, thresholds=replace(extractor.thresholds, graph=0.99))
    assert read(path, [document("1")], strict)[1] == 1


def test_what_was_read_before_a_stop_is_kept(tmp_path: Path, extractor: Extractor) -> None:
    documents = [document(str(n), f"Butyrate and anxiety, study {n}.") for n in range(50)]
    with AnnotationCache(tmp_path / "r.sqlite", extractor) as cache:
        stopped: Iterator[AnnotatedDocument] = cache.annotate_all(documents)
        for _ in range(25):
            next(stopped)
    assert read(tmp_path / "r.sqlite", documents, extractor)[1] == 10


@pytest.mark.parametrize("at", [0, 4096])
def test_a_damaged_file_is_put_aside_and_all_is_read_anew(
    tmp_path: Path, extractor: Extractor, at: int
) -> None:
    path = tmp_path / "r.sqlite"
    read(path, [document("1")], extractor)
    overwrite(path, at)
    assert read(path, [document("1")], extractor)[1] == 1
    assert read(path, [document("1")], extractor)[1] == 0
    assert path.with_name("r.sqlite.damaged").is_file()


def test_a_damaged_reading_is_read_anew(tmp_path: Path, extractor: Extractor) -> None:
    path = tmp_path / "r.sqlite"
    read(path, [document("1")], extractor)
    with closing(sqlite3.connect(path)) as base:
        base.execute("UPDATE readings SET body = x'00'")
        base.commit()
    assert read(path, [document("1")], extractor)[1] == 1


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path, extractor: Extractor) -> None:
    with pytest.raises(AnnotationCacheError, match="cannot be opened"):
        AnnotationCache(tmp_path / "missing" / "r.sqlite", extractor)


def test_what_other_pipelines_found_is_kept_until_it_is_forgotten(
    tmp_path: Path, extractor: Extractor
) -> None:
    path = tmp_path / "r.sqlite"
    strict = replace(extractor, thresholds=replace(extractor.thresholds, graph=0.99))
    read(path, [document("1")], extractor)
    read(path, [document("1")], strict)
    assert read(path, [document("1")], extractor)[1] == 0
    with AnnotationCache(path, strict) as cache:
        cache.forget_others()
    assert read(path, [document("1")], strict)[1] == 0
    assert read(path, [document("1")], extractor)[1] == 1


def test_what_has_another_form_is_read_anew(tmp_path: Path, extractor: Extractor) -> None:
    path = tmp_path / "r.sqlite"
    fresh, _ = read(path, [document("1")], extractor)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE readings SET body = ?", (zlib.compress(b'{"mentions": []}'),))
    assert read(path, [document("1")], extractor) == (fresh, 1)
    assert read(path, [document("1")], extractor) == (fresh, 0)
