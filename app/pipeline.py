"""The main job: sources -> archive -> extraction -> graph. Repeating it changes nothing.

What was read is kept in the archive; the graph says of each article what it was made from, so
that only new or changed records, or a new pipeline, cause work.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.extractor import Extractor
from ingest.archive import Archive
from ingest.document import Record, Rejected
from ingest.sources import read_source
from kg.loading import LoadResult, load, load_ontology, withdraw
from kg.snapshot import next_snapshot
from kg.standing import GraphCounts, graph_counts, graph_state
from kg.stores import TripleStore
from kg.stores.open import open_store

Report = Callable[[str, int, int], None]
"""Told (what is being done, how many are done, how many there are; 0 where unknown)."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did, and what the graph holds after it.

    ``documents`` were read from the sources, ``extracted`` of them were new or changed,
    ``quarantined`` records could not be read; ``problems`` are files that broke off. The rest
    counts the whole graph.
    """

    documents: int
    extracted: int
    withdrawn: int
    quarantined: int
    problems: tuple[str, ...]
    graph: GraphCounts
    seconds: float


@dataclass(frozen=True, slots=True)
class _Intake:
    pmids: tuple[str, ...]
    quarantined: int
    problems: tuple[str, ...]


def archive_path(data: Path) -> Path:
    """Where the archive of a data directory is."""
    return data / "archive.sqlite"


def graph_root(data: Path) -> Path:
    """Where the snapshots of a data directory are."""
    return data / "graph"


def run(
    sources: Sequence[Path],
    data: Path,
    store_url: str | None,
    extractor: Extractor,
    *,
    min_belief: float,
    report: Report,
) -> RunSummary:
    """Read sources and bring the graph up to date with them."""
    began = time.monotonic()
    with Archive(archive_path(data)) as archive:
        intake = take_in(archive, sources, report)
        with _writable(data, store_url) as store:
            done = _update(store, archive, intake.pmids, extractor, min_belief, report)
            counts = graph_counts(store)
    return RunSummary(
        len(intake.pmids),
        done.documents,
        done.withdrawn,
        intake.quarantined,
        intake.problems,
        counts,
        round(time.monotonic() - began, 1),
    )


def _writable(data: Path, store_url: str | None) -> AbstractContextManager[TripleStore]:
    if store_url is None:
        return next_snapshot(graph_root(data))
    return nullcontext(open_store(store_url))


def take_in(archive: Archive, sources: Iterable[Path], report: Report) -> _Intake:
    """Store the records of the sources; a file that breaks off loses only what it lacks."""
    pmids: dict[str, None] = {}
    quarantined = 0
    problems: list[str] = []
    for source in sources:
        try:
            result = archive.store(_noting(read_source(source), pmids, report))
            quarantined += result.rejected
        except ValueError as error:
            problems.append(str(error))
    return _Intake(tuple(pmids), quarantined, tuple(problems))


def _noting(records: Iterable[Record], pmids: dict[str, None], report: Report) -> Iterator[Record]:
    for record in records:
        if not isinstance(record, Rejected):
            pmids[record.pmid] = None
            report("reading", len(pmids), 0)
        yield record


def _update(
    store: TripleStore,
    archive: Archive,
    pmids: Sequence[str],
    extractor: Extractor,
    min_belief: float,
    report: Report,
) -> LoadResult:
    """Load what is new or changed of ``pmids``, and withdraw what PubMed deleted."""
    known = graph_state(store)
    changed = list(_changed(archive, pmids, known, extractor.pipeline.version))
    gone = archive.deleted() & known.keys()
    documents = _watched(extractor.annotate_all(archive.documents(changed)), len(changed), report)
    load_ontology(store)
    withdrawn = withdraw(store, sorted(gone), min_belief=min_belief)
    return withdrawn + load(store, documents, min_belief=min_belief)


def _changed(
    archive: Archive, pmids: Iterable[str], known: dict[str, tuple[str, str]], version: str
) -> Iterator[str]:
    for document in archive.documents(pmids):
        if known.get(document.pmid) != (document.record_hash, version):
            yield document.pmid


def _watched(
    documents: Iterable[AnnotatedDocument], total: int, report: Report
) -> Iterator[AnnotatedDocument]:
    for number, document in enumerate(documents, start=1):
        report("extracting and loading", number, total)
        yield document
