"""What a graph lacks of the archive, and whether it may go live once the work on it is done.

The graph says of each paper what it was made from. So that a night need not compare the whole
archive, the archive notes for each snapshot up to which change it goes: after a roll-back, or in
a graph begun anew, what is lacking is pending again. Where nothing is noted all is compared.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from app.report import LISTED
from app.settings import Settings, graph_root
from ingest.archive.archive import Archive, ArchiveChange
from kg.checks.invariants import find_breaches
from kg.graph.reading_back import GraphCounts, graph_state
from kg.snapshots.damage import examine
from kg.snapshots.snapshot import current_snapshot, fault_of_current, kept_snapshots
from kg.stores import TripleStore
from kg.stores.answers import StoreError
from kg.stores.embedded import EmbeddedStore
from kg.stores.open import open_store

FEW_PAPERS = 3
"""A run that touches no more papers is never held for what they take away: PubMed revises and
retracts single papers every night, and in a small graph they weigh much."""
_MEASURED = ("articles", "assertions", "believed", "evidence")

GraphState = Mapping[str, tuple[str, str]]
"""For each PMID the record hash and the pipeline version that a graph was made from."""


class HeldError(ValueError):
    """The prepared graph must not go live; each argument is a reason."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a graph lacks: ``changed`` are PMIDs to load with their record hashes.

    ``gone`` are PMIDs to withdraw, since PubMed deleted them; ``retracted`` those among
    ``changed`` that lose their evidence.
    """

    changed: Mapping[str, str]
    gone: tuple[str, ...]
    retracted: tuple[str, ...]


def find_work(archive: Archive, pmids: Iterable[str], known: GraphState, version: str) -> Work:
    """Compare some records, and all that are deleted, with what the graph was made from."""
    changed: dict[str, str] = {}
    retracted: list[str] = []
    for document in archive.documents(pmids):
        if known.get(document.pmid) != (document.record_hash, version):
            changed[document.pmid] = document.record_hash
            if document.is_retracted:
                retracted.append(document.pmid)
    return Work(changed, tuple(sorted(archive.deleted() & known.keys())), tuple(retracted))


def pending_pmids(archive: Archive, since: int, known: GraphState, version: str) -> list[str]:
    """Name what changed after a change, what the graph lacks, and what another pipeline read."""
    changed = {change.pmid for change in archive.changes.since(since) if change.document}
    outdated = {pmid for pmid, (_, pipeline) in known.items() if pipeline != version}
    absent = archive.hashes().keys() - known.keys()
    return sorted(changed | outdated | absent)


def pending_count(archive: Archive, settings: Settings) -> int:
    """Count the records that the graph does not hold as the archive has them.

    Where a server does not answer, all count that changed since the last night.
    """
    consumer = _consumer(settings)
    try:
        known = known_state(settings)
    except StoreError:
        return archive.changes.pending_count(consumer)
    return sum(_is_pending(change, known) for change in archive.changes.pending(consumer))


def acknowledged(archive: Archive, settings: Settings) -> int:
    """Say up to which change of the archive the current graph holds all."""
    return archive.changes.cursor(_consumer(settings))


def acknowledge(archive: Archive, settings: Settings, sequence: int) -> None:
    """Note that the current graph holds the archive up to a change."""
    archive.changes.acknowledge(_consumer(settings), sequence)


def faults(store: TripleStore, work: Work, version: str) -> tuple[str, ...]:
    """Check the whole graph, once something in it was touched, and every paper that was."""
    if not (work.changed or work.gone):
        return ()
    breaches = tuple(map(str, islice(find_breaches(store), LISTED)))
    wrong = list(unlike_archive(work, graph_state(store), version))
    named = ", ".join(wrong[:LISTED])
    reason = f"{len(wrong)} papers are not in the graph as in the archive: {named}"
    return (*breaches, *([reason] if wrong else []))


def unlike_archive(work: Work, known: GraphState, version: str) -> Iterator[str]:
    """Name the papers that a graph does not hold as the archive has them, once the work is done."""
    for pmid, record_hash in work.changed.items():
        if known.get(pmid) != (record_hash, version):
            yield pmid
    yield from (pmid for pmid in work.gone if pmid in known)


def losses(
    before: GraphCounts, after: GraphCounts, work: Work, max_shrink: float
) -> tuple[str, ...]:
    """Say of what the graph loses more than the share ``max_shrink``."""
    if len(work.changed) + len(work.gone) <= FEW_PAPERS:
        return ()
    counts = ((name, getattr(before, name), getattr(after, name)) for name in _MEASURED)
    return tuple(
        f"{name} would shrink from {old:,} to {new:,} (by {1 - new / old:.1%}, "
        f"allowed are {max_shrink:.1%})"
        for name, old, new in counts
        if old - new > max_shrink * old
    )


def foreseen_losses(known: Collection[str], work: Work, max_shrink: float) -> tuple[str, ...]:
    """Say whether too many of the PMIDs ``known`` would go, where no graph is prepared aside."""
    lost = len(work.gone) + len(set(work.retracted).intersection(known))
    if lost <= FEW_PAPERS or lost <= max_shrink * len(known):
        return ()
    share = f"{lost / len(known):.1%}, allowed are {max_shrink:.1%}"
    return (f"{lost:,} of {len(known):,} papers would lose their evidence ({share})",)


def known_state(settings: Settings) -> dict[str, tuple[str, str]]:
    """Read what the current graph was made from."""
    address = settings.store_address
    if address is not None:
        with closing(open_store(address)) as store:
            return graph_state(store)
    current = current_snapshot(graph_root(settings.data))
    return graph_state(EmbeddedStore.open_read_only(current.graph)) if current else {}


def is_graph_gone(settings: Settings) -> bool:
    """Whether the graph is gone or damaged; a server that does not answer may still have it."""
    address = settings.store_address
    if graph_fault(settings):
        return True
    try:
        if address is None:
            return current_snapshot(graph_root(settings.data)) is None
        with closing(open_store(address)) as store:
            return store.size() == 0
    except StoreError:
        return False


def graph_fault(settings: Settings) -> str:
    """Say what is wrong with the current snapshot; a server looks after its own disk."""
    return "" if settings.store else fault_of_current(graph_root(settings.data))


def check_graph(settings: Settings, *, walks: bool = False) -> str:
    """Read the files of the current snapshot, see ``examine``; ``graph_fault`` says it from then.

    Raises SnapshotError where there is no snapshot to read.
    """
    root = graph_root(settings.data)
    current = None if graph_fault(settings) or settings.store else current_snapshot(root)
    if current:
        examine(current.path, walks=walks)
    return graph_fault(settings)


def _is_pending(change: ArchiveChange, known: GraphState) -> bool:
    if change.document is None:
        return change.pmid in known
    return change.pmid not in known or known[change.pmid][0] != change.document.record_hash


def _consumer(settings: Settings) -> str:
    """Name the current graph (see ``Archive.changes``); a server by its address."""
    if settings.store is not None:
        return f"graph {hashlib.sha256(settings.store.encode()).hexdigest()[:12]}"
    kept = kept_snapshots(graph_root(settings.data))
    current = next((each for each in kept if each.is_current), None)
    if current is None:
        return "no graph"
    # numbers begin again where someone removes the graph: the moment tells them apart
    return f"graph {current.snapshot.number} {current.made.isoformat()}"
