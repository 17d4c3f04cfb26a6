"""Cue words: their kinds, their tables in ``kg/sentence/words``, their places around a pair.

The tables are a part of the version of a reading.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cache, lru_cache
from importlib.resources import files

from extract.annotation import Pipeline
from extract.text import fold
from ontology.schema import EntityType


class Cue(StrEnum):
    """What a cue does; the words of each are in ``kg/sentence/words/cues.toml``.

    ``…_BACK`` cues speak of what is before them, the others of what follows.
    """

    INERT = auto()
    """Looks like a cue and is none: "not only", "with and without"."""
    EXCEPT = auto()
    """Takes what it names out of the statement: ", but not …,"."""
    STOP = auto()
    """Ends a clause, and with it the reach of other cues."""
    WITHOUT = auto()
    """Says what those who were just named have not: "patients without"."""
    ABSENT = auto()
    """Says that what follows is not there."""
    DENIAL = auto()
    """Denies what follows: "did not"."""
    DENIAL_BACK = auto()
    """Denies a tie, between its pair or after it: "did not differ"."""
    NO = auto()
    """Denies a tie of what follows: "no effect of"."""
    NONE = auto()
    """Says that there is none of what follows at once."""
    NOT_FOUND = auto()
    """Denies a tie, wherever it is: "did not find", "was not detected"."""
    DOUBT = auto()
    """Supposes: "may", "suggest that"."""
    DOUBT_BACK = auto()
    QUESTION = auto()
    """Asks, as aims and methods do: "whether", "we assessed"."""
    QUESTION_BACK = auto()
    FOUND = auto()
    """Answers a question: what follows was found."""
    TOGETHER = auto()
    """Ties two things that rise together."""
    OPPOSED = auto()
    """Ties two things of which one falls as the other rises."""
    TIE = auto()
    """Ties two things: "associated with"."""
    UP = auto()
    """There is more of it."""
    UP_BACK = auto()
    DOWN = auto()
    """There is less of it."""
    DOWN_BACK = auto()
    BRINGS = auto()
    """Brings a disease about; of a substance, it only says where it comes from."""
    RAISES = auto()
    """Acts on it, for more."""
    RAISES_BACK = auto()
    EASES = auto()
    """Acts on it, for less."""
    EASES_BACK = auto()
    BETTER = auto()
    """Means less of a disease, and more of all else."""
    BETTER_BACK = auto()
    BREAK = auto()
    """A preposition: what follows is not what changes."""


ACTS = frozenset({Cue.BRINGS, Cue.RAISES, Cue.EASES, Cue.BETTER})
ACTS_BACK = frozenset({Cue.RAISES_BACK, Cue.EASES_BACK, Cue.BETTER_BACK})
FORWARD = frozenset({Cue.UP, Cue.DOWN}) | ACTS
BACKWARD = frozenset({Cue.UP_BACK, Cue.DOWN_BACK}) | ACTS_BACK
_CARRIED = 15
"""Characters after the end of a clause in which a verb still has the subject of that clause."""


def read_words(name: str) -> dict[str, str]:
    """Read ``words/<name>.toml``: one regular expression a kind, in the order of the file."""
    text = (files("kg.sentence") / "words" / f"{name}.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    parts: dict[str, str] = tables.get("parts", {})
    words: dict[str, list[str]] = tables["words"]
    return {kind: _filled("|".join(given), parts) for kind, given in words.items()}


def _filled(pattern: str, parts: dict[str, str]) -> str:
    """Put the parts in place of their names in angle brackets; a part may name others."""
    for name in reversed(parts):
        pattern = pattern.replace(f"<{name}>", parts[name])
    return pattern


@cache
def cue_pattern() -> re.Pattern[str]:
    """All cues in one expression, a group a kind; the first that fits wins.

    A cue is a whole word, and no part of a compound: "not" is no cue in "do-not-eat".
    """
    kinds = (f"(?P<{Cue(kind)}>{words})" for kind, words in read_words("cues").items())
    return re.compile(rf"(?:(?<![\w-])|(?=[,;(]))(?:{'|'.join(kinds)})(?!\w)")


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a mention in its sentence, half-open, and what it names."""

    start: int
    end: int
    type: EntityType


@dataclass(frozen=True, slots=True)
class FoundCue:
    """A cue, and its place in its sentence."""

    start: int
    end: int
    cue: Cue


@lru_cache(maxsize=1_000)
def find_cues(text: str) -> tuple[FoundCue, ...]:
    """Find the cues of a sentence, folded; it is asked for once a pair."""
    return tuple(
        FoundCue(match.start(), match.end(), Cue(match.lastgroup))
        for match in cue_pattern().finditer(text)
        if match.lastgroup
    )


@dataclass(frozen=True, slots=True)
class CuedSentence:
    """A sentence with its cues; ``first`` and ``second`` are the mentions in text order."""

    text: str
    hits: tuple[FoundCue, ...]
    first: Place
    second: Place

    @classmethod
    def around(cls, sentence: str, one: Place, other: Place) -> "CuedSentence":
        """Find the cues around a pair; words inside the two mentions are none."""
        text = fold(sentence)
        first, second = sorted((one, other), key=lambda place: (place.start, place.end))
        cues = (
            h for h in find_cues(text) if h.cue is Cue.EXCEPT or not _overlaps(h, first, second)
        )
        return cls(text, tuple(cues), first, second)

    def clause(self, at: int) -> int:
        """Number the clause of a place."""
        return sum(hit.start < at for hit in self.hits if hit.cue is Cue.STOP)

    @property
    def is_one_clause(self) -> bool:
        """Whether both mentions are in the same clause."""
        return self.clause(self.first.start) == self.clause(self.second.start)

    def continues(self, hit: FoundCue) -> bool:
        """Whether a cue carries on what was said of the first mention, as in "but reduced"."""
        stops = [h.end for h in self.hits if h.cue is Cue.STOP and self.first.end <= h.end]
        return not any(end + _CARRIED < hit.start for end in stops if end <= hit.start)

    def gap_to(self, hit: FoundCue) -> str:
        """The text from the first mention up to a cue behind it."""
        return self.text[self.first.end : hit.start]

    def before(self, cues: Iterable[Cue]) -> list[FoundCue]:
        """Cues before both mentions, in the clause of the first; the nearest last."""
        clause = self.clause(self.first.start)
        return [h for h in self._of(cues) if self._ends_before(h, self.first, clause)]

    def between(self, cues: Iterable[Cue]) -> list[FoundCue]:
        """Cues between the mentions, in the clause of the one they look at."""
        here = (h for h in self._of(cues) if self.first.end <= h.start < h.end <= self.second.start)
        own = (self.clause(self.first.start), self.clause(self.second.start))
        looked_at = ((h, own[h.cue not in BACKWARD]) for h in here)
        return [h for h, clause in looked_at if self.clause(h.start) == clause]

    def after(self, cues: Iterable[Cue]) -> list[FoundCue]:
        """Cues after both mentions, in the clause of the second; the nearest first."""
        clause = self.clause(self.second.start)
        hits = (h for h in self._of(cues) if h.start >= self.second.end)
        return [h for h in hits if self.clause(h.start) == clause]

    def _of(self, cues: Iterable[Cue]) -> list[FoundCue]:
        wanted = frozenset(cues)
        return [hit for hit in self.hits if hit.cue in wanted]

    def _ends_before(self, hit: FoundCue, place: Place, clause: int) -> bool:
        return hit.end <= place.start and self.clause(hit.start) == clause

    def has(self, cue: Cue, start: int, end: int) -> bool:
        """Whether a cue is somewhere between two places."""
        return any(start <= h.start and h.end <= end for h in self.hits if h.cue is cue)


def _overlaps(hit: FoundCue, first: Place, second: Place) -> bool:
    return any(hit.start < place.end and place.start < hit.end for place in (first, second))


CODE_VERSION = "1"
"""Raise it where the code of this room reads the same text otherwise than before: the next run then
reads every paper again."""


def reading_version(pipeline: Pipeline) -> str:
    """Twelve hex digits that change with the pipeline, the cue tables, and how these are read.

    What the pipeline found need not be found again where only the tables changed (see
    ``extract.annotation_cache``, which goes by ``Pipeline.version``).
    """
    parts = (pipeline.version, CODE_VERSION, tables_hash())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@cache
def tables_hash() -> str:
    """Hash ``kg/sentence/words``."""
    digest = hashlib.sha256()
    for table in sorted((files("kg.sentence") / "words").iterdir(), key=lambda each: each.name):
        if table.name.endswith(".toml"):
            digest.update(table.name.encode() + b"\0" + table.read_bytes())
    return digest.hexdigest()
