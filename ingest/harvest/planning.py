"""Which days to harvest next: what is lacking, and again what is recent.

All by PubMed's clock: ours may be wrong, or in another zone than PubMed's days are.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ingest.archive.slices import DayRange, SliceBook, holes, merge
from ingest.pubmed.client import PubMedError

EDAT, MDAT, SWEEP = "edat", "mdat", "sweep"
KINDS = (MDAT, EDAT)
"""The two streams. Revised records come first: a long back-fill of new ones may be interrupted,
and what is revised meanwhile must fall into a stream that has begun already."""

FIRST_DAY = date(1900, 1, 1)
_OVERLAP_DAYS = {EDAT: 7, MDAT: 14}
_SWEEP_EVERY = timedelta(days=7)
_DAY = timedelta(days=1)
# A day ends at midnight US Eastern, 04:00 or 05:00 UTC; by 12:00 its records are indexed.
_CLOSES_AFTER = timedelta(hours=36)


class ClockError(PubMedError):
    """The archive claims days that PubMed says have not come yet."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What to harvest: a PubMed query, and the first day of entry."""

    query: str
    since: date = FIRST_DAY

    @property
    def digest(self) -> str:
        """Names the topic: another query has streams of its own, and begins from the start."""
        return hashlib.sha256(self.term.encode()).hexdigest()[:8]

    @property
    def term(self) -> str:
        """The query, bound to the days of entry where it has a first one."""
        if self.since == FIRST_DAY:
            return self.query
        return f'({self.query}) AND ("{self.since:%Y/%m/%d}"[edat] : "3000"[edat])'

    def source(self, kind: str) -> str:
        """Name a stream of this topic as the archive does."""
        return f"{kind} {self.digest}"

    @property
    def sources(self) -> tuple[str, ...]:
        """All streams of this topic."""
        return tuple(self.source(kind) for kind in (*KINDS, SWEEP))


@dataclass(frozen=True, slots=True)
class Days:
    """PubMed's calendar: ``closed`` is the last day that is over, ``newest`` the last there is."""

    closed: date
    newest: date

    @property
    def unfinished(self) -> DayRange:
        """The days whose records may still be coming."""
        return DayRange(self.closed + _DAY, self.newest)


def calendar(server_time: datetime) -> Days:
    """Read PubMed's days off its clock.

    >>> calendar(datetime.fromisoformat("2026-11-22T11:59:00+00:00")).closed
    datetime.date(2026, 11, 20)
    """
    return Days((server_time - _CLOSES_AFTER).date(), server_time.date() + _DAY)


def plan(slices: SliceBook, topic: Topic, kind: str, days: Days) -> tuple[DayRange, ...]:
    """List the closed days to harvest, in order: gaps, what is new, and the overlap with the old.

    Raises ClockError.
    """
    source = topic.source(kind)
    check_clock(slices, source, days)
    first = _first_day(slices, topic, kind, days)
    lacking = holes(DayRange(first, days.closed), slices.covered(source))
    recent = DayRange(max(first, days.closed - _overlap(kind) + _DAY), days.closed)
    return merge(span for span in (*lacking, recent) if span.first <= span.last)


def check_clock(slices: SliceBook, source: str, days: Days) -> None:
    """Stop where the archive claims the future: a wrong clock would make us skip days."""
    claimed = [piece.last for piece in slices.of(source) if piece.last]
    if claimed and max(claimed) > days.newest + _DAY:
        raise ClockError(
            f"{source}: the archive claims to be complete up to {max(claimed)},"
            " but PubMed has not reached that day"
        )


def is_sweep_due(slices: SliceBook, topic: Topic, days: Days) -> bool:
    """Whether a week has gone by since the last complete sweep."""
    swept = slices.watermark(topic.source(SWEEP))
    return swept is None or swept + _SWEEP_EVERY <= days.closed


def _first_day(slices: SliceBook, topic: Topic, kind: str, days: Days) -> date:
    """A back-fill brings every record as it is now, so revisions need only be read from then on."""
    if kind == EDAT:
        return topic.since
    known = [piece.first for piece in slices.of(topic.source(kind)) if piece.first]
    return min(known, default=days.closed - _overlap(kind) + _DAY)


def _overlap(kind: str) -> timedelta:
    return timedelta(days=_OVERLAP_DAYS[kind])
