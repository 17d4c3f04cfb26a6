"""What a sentence says about its pair of mentions: a direction, a denial, a doubt.

After NegEx and ConText: cue words, the way they look, and the words that end their reach. The
words are in ``words/cues.toml``; ``docs/graph.md`` says what is meant, ``tests/data/cues.tsv``
holds the hand-labelled pairs by which it is measured (``benchmarks/cues.py``).
"""

from dataclasses import dataclass
from enum import StrEnum

from kg.sentence.cue_reading import BACKWARD, FORWARD, Hit, Place, Reading, surround
from kg.sentence.cue_words import Cue
from kg.sentence.direction import direction
from ontology.schema import Predicate


class Polarity(StrEnum):
    """What more of the one goes with: more of the other, less of it, or neither."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NO_CHANGE = "no change"


@dataclass(frozen=True, slots=True)
class Cues:
    """What a sentence says about a pair; ``polarity`` is None where it gives no direction."""

    polarity: Polarity | None = None
    is_negated: bool = False
    is_speculative: bool = False


SILENT = Cues()
"""No cue at all: the sentence states the tie, and gives it no direction."""

DIRECTED = frozenset(
    {
        Predicate.AFFECT,
        Predicate.CHANGE_ABUNDANCE,
        Predicate.CHANGE_EFFECT,
        Predicate.CHANGE_EXPRESSION,
        Predicate.IMPACT,
        Predicate.INFLUENCE,
        Predicate.INTERACT,
        Predicate.IS_LINKED_TO,
    }
)
"""Predicates by which one thing acts on another. The rest say where, what kind or which part:
such a tie has no direction, and an open question about its ends leaves it standing."""

_LOCAL = 24
"""Characters within which "without" reaches its mention."""
_DIRECTLY = 5
"""Characters within which "no" reaches it: an article at most."""
_NEAR = 45
"""Characters within which "did not alter" reaches the first of two mentions."""


def read_cues(sentence: str, subject: Place, predicate: Predicate, object_: Place) -> Cues:
    """Read what a sentence says about a pair; words inside the two mentions are no cues."""
    reading = surround(sentence, subject, object_)
    is_directed = predicate in DIRECTED
    is_denied = _is_denied(reading, is_directed=is_directed)
    is_missing = _has_none(reading, Cue.ABSENT)
    is_missing |= _is_exempt(reading) if is_directed else _is_free(reading)
    return Cues(
        polarity=_polarity(reading, is_denied=is_denied)
        if is_directed and not is_missing
        else None,
        is_negated=is_denied or is_missing,
        is_speculative=_is_doubted(reading, is_directed=is_directed),
    )


def _polarity(reading: Reading, *, is_denied: bool) -> Polarity | None:
    if is_denied:
        return Polarity.NO_CHANGE
    return {1: Polarity.INCREASE, -1: Polarity.DECREASE}.get(direction(reading))


def _is_exempt(reading: Reading) -> bool:
    """Whether one of the mentions is the exception: ", but not …,"."""
    places = (reading.first, reading.second)
    exceptions = [hit for hit in reading.hits if hit.cue is Cue.EXCEPT]
    return any(h.start <= place.start < h.end for h in exceptions for place in places)


def _is_free(reading: Reading) -> bool:
    """Whether the first mention is of those who are without the second: "patients without"."""
    without = reading.between({Cue.WITHOUT, Cue.NONE})
    own = (hit for hit in without if len(reading.gap_to(hit)) <= _LOCAL)
    return any(_is_next(reading, hit, reading.second) for hit in own)


def _has_none(reading: Reading, cue: Cue) -> bool:
    """Whether one of the mentions is said not to be there."""
    hits = [hit for hit in reading.hits if hit.cue is cue]
    places = (reading.first, reading.second)
    return any(_is_next(reading, hit, place, _DIRECTLY) for hit in hits for place in places)


def _is_next(reading: Reading, hit: Hit, place: Place, within: int = _LOCAL) -> bool:
    gap = place.start - hit.end
    return 0 < gap <= within and "," not in reading.text[hit.end : place.start]


def _is_denied(reading: Reading, *, is_directed: bool) -> bool:
    """Whether the tie itself is denied, by words before, between or after the mentions."""
    if not is_directed:
        denials = reading.between({Cue.NOT_FOUND})
        return any("," not in reading.gap_to(hit) for hit in denials)
    if any(_reaches(reading, denial) for denial in _ahead(reading)):
        return True
    if reading.between({Cue.DENIAL_BACK}) or _has_none(reading, Cue.NONE):
        return True
    behind = reading.after({Cue.NOT_FOUND, Cue.DENIAL_BACK})
    return bool(behind) and not reading.between(FORWARD | BACKWARD)


def _ahead(reading: Reading) -> list[Hit]:
    """Denials that look at both mentions, or stand between them."""
    between = reading.between({Cue.DENIAL, Cue.NO, Cue.NOT_FOUND})
    if not reading.is_one_clause:
        return between
    is_list = "," in reading.text[reading.first.end : reading.second.start]
    denials = [] if is_list else reading.before({Cue.DENIAL})
    near = (hit for hit in denials if _is_next(reading, hit, reading.first, _NEAR))
    return [*between, *near, *reading.before({Cue.NO, Cue.NOT_FOUND})]


def _reaches(reading: Reading, denial: Hit) -> bool:
    """Whether a denial holds for both: another statement after "and" or a comma would end it."""
    return not any(
        denial.end + 1 < hit.start < reading.second.start
        and reading.text[: hit.start].rstrip().endswith((",", " and"))
        for hit in reading.hits
        if hit.cue in FORWARD
    )


def _is_doubted(reading: Reading, *, is_directed: bool) -> bool:
    """Whether the tie is supposed, asked about or said to be unknown."""
    if reading.between({Cue.DOUBT}):
        return True
    if not is_directed:
        return False
    ahead = reading.between({Cue.QUESTION}) + reading.before({Cue.DOUBT, Cue.QUESTION})
    if any(h.cue is Cue.DOUBT or not _is_answered(reading, h) for h in ahead):
        return True
    behind = {Cue.DOUBT_BACK, Cue.QUESTION_BACK}
    return bool(reading.after(behind) or reading.between(behind))


def _is_answered(reading: Reading, question: Hit) -> bool:
    return reading.has(Cue.FOUND, question.end, reading.second.start)
