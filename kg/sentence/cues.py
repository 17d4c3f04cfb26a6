"""What a sentence says about its pair of mentions: a direction, a denial, a doubt.

After NegEx and ConText: cue words, the way they look, and the words that end their reach. The
words are in ``words/cues.toml``; ``docs/graph.md`` says what is meant, ``tests/data/cues.tsv``
holds the hand-labelled pairs by which it is measured (``benchmarks/cues.py``).
"""

from dataclasses import dataclass
from enum import StrEnum

from kg.sentence.cue_words import BACKWARD, FORWARD, Cue, CuedSentence, FoundCue, Place
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
such a tie has no direction, and an open question about its ends does not touch it."""

_LOCAL = 24
"""Characters within which "without" reaches its mention."""
_DIRECTLY = 5
"""Characters within which "no" reaches it: an article at most."""
_NEAR = 45
"""Characters within which "did not alter" reaches the first of two mentions."""


def read_cues(sentence: str, subject: Place, predicate: Predicate, object_: Place) -> Cues:
    """Read what a sentence says about a pair; words inside the two mentions are no cues."""
    cued = CuedSentence.around(sentence, subject, object_)
    is_directed = predicate in DIRECTED
    is_denied = _is_denied(cued, is_directed=is_directed)
    is_missing = _has_none(cued, Cue.ABSENT)
    is_missing |= _is_exempt(cued) if is_directed else _is_free(cued)
    has_direction = is_directed and not is_missing
    return Cues(
        polarity=_polarity(cued, is_denied=is_denied) if has_direction else None,
        is_negated=is_denied or is_missing,
        is_speculative=_is_doubted(cued, is_directed=is_directed),
    )


def _polarity(sentence: CuedSentence, *, is_denied: bool) -> Polarity | None:
    if is_denied:
        return Polarity.NO_CHANGE
    return {1: Polarity.INCREASE, -1: Polarity.DECREASE}.get(direction(sentence))


def _is_exempt(sentence: CuedSentence) -> bool:
    """Whether one of the mentions is the exception: ", but not …,"."""
    places = (sentence.first, sentence.second)
    exceptions = [hit for hit in sentence.hits if hit.cue is Cue.EXCEPT]
    return any(h.start <= place.start < h.end for h in exceptions for place in places)


def _is_free(sentence: CuedSentence) -> bool:
    """Whether the first mention is of those who are without the second: "patients without"."""
    without = sentence.between({Cue.WITHOUT, Cue.NONE})
    own = (hit for hit in without if len(sentence.gap_to(hit)) <= _LOCAL)
    return any(_is_next(sentence, hit, sentence.second) for hit in own)


def _has_none(sentence: CuedSentence, cue: Cue) -> bool:
    """Whether one of the mentions is said not to be there."""
    hits = [hit for hit in sentence.hits if hit.cue is cue]
    places = (sentence.first, sentence.second)
    return any(_is_next(sentence, hit, place, _DIRECTLY) for hit in hits for place in places)


def _is_next(sentence: CuedSentence, hit: FoundCue, place: Place, within: int = _LOCAL) -> bool:
    gap = place.start - hit.end
    return 0 < gap <= within and "," not in sentence.text[hit.end : place.start]


def _is_denied(sentence: CuedSentence, *, is_directed: bool) -> bool:
    """Whether the tie itself is denied, by words before, between or after the mentions."""
    if not is_directed:
        denials = sentence.between({Cue.NOT_FOUND})
        return any("," not in sentence.gap_to(hit) for hit in denials)
    if any(_reaches(sentence, denial) for denial in _ahead(sentence)):
        return True
    if sentence.between({Cue.DENIAL_BACK}) or _has_none(sentence, Cue.NONE):
        return True
    behind = sentence.after({Cue.NOT_FOUND, Cue.DENIAL_BACK})
    return bool(behind) and not sentence.between(FORWARD | BACKWARD)


def _ahead(sentence: CuedSentence) -> list[FoundCue]:
    """Denials that look at both mentions, or are between them."""
    between = sentence.between({Cue.DENIAL, Cue.NO, Cue.NOT_FOUND})
    if not sentence.is_one_clause:
        return between
    is_list = "," in sentence.text[sentence.first.end : sentence.second.start]
    denials = [] if is_list else sentence.before({Cue.DENIAL})
    near = (hit for hit in denials if _is_next(sentence, hit, sentence.first, _NEAR))
    return [*between, *near, *sentence.before({Cue.NO, Cue.NOT_FOUND})]


def _reaches(sentence: CuedSentence, denial: FoundCue) -> bool:
    """Whether a denial holds for both: another statement after "and" or a comma would end it."""
    return not any(
        denial.end + 1 < hit.start < sentence.second.start
        and sentence.text[: hit.start].rstrip().endswith((",", " and"))
        for hit in sentence.hits
        if hit.cue in FORWARD
    )


def _is_doubted(sentence: CuedSentence, *, is_directed: bool) -> bool:
    """Whether the tie is supposed, asked about or said to be unknown."""
    if sentence.between({Cue.DOUBT}):
        return True
    if not is_directed:
        return False
    ahead = sentence.between({Cue.QUESTION}) + sentence.before({Cue.DOUBT, Cue.QUESTION})
    if any(h.cue is Cue.DOUBT or not _is_answered(sentence, h) for h in ahead):
        return True
    behind = {Cue.DOUBT_BACK, Cue.QUESTION_BACK}
    return bool(sentence.after(behind) or sentence.between(behind))


def _is_answered(sentence: CuedSentence, question: FoundCue) -> bool:
    return sentence.has(Cue.FOUND, question.end, sentence.second.start)
