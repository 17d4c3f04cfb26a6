"""PubMed's baseline and update files, into the archive: each once, in order, all of it or nothing.

A file counts when its checksum agrees, its compression ends and its root element is closed; its
records and the note that it is done are one transaction. A later file wins over an earlier one, in
whatever order they come.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from ingest.archive.archive import Archive, StoreResult
from ingest.archive.slices import BULK, FILES_A_YEAR, Slice, SliceState
from ingest.bulk.places import BulkError, BulkFile, BulkPlace, by_number, md5_of
from ingest.document import Deletion, Document, Record
from ingest.formats.record_splitter import MedlineError
from ingest.formats.sources import read_source
from ingest.harvest.harvest_report import Progress, SliceOutcome
from ingest.pubmed.timing import UnreachableError

BASELINE = "baseline"
"""The source under which it is noted that a year's baseline was compared with what we hold."""

_LARGEST_LOSS = 0.01
_SMALL_LOSS = 100


def files_of(places: Sequence[BulkPlace]) -> tuple[BulkFile, ...]:
    """List what the places have, by number; of one file in two places the first counts."""
    return by_number(file for place in places for file in place.files())


def is_taken(archive: Archive, file: BulkFile) -> bool:
    """Whether this very issue of a file was taken in before."""
    known = archive.slices.find(BULK, file.name)
    if known is None or not known.is_done:
        return False
    checksum = file.home.checksum(file)
    try:
        return known.fingerprint == (checksum or file.home.stamp(file))
    except BulkError:
        return True  # the checksum is gone, but the file was good


def load_bulk(
    archive: Archive, files: Sequence[BulkFile], *, limit: int | None, progress: Progress
) -> Iterator[SliceOutcome]:
    """Take in what is new of the files, at most ``limit`` of them.

    A file that cannot be taken is reported as failed, stays a gap, and the next ones go on. Raises
    UnreachableError where the mirror is gone, ArchiveError where nothing can be written.
    """
    left = limit
    ends = {file.number // FILES_A_YEAR: file.number for file in files if file.is_baseline}
    for number, file in enumerate(files, start=1):
        progress("bulk files", number, len(files))
        if left == 0:
            return
        if is_taken(archive, file):
            continue
        # in the middle of a baseline, nothing is complete up to any day
        is_milestone = not file.is_baseline or file.number in ends.values()
        yield _load(archive, file, is_milestone=is_milestone)
        left = None if left is None else left - 1
    yield from _compare_baselines(archive, files)


def _load(archive: Archive, file: BulkFile, *, is_milestone: bool) -> SliceOutcome:
    piece = Slice(BULK, file.name, SliceState.RUNNING, number=file.number)
    archive.slices.write(piece, archive.now())
    try:
        return _take_in(archive, file, piece, is_milestone=is_milestone)
    except (MedlineError, BulkError, UnreachableError) as error:
        failed = replace(piece, state=SliceState.FAILED, problem=str(error))
        archive.slices.write(failed, archive.now())
        if isinstance(error, UnreachableError):
            raise
        return SliceOutcome(failed)


def _take_in(archive: Archive, file: BulkFile, piece: Slice, *, is_milestone: bool) -> SliceOutcome:
    """Store a file's records and its slice at once; raises before anything is kept."""
    checksum = file.home.checksum(file)
    piece = replace(piece, fingerprint=checksum or file.home.stamp(file))
    days: set[date] = set()
    with file.home.open(file) as path:
        if checksum and md5_of(path) != checksum:
            raise BulkError(f"{path.name}: its checksum is {md5_of(path)}, not {checksum}")
        with archive.transaction():
            records = _noting_days(read_source(path), days)
            stored = archive.store(records, issued=file.number)
            done = _done(piece, stored, max(days, default=None) if is_milestone else None)
            archive.slices.write(done, archive.now())
    return SliceOutcome(done, stored)


def _noting_days(records: Iterable[Record], days: set[date]) -> Iterator[Record]:
    for record in records:
        if isinstance(record, Document) and record.revised:
            days.add(record.revised)
        yield record


def _done(piece: Slice, stored: StoreResult, day: date | None) -> Slice:
    counts = {"asked": stored.total, "got": stored.total - stored.rejected}
    return replace(
        piece, state=SliceState.DONE, first=day, last=day, rejected=stored.rejected, **counts
    )


def _compare_baselines(archive: Archive, files: Sequence[BulkFile]) -> Iterator[SliceOutcome]:
    """Withdraw what a new year's baseline, once all of it is in, has dropped without saying so."""
    baseline = [file.number for file in files if file.is_baseline]
    if not baseline:
        return
    last, name = baseline[-1], str(baseline[-1])
    wanted = range(_first_number(last), last + 1)
    done = {piece.number for piece in archive.slices.of(BULK) if piece.is_done}
    if done.intersection(baseline).issuperset(wanted) and not archive.slices.find(BASELINE, name):
        yield _withdraw_dropped(archive, Slice(BASELINE, name, SliceState.DONE, number=last))


def _first_number(number: int) -> int:
    """The number of the first file of the same year."""
    return number // FILES_A_YEAR * FILES_A_YEAR + 1


def _withdraw_dropped(archive: Archive, piece: Slice) -> SliceOutcome:
    first = _first_number(piece.number)
    dropped = sorted(archive.not_issued_since(first))
    held = len(archive.hashes())
    if len(dropped) > max(_SMALL_LOSS, _LARGEST_LOSS * held):
        problem = f"{len(dropped)} of {held} records are not in the new baseline: not believed"
        return SliceOutcome(replace(piece, state=SliceState.FAILED, problem=problem))
    with archive.transaction():
        stored = archive.store((Deletion(pmid) for pmid in dropped), issued=piece.number)
        done = replace(piece, asked=len(dropped), got=len(dropped))
        archive.slices.write(done, archive.now())
    return SliceOutcome(done, stored)
