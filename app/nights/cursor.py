"""Up to which change of the archive a graph goes, told snapshot by snapshot.

Every snapshot has a cursor of its own, so that after a roll-back, or in a graph begun anew, what
is lacking is pending again. A snapshot made otherwise than by a night (``run``) goes at least as
far as the one it was made from. Where nothing is known all is compared, which costs time only.
"""

import hashlib
from collections.abc import Iterator

from app.settings import Settings
from app.update import graph_root
from ingest.archive.archive import Archive
from kg.snapshots.snapshot import Kept, kept_snapshots


def pending_consumer(archive: Archive, settings: Settings) -> str:
    """Name the cursor that says what the current graph lacks (see ``Archive.changes``)."""
    names = tuple(_consumers(settings))
    return next((name for name in names if archive.changes.cursor(name)), names[0])


def acknowledge(archive: Archive, settings: Settings, sequence: int) -> None:
    """Note that the current graph holds the archive up to a change."""
    archive.changes.acknowledge(next(_consumers(settings)), sequence)


def _consumers(settings: Settings) -> Iterator[str]:
    """Name the cursors of the current graph and of those it was made from, as far as kept."""
    if settings.store is not None:
        yield f"graph {hashlib.sha256(settings.store.encode()).hexdigest()[:12]}"
        return
    kept = {each.snapshot.number: each for each in kept_snapshots(graph_root(settings.data))}
    each = next((found for found in kept.values() if found.is_current), None)
    if each is None:
        yield "no graph"
    while each is not None:
        yield _consumer(each)
        each = kept.pop(each.made_from, None) if each.made_from is not None else None


def _consumer(kept: Kept) -> str:
    """Numbers begin again where someone removes the graph: the moment tells them apart."""
    return f"graph {kept.snapshot.number} {kept.made.isoformat()}"
