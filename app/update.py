"""The main job: sources -> archive -> extraction -> graph. Repeating it changes nothing.

What was read is kept in the archive; the graph says of each article what it was made from, so
that only new or changed records, or a new pipeline, cause work.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.extractor import Extractor
from ingest.archive.archive import Archive
from ingest.document import Document, Record, Rejected
from ingest.formats.sources import read_source
from kg.graph.state import GraphCounts, graph_counts, graph_state
from kg.loading import LoadResult, load, load_ontology, withdraw
from kg.sentence.reading_version import reading_version
from kg.snapshots.snapshot import next_snapshot
from kg.stores import TripleStore
from kg.stores.address import StoreAddress
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
class Reader:
    """How documents become part of the graph: by which pipeline, and what is then believed."""

    annotate: Callable[[Iterable[Document]], Iterator[AnnotatedDocument]]
    version: str
    min_belief: float


@dataclass(frozen=True, slots=True)
class Work:
    """What a graph lacks: ``changed`` are PMIDs to load with their record hashes.

    ``gone`` are PMIDs to withdraw, since PubMed deleted them; ``retracted`` those among
    ``changed`` that lose their evidence.
    """

    changed: Mapping[str, str]
    gone: tuple[str, ...]
    retracted: tuple[str, ...]


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
    store_url: str | StoreAddress | None,
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
            reader = Reader(extractor.annotate_all, reading_version(extractor.pipeline), min_belief)
            work = find_work(archive, intake.pmids, graph_state(store), reader.version)
            done = update_graph(store, archive, work, reader, report)
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


def _writable(
    data: Path, store_url: str | StoreAddress | None
) -> AbstractContextManager[TripleStore]:
    if store_url is None:
        return next_snapshot(graph_root(data))
    return closing(open_store(store_url))


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


def find_work(
    archive: Archive, pmids: Iterable[str], known: Mapping[str, tuple[str, str]], version: str
) -> Work:
    """Compare some records with what the graph was made from (see ``graph_state``)."""
    changed: dict[str, str] = {}
    retracted: list[str] = []
    for document in archive.documents(pmids):
        if known.get(document.pmid) != (document.record_hash, version):
            changed[document.pmid] = document.record_hash
            if document.is_retracted:
                retracted.append(document.pmid)
    return Work(changed, tuple(sorted(archive.deleted() & known.keys())), tuple(retracted))


def update_graph(
    store: TripleStore, archive: Archive, work: Work, reader: Reader, report: Report
) -> LoadResult:
    """Do what ``find_work`` found: withdraw what PubMed deleted, read the rest, and load it."""
    documents = reader.annotate(archive.documents(work.changed))
    load_ontology(store)
    withdrawn = withdraw(store, work.gone, min_belief=reader.min_belief)
    watched = _watched(documents, len(work.changed), report)
    return withdrawn + load(store, watched, min_belief=reader.min_belief)


def _watched(
    documents: Iterable[AnnotatedDocument], total: int, report: Report
) -> Iterator[AnnotatedDocument]:
    for number, document in enumerate(documents, start=1):
        report("extracting and loading", number, total)
        yield document
