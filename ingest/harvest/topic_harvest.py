"""PubMed's records of a topic, into the archive: what is new since the last run, and what changed.

Two streams (entered, modified) are read in slices of days; a slice is done when every PMID of its
search is accounted for. Once a week the full list of the topic is compared. Every step can be
repeated, and a killed run is continued by the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import chain
from math import ceil

from ingest.archive.archive import LIVE, Archive, StoreResult
from ingest.archive.slices import DayRange, Slice, SliceState
from ingest.document import Deletion, Rejected
from ingest.formats.record_splitter import MedlineError
from ingest.harvest.delivery import Delivery, deliver
from ingest.harvest.harvest_report import Progress, SliceOutcome
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
from ingest.pubmed.client import BATCH_PMIDS, PubMed, PubMedError, SearchResult, find_parts
from ingest.pubmed.timing import UnreachableError

SLICE_PMIDS = 2_000
"""A slice is cut to this many records where days allow: what a kill costs at most."""
FAILURES = (PubMedError, UnreachableError, MedlineError)
"""What ends a harvest early; what was done until then counts."""
NOT_DELIVERED = "PubMed lists it and does not deliver it"
DELETED_AND_LISTED = "PubMed lists it and says, with many others, that it is deleted"
LETTERS = "letters"
"""The source of the slice that asks again for dead letters."""
_GIVEN_UP_AFTER = timedelta(days=2)
_LARGEST_LOSS = 0.1
"""More than this share at once is rather a fault of PubMed's than the truth."""
_SMALL_LOSS = 10
_FEW = 2
_DOING = {
    LETTERS: "dead letters",
    EDAT: "new records",
    MDAT: "revised records",
    SWEEP: "comparing the full list",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """Days that a harvest would read now, and how many records PubMed counts there."""

    source: str
    days: DayRange
    count: int


def preview(archive: Archive, pubmed: PubMed, topic: Topic) -> tuple[Planned, ...]:
    """Say what ``harvest`` would read, without writing anything. Raises as it does."""
    days = calendar(pubmed.server_time())
    return tuple(
        Planned(topic.source(kind), span, pubmed.search(topic.term, kind, span, most=0).count)
        for kind in KINDS
        for span in (*plan(archive.slices, topic, kind, days), days.unfinished)
    )


def harvest(
    archive: Archive, pubmed: PubMed, topic: Topic, *, limit: int | None, progress: Progress
) -> Iterator[SliceOutcome]:
    """Bring the archive up to date with a topic, slice by slice; at most ``limit`` records.

    A slice that lacks records is reported as failed and stays a gap. Raises one of FAILURES where
    going on makes no sense; the watermark stays where it was.
    """
    return _Harvest(archive, pubmed, topic, limit, progress).slices()


@dataclass(slots=True)
class _Harvest:
    """One run; ``left`` is how many records it may still ask for."""

    archive: Archive
    pubmed: PubMed
    topic: Topic
    left: int | None
    progress: Progress

    def slices(self) -> Iterator[SliceOutcome]:
        days = calendar(self.pubmed.server_time())
        counted = self._count(days)
        for outcome in chain(self._letters(), *(self._stream(kind, days) for kind in KINDS)):
            yield outcome
            if self.left == 0:
                return
        is_equal = counted == len(self.archive.topics.pmids(self.topic.digest))
        if not is_equal or is_sweep_due(self.archive.slices, self.topic, days):
            yield self._sweep(days, counted)

    def _count(self, days: Days) -> int:
        """Count the topic's records; a search that has lost many of them is asked again.

        Where it goes on to lack them, the sweep will refuse; one that counts nothing ends all.
        """
        known = len(self.archive.topics.pmids(self.topic.digest))
        span = DayRange(self.topic.since, days.newest)
        count = partial(self.pubmed.search, self.topic.term, EDAT, span, 0)
        try:
            return count(least=max(1, ceil(known - _tolerated(known)))).count
        except UnreachableError:
            return count(least=1).count

    def _letters(self) -> Iterator[SliceOutcome]:
        """Ask again for what could not be read before."""
        members = self.archive.topics.pmids(self.topic.digest)
        pmids = self._within_limit(sorted(self.archive.dead_pmids() & members))
        if pmids:
            begun = Slice(self.topic.source(LETTERS), "dead letters", SliceState.RUNNING)
            outcome = self._fetch(begun, pmids)
            piece = replace(outcome.piece, state=SliceState.DONE)
            self._write(piece)
            yield replace(outcome, piece=piece)

    def _stream(self, kind: str, days: Days) -> Iterator[SliceOutcome]:
        source = self.topic.source(kind)
        spans = plan(self.archive.slices, self.topic, kind, days)
        self.archive.slices.forget_unfinished(source)
        states = [*((span, SliceState.DONE) for span in spans), (days.unfinished, SliceState.OPEN)]
        for span, state in states:
            for part, found in find_parts(self.pubmed, self.topic.term, kind, span, SLICE_PMIDS):
                begun = Slice(source, part.name, SliceState.RUNNING, part.first, part.last)
                yield self._take_part(begun, found, state)

    def _take_part(self, begun: Slice, found: SearchResult, state: SliceState) -> SliceOutcome:
        """Fetch what was found; ``state`` is what the slice becomes where nothing is missing."""
        pmids = self._within_limit(found.pmids)
        outcome = self._fetch(begun, pmids)
        if len(pmids) < len(found.pmids):
            state = SliceState.PARTIAL
        return self._close(replace(outcome, warnings=found.warnings), state)

    def _within_limit(self, pmids: Sequence[str]) -> Sequence[str]:
        if self.left is None:
            return pmids
        taken = pmids[: self.left]
        self.left -= len(taken)
        return taken

    def _fetch(self, piece: Slice, pmids: Sequence[str]) -> SliceOutcome:
        """Fetch PMIDs batch by batch; a failure is written down before it is raised."""
        outcome = SliceOutcome(replace(piece, asked=len(pmids)))
        self._write(outcome.piece)
        doing = _DOING[piece.source.partition(" ")[0]]
        try:
            for start in range(0, len(pmids), BATCH_PMIDS):
                batch = pmids[start : start + BATCH_PMIDS]
                outcome = self._keep(outcome, batch, deliver(self.pubmed, batch))
                self.progress(doing, start + len(batch), len(pmids))
        except FAILURES as error:
            self._write(replace(outcome.piece, state=SliceState.FAILED, problem=str(error)))
            raise
        return outcome

    def _keep(
        self, outcome: SliceOutcome, batch: Sequence[str], delivery: Delivery
    ) -> SliceOutcome:
        """Store a batch, with what was received and the state of the slice, all or nothing."""
        is_sweep = outcome.piece.source == self.topic.source(SWEEP)
        if not is_sweep and _is_too_much(len(delivery.deleted), len(batch)):
            delivery = delivery.doubted(DELETED_AND_LISTED)
        piece = _count(outcome.piece, delivery)
        letters = (Rejected(piece.source, pmid, NOT_DELIVERED, b"") for pmid in delivery.missing)
        records = (*delivery.records, *delivery.rejected, *letters)
        with self.archive.transaction():
            for answer in delivery.answers:
                self.archive.keep_answer(answer)
            stored = self.archive.store(records, issued=LIVE)
            gone = {*delivery.vanished, *delivery.deleted}
            self.archive.topics.join(self.topic.digest, set(batch) - gone)
            self.archive.topics.leave(self.topic.digest, delivery.deleted)
            self._write(piece)
        vanished = outcome.vanished + delivery.vanished
        unread = outcome.unread + tuple(each.pmid for each in delivery.rejected if each.pmid)
        return SliceOutcome(piece, outcome.stored + stored, vanished=vanished, unread=unread)

    def _close(self, outcome: SliceOutcome, state: SliceState) -> SliceOutcome:
        """Write a slice down as it ended; with a problem it failed, and is asked for again."""
        problem = "; ".join(self._problems(outcome))
        piece = replace(outcome.piece, state=SliceState.FAILED if problem else state)
        piece = replace(piece, problem=problem)
        self._write(piece)
        return replace(outcome, piece=piece)

    def _problems(self, outcome: SliceOutcome) -> Iterator[str]:
        """Say what a slice lacks, until we give it up."""
        asked = outcome.piece.asked
        if missing := self._awaited(outcome.piece.missing):
            yield f"{len(missing)} records not delivered, first {missing[0]}"
        if _is_too_much(len(unread := self._awaited(outcome.unread)), asked):
            yield f"{len(unread)} of {asked} records not readable, first {unread[0]}: not believed"
        is_sweep = outcome.piece.source == self.topic.source(SWEEP)
        if not is_sweep and _is_too_much(len(outcome.vanished), asked + len(outcome.vanished)):
            yield f"{len(outcome.vanished)} records listed, then unknown: not believed"

    def _awaited(self, pmids: Iterable[str]) -> list[str]:
        return [pmid for pmid in pmids if not self._is_given_up(pmid)]

    def _is_given_up(self, pmid: str) -> bool:
        since = self.archive.dead_since(pmid)
        return since is not None and self.archive.now() - since >= _GIVEN_UP_AFTER

    def _sweep(self, days: Days, counted: int) -> SliceOutcome:
        """Compare PubMed's full list with ours: fetch what is new, withdraw what is gone.

        Once a week, and whenever PubMed counts others than we hold.
        """
        topic, all_days = self.topic, DayRange(self.topic.since, days.newest)
        parts = find_parts(self.pubmed, topic.term, EDAT, all_days)
        listed = {pmid for _, found in parts for pmid in found.pmids}
        gone = self.archive.topics.pmids(topic.digest) - listed
        claimed = (topic.since, days.closed)
        piece = Slice(topic.source(SWEEP), str(days.closed), SliceState.RUNNING, *claimed)
        if len(gone) > _tolerated(len(listed)):
            problem = f"{len(gone)} records are gone from PubMed's list, which has {len(listed)}"
            return self._refuse(piece, problem)
        if len(listed) < counted - _tolerated(counted):
            return self._refuse(piece, f"PubMed counts {counted} records and lists {len(listed)}")
        new, dead = listed - self.archive.hashes().keys(), self.archive.dead_pmids()
        outcome = self._fetch(piece, sorted(gone | new))
        outcome = replace(outcome, unread=tuple(p for p in outcome.unread if p not in dead))
        stored = self._withdraw(gone, frozenset(outcome.vanished))
        return self._close(replace(outcome, stored=outcome.stored + stored), SliceState.DONE)

    def _withdraw(self, gone: frozenset[str], vanished: frozenset[str]) -> StoreResult:
        """Withdraw what neither the topic's list, nor fetching, nor a search by PMID brings."""
        with self.archive.transaction():
            self.archive.topics.leave(self.topic.digest, gone)
            withdrawn = (Deletion(pmid) for pmid in sorted(gone & vanished))
            return self.archive.store(withdrawn, issued=LIVE)

    def _refuse(self, piece: Slice, problem: str) -> SliceOutcome:
        """Withdraw nothing where too much is gone: that is rather a fault, or a broken query."""
        failed = replace(piece, state=SliceState.FAILED, problem=f"{problem}: not believed")
        self._write(failed)
        return SliceOutcome(failed)

    def _write(self, piece: Slice) -> None:
        self.archive.slices.write(piece, self.archive.now())


def _tolerated(count: int) -> float:
    """How many of so many records may be gone."""
    return max(_SMALL_LOSS, _LARGEST_LOSS * count)


def _is_too_much(lost: int, asked: int) -> bool:
    """Whether more was refused of an answer than single bad records explain."""
    return lost > max(_FEW, _LARGEST_LOSS * asked)


def _count(piece: Slice, delivery: Delivery) -> Slice:
    """Add a delivery to a slice; what PubMed's search no longer knows was not promised."""
    return replace(
        piece,
        asked=piece.asked - len(delivery.vanished),
        got=piece.got + delivery.got,
        rejected=piece.rejected + len(delivery.rejected),
        missing=piece.missing + delivery.missing,
    )
