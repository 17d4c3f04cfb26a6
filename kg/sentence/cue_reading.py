"""A sentence with its cue words, as they stand around a pair of mentions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from extract.text import fold
from kg.sentence.cue_words import Cue, cue_pattern
from ontology.schema import EntityType

ACTS = frozenset({Cue.BRINGS, Cue.RAISES, Cue.EASES, Cue.BETTER})
ACTS_BACK = frozenset({Cue.RAISES_BACK, Cue.EASES_BACK, Cue.BETTER_BACK})
FORWARD = frozenset({Cue.UP, Cue.DOWN}) | ACTS
BACKWARD = frozenset({Cue.UP_BACK, Cue.DOWN_BACK}) | ACTS_BACK


_CARRIED = 15
"""Characters after the end of a clause in which a verb still has the subject of that clause."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mention stands in its sentence, half-open, and what it names."""

    start: int
    end: int
    type: EntityType


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue, and where it stands in its sentence."""

    start: int
    end: int
    cue: Cue


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence with its cues; ``first`` and ``second`` are the mentions in text order."""

    text: str
    hits: tuple[Hit, ...]
    first: Place
    second: Place

    def clause(self, at: int) -> int:
        """Number the clause that a place stands in."""
        return sum(hit.start < at for hit in self.hits if hit.cue is Cue.STOP)

    @property
    def is_one_clause(self) -> bool:
        """Whether both mentions stand in the same clause."""
        return self.clause(self.first.start) == self.clause(self.second.start)

    def continues(self, hit: Hit) -> bool:
        """Whether a cue carries on what was said of the first mention, as in "but reduced"."""
        stops = [h.end for h in self.hits if h.cue is Cue.STOP and self.first.end <= h.end]
        return not any(end + _CARRIED < hit.start for end in stops if end <= hit.start)

    def gap_to(self, hit: Hit) -> str:
        """The text from the first mention up to a cue behind it."""
        return self.text[self.first.end : hit.start]

    def before(self, cues: Iterable[Cue]) -> list[Hit]:
        """Cues before both mentions, in the clause of the first; the nearest last."""
        clause = self.clause(self.first.start)
        return [h for h in self._of(cues) if self._ends_before(h, self.first, clause)]

    def between(self, cues: Iterable[Cue]) -> list[Hit]:
        """Cues between the mentions, in the clause of the one they look at."""
        here = (h for h in self._of(cues) if self.first.end <= h.start < h.end <= self.second.start)
        own = (self.clause(self.first.start), self.clause(self.second.start))
        looked_at = ((h, own[h.cue not in BACKWARD]) for h in here)
        return [h for h, clause in looked_at if self.clause(h.start) == clause]

    def after(self, cues: Iterable[Cue]) -> list[Hit]:
        """Cues after both mentions, in the clause of the second; the nearest first."""
        clause = self.clause(self.second.start)
        hits = (h for h in self._of(cues) if h.start >= self.second.end)
        return [h for h in hits if self.clause(h.start) == clause]

    def _of(self, cues: Iterable[Cue]) -> list[Hit]:
        wanted = frozenset(cues)
        return [hit for hit in self.hits if hit.cue in wanted]

    def _ends_before(self, hit: Hit, place: Place, clause: int) -> bool:
        return hit.end <= place.start and self.clause(hit.start) == clause

    def has(self, cue: Cue, start: int, end: int) -> bool:
        """Whether a cue stands somewhere between two places."""
        return any(start <= h.start and h.end <= end for h in self.hits if h.cue is cue)


@lru_cache(maxsize=1_000)
def find_cues(text: str) -> tuple[Hit, ...]:
    """Find the cues of a sentence, folded; it is asked for once a pair."""
    return tuple(
        Hit(match.start(), match.end(), Cue(match.lastgroup))
        for match in cue_pattern().finditer(text)
        if match.lastgroup
    )


def surround(sentence: str, one: Place, other: Place) -> Reading:
    """Find the cues around a pair; words inside the two mentions are none."""
    text = fold(sentence)
    first, second = sorted((one, other), key=lambda place: (place.start, place.end))
    hits = (h for h in find_cues(text) if h.cue is Cue.EXCEPT or not _overlaps(h, first, second))
    return Reading(text, tuple(hits), first, second)


def _overlaps(hit: Hit, first: Place, second: Place) -> bool:
    return any(hit.start < place.end and place.start < hit.end for place in (first, second))
