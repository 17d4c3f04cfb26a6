"""PubMed's baseline and update files, into the archive: each once, in order, all of it or nothing.

A file counts when its checksum agrees, its compression ends and its root element is closed; its
records and the note that it is done are one transaction. What stands in a later file wins over
what stands in an earlier one, in whatever order they come.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.archive.archive import Archive
from ingest.archive.slices import BULK, FILES_A_YEAR, Slice, SliceState
from ingest.bulk.places import BulkError, BulkFile, Depot, by_number, md5_of
from ingest.document import Deletion, Document, Record, Rejected
from ingest.formats.cutting import MedlineError
from ingest.formats.sources import read_source
from ingest.harvest.report import Outcome, Tell
from ingest.pubmed.pacing import UnreachableError

BASELINE = "baseline"
"""The source under which it is noted that a year's baseline was compared with what we hold."""

_LARGEST_LOSS = 0.01
_SMALL_LOSS = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """A bulk file and the depot that has it."""

    file: BulkFile
    depot: Depot
    is_last_of_baseline: bool


@dataclass(slots=True)
class _Reading:
    """What was seen of a file so far."""

    got: int = 0
    rejected: int = 0
    newest: date = date.min

    def watch(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if isinstance(record, Rejected):
                self.rejected += 1
            else:
                self.got += 1
            if isinstance(record, Document) and record.revised:
                self.newest = max(self.newest, record.revised)
            yield record


def offers(depots: Sequence[Depot]) -> tuple[Offer, ...]:
    """List what the depots have, by number; of one file in two depots the first counts."""
    homes = {file.place: depot for depot in depots for file in depot.files()}
    files = by_number(file for depot in depots for file in depot.files())
    ends = {file.number // FILES_A_YEAR: file.number for file in files if file.is_baseline}
    return tuple(Offer(file, homes[file.place], file.number in ends.values()) for file in files)


def is_taken(archive: Archive, offer: Offer) -> bool:
    """Whether this very issue of a file was taken in before."""
    known = archive.slices.find(BULK, offer.file.name)
    if known is None or known.state is not SliceState.DONE:
        return False
    checksum = offer.depot.checksum(offer.file)
    try:
        return known.fingerprint == (checksum or offer.depot.stamp(offer.file))
    except BulkError:
        return True  # the checksum is gone, but the file was good


def untaken(archive: Archive, offered: Sequence[Offer]) -> Iterator[Offer]:
    """Pick out what ``load_bulk`` would take in."""
    return (offer for offer in offered if not is_taken(archive, offer))


def load_bulk(
    archive: Archive, offered: Sequence[Offer], *, limit: int | None, tell: Tell
) -> Iterator[Outcome]:
    """Take in what is new of the files on offer, at most ``limit`` files.

    A file that cannot be taken is told as failed, stays a gap, and the next ones go on. Raises
    UnreachableError where the mirror is gone, ArchiveError where nothing can be written.
    """
    left = limit
    for number, offer in enumerate(offered, start=1):
        tell("bulk files", number, len(offered))
        if left == 0:
            return
        if is_taken(archive, offer):
            continue
        yield _load(archive, offer)
        left = None if left is None else left - 1
    yield from _compare_baselines(archive, offered)


def _load(archive: Archive, offer: Offer) -> Outcome:
    file = offer.file
    piece = Slice(BULK, file.name, SliceState.RUNNING, number=file.number)
    archive.slices.write(piece, archive.now())
    try:
        return _take_in(archive, offer, piece)
    except (MedlineError, BulkError, UnreachableError) as error:
        failed = replace(piece, state=SliceState.FAILED, problem=str(error))
        archive.slices.write(failed, archive.now())
        if isinstance(error, UnreachableError):
            raise
        return Outcome(failed)


def _take_in(archive: Archive, offer: Offer, piece: Slice) -> Outcome:
    """Store a file's records and its slice at once; raises before anything is kept."""
    checksum, reading = offer.depot.checksum(offer.file), _Reading()
    fingerprint = checksum or offer.depot.stamp(offer.file)
    with offer.depot.open(offer.file) as path:
        if checksum and md5_of(path) != checksum:
            raise BulkError(f"{path.name}: its checksum is {md5_of(path)}, not {checksum}")
        with archive.transaction():
            stored = archive.store(reading.watch(read_source(path)), issued=offer.file.number)
            done = _done(piece, offer, reading, fingerprint)
            archive.slices.write(done, archive.now())
    return Outcome(done, stored)


def _done(piece: Slice, offer: Offer, reading: _Reading, fingerprint: str) -> Slice:
    # in the middle of a baseline, nothing is complete up to any day
    is_milestone = offer.is_last_of_baseline or not offer.file.is_baseline
    has_days = is_milestone and reading.newest > date.min
    return replace(
        piece,
        state=SliceState.DONE,
        first=reading.newest if has_days else None,
        last=reading.newest if has_days else None,
        asked=reading.got + reading.rejected,
        got=reading.got,
        rejected=reading.rejected,
        fingerprint=fingerprint,
    )


def _compare_baselines(archive: Archive, offered: Sequence[Offer]) -> Iterator[Outcome]:
    """Withdraw what a new year's baseline, once it is in, has dropped without saying so."""
    files = [offer.file for offer in offered if offer.file.is_baseline]
    if not files:
        return
    year = files[-1].number // FILES_A_YEAR
    numbers = [file.number for file in files if file.number // FILES_A_YEAR == year]
    name = f"{numbers[-1]}"
    if archive.slices.find(BASELINE, name) or not _is_whole(archive, numbers):
        return
    yield _withdraw_dropped(archive, Slice(BASELINE, name, SliceState.DONE, number=numbers[-1]))


def _is_whole(archive: Archive, numbers: Sequence[int]) -> bool:
    """Whether a baseline is on offer from its first file on, and all of it was taken in."""
    first = numbers[-1] // FILES_A_YEAR * FILES_A_YEAR + 1
    is_run = list(numbers) == list(range(first, numbers[-1] + 1))
    done = {piece.number for piece in archive.slices.of(BULK) if piece.state is SliceState.DONE}
    return is_run and done.issuperset(numbers)


def _withdraw_dropped(archive: Archive, piece: Slice) -> Outcome:
    first = piece.number // FILES_A_YEAR * FILES_A_YEAR + 1
    dropped = sorted(archive.not_issued_since(first))
    held = len(archive.hashes())
    if len(dropped) > max(_SMALL_LOSS, _LARGEST_LOSS * held):
        problem = f"{len(dropped)} of {held} records are not in the new baseline: not believed"
        return Outcome(replace(piece, state=SliceState.FAILED, problem=problem))
    with archive.transaction():
        stored = archive.store((Deletion(pmid) for pmid in dropped), issued=piece.number)
        done = replace(piece, asked=len(dropped), got=len(dropped))
        archive.slices.write(done, archive.now())
    return Outcome(done, stored)
