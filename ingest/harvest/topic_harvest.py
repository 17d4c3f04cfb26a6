"""PubMed's records of a topic, into the archive: what is new since the last run, and what changed.

Two streams (entered, modified) are read in slices of days; a slice is done when every PMID of its
search is accounted for. Once a week the whole list of the topic is compared. Every step can be
repeated, and a killed run is continued by the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ingest.archive.archive import LIVE, NOTHING, Archive, StoreResult
from ingest.archive.slices import Slice, SliceState, Span
from ingest.document import Deletion, Rejected
from ingest.formats.cutting import MedlineError
from ingest.harvest.planning import (
    EDAT,
    KINDS,
    MDAT,
    SWEEP,
    Days,
    Topic,
    calendar,
    is_sweep_due,
    plan,
)
from ingest.harvest.reconciling import Delivery, deliver
from ingest.harvest.report import Outcome, Tell
from ingest.pubmed.client import BATCH_PMIDS, PubMed
from ingest.pubmed.pacing import UnreachableError
from ingest.pubmed.responses import PubMedError
from ingest.pubmed.searching import Part, find_parts

SLICE_PMIDS = 2_000
"""A slice is cut to this many records where days allow: what a kill costs at most."""
FAILURES = (PubMedError, UnreachableError, MedlineError)
"""What ends a harvest early; what was done until then counts."""
NOT_DELIVERED = "PubMed lists it and does not deliver it"
_GIVEN_UP_AFTER = timedelta(days=2)
_LARGEST_LOSS = 0.1
_SMALL_LOSS = 10
_DOING = {EDAT: "new records", MDAT: "revised records", SWEEP: "comparing the whole list"}


@dataclass(frozen=True, slots=True)
class Planned:
    """Days that a harvest would read now, and how many records PubMed counts there."""

    source: str
    days: Span
    count: int


@dataclass(frozen=True, slots=True)
class _Tally:
    piece: Slice
    stored: StoreResult = NOTHING
    vanished: tuple[str, ...] = ()


def preview(archive: Archive, pubmed: PubMed, topic: Topic) -> tuple[Planned, ...]:
    """Say what ``harvest`` would read, without writing anything. Raises as it does."""
    days = calendar(pubmed.server_time())
    return tuple(
        Planned(topic.source(kind), span, pubmed.search(topic.term, kind, span, most=0).count)
        for kind in KINDS
        for span in (*plan(archive.slices, topic, kind, days), days.unfinished)
    )


def harvest(
    archive: Archive, pubmed: PubMed, topic: Topic, *, limit: int | None, tell: Tell
) -> Iterator[Outcome]:
    """Bring the archive up to date with a topic, slice by slice; at most ``limit`` records.

    A slice that lacks records is told as failed and stays a gap. Raises one of FAILURES where
    going on makes no sense; the watermark stands where it stood.
    """
    return _Harvest(archive, pubmed, topic, limit, tell).slices()


class _Harvest:
    """One run: what is open, and how many records it may still ask for."""

    def __init__(
        self, archive: Archive, pubmed: PubMed, topic: Topic, limit: int | None, tell: Tell
    ) -> None:
        self._archive, self._pubmed, self._topic, self._tell = archive, pubmed, topic, tell
        self._left = limit

    def slices(self) -> Iterator[Outcome]:
        days = calendar(self._pubmed.server_time())
        for kind in KINDS:
            for outcome in self._stream(kind, days):
                yield outcome
                if self._left == 0:
                    return
        if is_sweep_due(self._archive.slices, self._topic, days):
            yield self._sweep(days)

    def _stream(self, kind: str, days: Days) -> Iterator[Outcome]:
        source = self._topic.source(kind)
        spans = plan(self._archive.slices, self._topic, kind, days)
        self._archive.slices.forget_unfinished(source)
        states = [*((span, SliceState.DONE) for span in spans), (days.unfinished, SliceState.OPEN)]
        for span, state in states:
            for part in find_parts(self._pubmed, self._topic.term, kind, span, SLICE_PMIDS):
                yield self._take_part(source, part, state)

    def _take_part(self, source: str, part: Part, state: SliceState) -> Outcome:
        """Fetch a part; ``state`` is what its slice becomes where nothing is missing."""
        pmids = self._within_limit(part.pmids)
        days = (part.days.first, part.days.last)
        begun = Slice(source, part.days.name, SliceState.RUNNING, *days)
        tally = self._fetch(begun, pmids)
        if len(pmids) < len(part.pmids):
            state = SliceState.PARTIAL
        return self._close(tally, state, part.warnings)

    def _within_limit(self, pmids: Sequence[str]) -> Sequence[str]:
        if self._left is None:
            return pmids
        taken = pmids[: self._left]
        self._left -= len(taken)
        return taken

    def _fetch(self, piece: Slice, pmids: Sequence[str]) -> _Tally:
        """Fetch PMIDs batch by batch; a failure is written down before it is raised."""
        tally = _Tally(replace(piece, asked=len(pmids)))
        self._write(tally.piece)
        try:
            for start in range(0, len(pmids), BATCH_PMIDS):
                batch = pmids[start : start + BATCH_PMIDS]
                tally = self._keep(tally, batch, deliver(self._pubmed, batch))
                self._tell(_doing(piece.source), start + len(batch), len(pmids))
        except FAILURES as error:
            self._write(replace(tally.piece, state=SliceState.FAILED, problem=str(error)))
            raise
        return tally

    def _keep(self, tally: _Tally, batch: Sequence[str], delivery: Delivery) -> _Tally:
        """Store a batch, with what was received and how the slice stands, all or nothing."""
        piece = _count(tally.piece, delivery)
        letters = (Rejected(piece.source, pmid, NOT_DELIVERED, b"") for pmid in delivery.missing)
        records = (*delivery.records, *delivery.rejected, *letters)
        with self._archive.transaction():
            for answer in delivery.answers:
                self._archive.keep_answer(answer)
            stored = self._archive.store(records, issued=LIVE)
            gone = {*delivery.vanished, *delivery.deleted}
            self._archive.topics.join(self._topic.digest, set(batch) - gone)
            self._archive.topics.leave(self._topic.digest, delivery.deleted)
            self._write(piece)
        return _Tally(piece, tally.stored + stored, tally.vanished + delivery.vanished)

    def _close(self, tally: _Tally, state: SliceState, warnings: tuple[str, ...] = ()) -> Outcome:
        """Write a slice down as it ended: with records missing it failed, until we give them up."""
        awaited = [pmid for pmid in tally.piece.missing if not self._is_given_up(pmid)]
        if awaited:
            state = SliceState.FAILED
        problem = f"{len(awaited)} records not delivered, first {awaited[0]}" if awaited else ""
        piece = replace(tally.piece, state=state, problem=problem)
        self._write(piece)
        return Outcome(piece, tally.stored, warnings)

    def _is_given_up(self, pmid: str) -> bool:
        since = self._archive.dead_since(pmid)
        return since is not None and self._archive.now() - since >= _GIVEN_UP_AFTER

    def _sweep(self, days: Days) -> Outcome:
        """Compare PubMed's whole list with ours: fetch what is new, bury what is gone."""
        topic, whole = self._topic, Span(self._topic.since, days.newest)
        parts = list(find_parts(self._pubmed, topic.term, EDAT, whole))
        listed = {pmid for part in parts for pmid in part.pmids}
        gone = self._archive.topics.pmids(topic.digest) - listed
        claimed = (topic.since, days.closed)
        piece = Slice(topic.source(SWEEP), str(days.closed), SliceState.RUNNING, *claimed)
        if len(gone) > max(_SMALL_LOSS, _LARGEST_LOSS * len(listed)):
            return self._refuse(piece, len(gone), len(listed))
        new = listed - self._archive.hashes().keys()
        tally = self._fetch(piece, sorted(gone | new))
        stored = self._bury(gone, frozenset(tally.vanished))
        return self._close(replace(tally, stored=tally.stored + stored), SliceState.DONE)

    def _bury(self, gone: frozenset[str], vanished: frozenset[str]) -> StoreResult:
        """Withdraw what neither the topic's list, nor fetching, nor a search by PMID brings."""
        with self._archive.transaction():
            self._archive.topics.leave(self._topic.digest, gone)
            withdrawn = (Deletion(pmid) for pmid in sorted(gone & vanished))
            return self._archive.store(withdrawn, issued=LIVE)

    def _refuse(self, piece: Slice, gone: int, listed: int) -> Outcome:
        """Withdraw nothing where too much is gone: that is rather a fault, or a broken query."""
        problem = f"{gone} records are gone from PubMed's list, which has {listed}: not believed"
        failed = replace(piece, state=SliceState.FAILED, problem=problem)
        self._write(failed)
        return Outcome(failed)

    def _write(self, piece: Slice) -> None:
        self._archive.slices.write(piece, self._archive.now())


def _doing(source: str) -> str:
    return _DOING[source.partition(" ")[0]]


def _count(piece: Slice, delivery: Delivery) -> Slice:
    """Add a delivery to a slice; what PubMed's search no longer knows was not promised."""
    return replace(
        piece,
        asked=piece.asked - len(delivery.vanished),
        got=piece.got + delivery.got,
        rejected=piece.rejected + len(delivery.rejected),
        missing=piece.missing + delivery.missing,
    )
