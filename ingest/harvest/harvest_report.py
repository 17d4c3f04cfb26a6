"""What a harvest did: slice by slice, and summed up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from ingest.archive.archive import NOTHING, StoreResult
from ingest.archive.slices import Slice, SliceState

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are (0 where unknown)."""

_UNFINISHED = frozenset({SliceState.RUNNING, SliceState.FAILED})


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    """How one slice ended, and what became of its records.

    ``vanished`` are the PMIDs that PubMed's search does not know any more, ``unread`` those of
    records that could not be read, or were not believed.
    """

    piece: Slice
    stored: StoreResult = NOTHING
    warnings: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """A harvest, all slices together; ``as_of`` is the day up to which the archive is now complete.

    ``problems`` name what failed, ``warnings`` what PubMed remarked on the query.
    """

    slices: tuple[Slice, ...]
    stored: StoreResult
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    as_of: date | None
    requests: int = 0

    @property
    def asked(self) -> int:
        """How many PMIDs were asked for; a PMID counts in every slice that has it."""
        return sum(piece.asked for piece in self.slices)

    @property
    def got(self) -> int:
        """How many of them came, as articles, books or deletions."""
        return sum(piece.got for piece in self.slices)

    @property
    def rejected(self) -> int:
        """How many came and could not be read; they are dead letters now."""
        return sum(piece.rejected for piece in self.slices)

    @property
    def missing(self) -> int:
        """How many did not come."""
        return sum(len(piece.missing) for piece in self.slices)

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed; a few records that cannot be read do not count as failure."""
        return not self.problems and all(piece.state not in _UNFINISHED for piece in self.slices)


def summarize(
    outcomes: Iterable[SliceOutcome], problems: Iterable[str], as_of: date | None, requests: int = 0
) -> HarvestReport:
    """Sum up the outcomes; what a slice says went wrong joins the problems."""
    listed = tuple(outcomes)
    failed = [
        f"{outcome.piece.source} {outcome.piece.name}: {outcome.piece.problem}"
        for outcome in listed
        if outcome.piece.problem
    ]
    return HarvestReport(
        tuple(outcome.piece for outcome in listed),
        sum((outcome.stored for outcome in listed), NOTHING),
        tuple(dict.fromkeys([*failed, *problems])),
        tuple(dict.fromkeys(warning for outcome in listed for warning in outcome.warnings)),
        as_of,
        requests,
    )
