"""Which way a sentence says that the one goes with the other: the direction in its cues."""

import re
from collections.abc import Iterable
from math import prod

from kg.sentence.cue_words import (
    ACTS,
    ACTS_BACK,
    BACKWARD,
    FORWARD,
    Cue,
    CuedSentence,
    FoundCue,
    Place,
)
from ontology.schema import EntityType

_SIGNS = {
    Cue.UP: 1, Cue.DOWN: -1, Cue.RAISES: 1, Cue.BRINGS: 1, Cue.EASES: -1, Cue.BETTER: 1,
    Cue.UP_BACK: 1, Cue.DOWN_BACK: -1, Cue.RAISES_BACK: 1, Cue.EASES_BACK: -1, Cue.BETTER_BACK: 1,
    Cue.TOGETHER: 1, Cue.OPPOSED: -1,
}  # fmt: skip
_BETTER = frozenset({Cue.BETTER, Cue.BETTER_BACK})
_PAIRED = frozenset({Cue.TOGETHER, Cue.OPPOSED})
_CHAINED = 25
"""Characters within which one change acts on another: "attenuated the rise in"."""
_AGENT = re.compile(r"\b(?:by|with|using|through|via)\b")


def direction(sentence: CuedSentence) -> int:
    """Give the direction of the tie: 1, -1, or 0 where the sentence gives none.

    A microbial community as a whole is neither more nor less: its ties have none.
    """
    if EntityType.MICROBIOME in {sentence.first.type, sentence.second.type}:
        return 0
    paired = sentence.between(_PAIRED)
    if not paired and sentence.is_one_clause:
        paired = sentence.before(_PAIRED) or sentence.after(_PAIRED)
    if paired:
        return _SIGNS[paired[0].cue]
    ties = sentence.between({Cue.TIE})
    if ties:
        return _tied_sign(sentence, ties[-1])
    return _between(sentence) or _around(sentence)


def _between(sentence: CuedSentence) -> int:
    """Read "a reduced b" and "a was reduced in b".

    Of two things of one type only acts count, for "more a and less b" ties nothing together.
    """
    is_alike = sentence.first.type is sentence.second.type
    forward = [hit for hit in sentence.between(FORWARD) if sentence.continues(hit)]
    ahead = _governing(sentence, forward, sentence.second)
    if ahead and (not is_alike or ahead[-1].cue in ACTS):
        return _sign_of(ahead, sentence.second) * _modified(sentence)
    behind = [h for h in sentence.between(BACKWARD) if _has_agent(sentence, h)]
    if behind and (not is_alike or behind[0].cue in ACTS_BACK):
        return _sign_of(behind[:1], sentence.first)
    return 0


def _around(sentence: CuedSentence) -> int:
    """Read "less a in b" and "in a, b was reduced"."""
    if sentence.first.type is sentence.second.type:
        return 0
    before = _governing(sentence, sentence.before(FORWARD), sentence.first)
    if before and (before[0].cue not in ACTS or _names_agent(sentence)):
        return _sign_of(before, sentence.first)
    return _sign_of(_said_after(sentence), sentence.second)


def _has_agent(sentence: CuedSentence, hit: FoundCue) -> bool:
    """Whether "caused by", here, joins the two mentions themselves."""
    is_by = hit.cue in ACTS_BACK and sentence.text[hit.start : hit.end].endswith((" by", " to"))
    is_far = "," in sentence.text[sentence.first.end : hit.start]
    is_cut = is_far or _is_cut(sentence, hit.end, sentence.second.start, is_chain=True)
    return not (is_by and is_cut)


def _names_agent(sentence: CuedSentence) -> bool:
    """Whether the second mention is what does it, as in "preventing pain with rest"."""
    gap = sentence.text[sentence.first.end : sentence.second.start]
    return _AGENT.search(gap) is not None


def _said_after(sentence: CuedSentence) -> list[FoundCue]:
    """Give the first change after both mentions, unless a third thing brings it about."""
    first = sentence.after(BACKWARD)[:1]
    return [h for h in first if " by" not in sentence.text[h.start : h.end + 3]]


def _tied_sign(sentence: CuedSentence, tie: FoundCue) -> int:
    """Multiply what is said of both ends of "associated with"."""
    behind = [h for h in sentence.between(FORWARD) if h.start >= tie.start]
    first = _governing(sentence, sentence.before(FORWARD), sentence.first)
    first = first or [h for h in sentence.between(BACKWARD) if h.end <= tie.start][:1]
    second = _governing(sentence, behind, sentence.second) or _said_after(sentence)
    return _sign_of([*first, *second], sentence.second)


def _modified(sentence: CuedSentence) -> int:
    """Turn the sign where the first mention itself is lowered, as in "deficiency of"."""
    near = _governing(sentence, sentence.before({Cue.UP, Cue.DOWN}), sentence.first)
    return _sign_of(near, sentence.first) or 1


def _governing(sentence: CuedSentence, hits: list[FoundCue], place: Place) -> list[FoundCue]:
    """Keep the last cue before a mention that no preposition cuts off, and what acts on it."""
    chain = list[FoundCue]()
    end = place.start
    for hit in reversed(hits):
        if _is_cut(sentence, hit.end, end, is_chain=bool(chain)):
            break
        chain.insert(0, hit)
        end = hit.start
    return chain


def _is_cut(sentence: CuedSentence, start: int, end: int, *, is_chain: bool) -> bool:
    if sentence.has(Cue.BREAK, start, end):
        return True
    gap = sentence.text[start:end]
    return is_chain and (len(gap) > _CHAINED or "," in gap or " and " in gap)


def _sign_of(hits: Iterable[FoundCue], place: Place) -> int:
    """Multiply the signs; 0 for no cue. What gets better is a disease that gets less."""
    signs = [_sign_on(hit.cue, place.type) for hit in hits]
    return prod(signs) if signs else 0


def _sign_on(cue: Cue, kind: EntityType) -> int:
    if kind is EntityType.DDF:
        return -_SIGNS[cue] if cue in _BETTER else _SIGNS[cue]
    return 0 if cue is Cue.BRINGS else _SIGNS[cue]
