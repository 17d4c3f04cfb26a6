"""Whether a prepared graph may go live: a night that breaks or empties it is held back."""

from collections.abc import Collection, Iterator, Mapping

from app.update import Work
from kg.graph.state import GraphCounts

FEW_PAPERS = 3
"""A night that touches no more papers is never held for what they take away: PubMed revises and
retracts single papers every night, and in a small graph they weigh much."""
_MEASURED = ("articles", "assertions", "believed", "evidence")


class HeldError(ValueError):
    """The prepared graph must not go live; ``reasons`` say why."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


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


def strays(work: Work, state: Mapping[str, tuple[str, str]], version: str) -> Iterator[str]:
    """Name the papers that do not stand in the graph as the archive has them."""
    for pmid, record_hash in work.changed.items():
        if state.get(pmid) != (record_hash, version):
            yield pmid
    yield from (pmid for pmid in work.gone if pmid in state)
