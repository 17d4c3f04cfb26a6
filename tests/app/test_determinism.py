"""The same papers make the same graph: byte for byte, whenever, in whatever order and batches."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from app.graph_access import chosen_graph
from app.settings import Settings
from extract.annotation import AnnotatedDocument
from extract.extractor import Extractor
from extract.methods import load_extractor
from ingest.document import Document
from ingest.formats.sources import read_source, sample_path
from kg.exports.formats import Format, export
from kg.loading import load, load_ontology, withdraw
from kg.stores import TripleStore
from kg.stores.embedded import EmbeddedStore
from ontology.lexicon import starter_lexicon
from tests.crash_points import extractor_of_words, run_sample


@cache
def default_extractor() -> Extractor:
    """The pipeline of ``gutbrain run`` without options."""
    return load_extractor(None, None, None, starter_lexicon())


@cache
def sample() -> tuple[Document, ...]:
    """The newest version of each paper of the sample, as the archive would keep it."""
    records = (record for record in read_source(sample_path()) if isinstance(record, Document))
    return tuple({document.pmid: document for document in records}.values())


@cache
def annotated() -> tuple[AnnotatedDocument, ...]:
    return tuple(extractor_of_words().annotate_all(sample()))


def exported(store: TripleStore, out: Path) -> dict[str, bytes]:
    """Every file of ``gutbrain export --format nquads``."""
    export(store, Format.NQUADS, out)
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


def run_on(data: Path, extractor: Extractor) -> dict[str, bytes]:
    run_sample(data, extractor)
    number = len(list(data.parent.glob("*.nq")))
    return exported(chosen_graph(Settings(data=data)).store, data.parent / f"{number}.nq")


def loaded(documents: Sequence[AnnotatedDocument], batch_size: int, out: Path) -> dict[str, bytes]:
    store = EmbeddedStore.in_memory()
    load_ontology(store)
    load(store, documents, batch_size=batch_size, min_belief=0.2)
    return exported(store, out)


def test_the_default_model_makes_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = run_on(tmp_path / "one", default_extractor())
    another = run_on(tmp_path / "another", load_extractor(None, None, None, starter_lexicon()))
    again = run_on(tmp_path / "one", default_extractor())
    assert sum(map(len, first.values())) > 1000
    assert first == another
    assert first == again


def test_running_again_writes_no_snapshot(tmp_path: Path) -> None:
    extractor = extractor_of_words()
    run_on(tmp_path / "data", extractor)
    before = sorted((tmp_path / "data" / "graph" / "snapshots").iterdir())
    run_on(tmp_path / "data", extractor)
    assert sorted((tmp_path / "data" / "graph" / "snapshots").iterdir()) == before


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_the_size_of_batches_leaves_no_trace(tmp_path: Path, batch_size: int) -> None:
    assert loaded(annotated(), batch_size, tmp_path / "a") == loaded(annotated(), 7, tmp_path / "b")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_papers_leaves_no_trace(tmp_path: Path, seed: int) -> None:
    shuffled = list(annotated())
    random.Random(seed).shuffle(shuffled)
    assert shuffled != list(annotated())
    assert loaded(shuffled, 5, tmp_path / "a") == loaded(annotated(), 200, tmp_path / "b")


def test_a_paper_that_was_withdrawn_leaves_no_trace_but_its_run(tmp_path: Path) -> None:
    store = EmbeddedStore.in_memory()
    load_ontology(store)
    load(store, annotated(), min_belief=0.2)
    kept = annotated()[::2]
    withdraw(store, [d.document.pmid for d in annotated()[1::2]], min_belief=0.2)
    assert exported(store, tmp_path / "a") == loaded(kept, 200, tmp_path / "b")


def test_a_paper_that_was_there_before_leaves_no_trace(tmp_path: Path) -> None:
    """What was said only by a paper that is read otherwise now is gone without a rest."""
    store = EmbeddedStore.in_memory()
    load_ontology(store)
    bare = [AnnotatedDocument(d.document, (), (), d.pipeline) for d in annotated()]
    load(store, bare, min_belief=0.2)
    load(store, annotated(), min_belief=0.2)
    assert exported(store, tmp_path / "a") == loaded(annotated(), 200, tmp_path / "b")
