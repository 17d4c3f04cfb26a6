"""Which way a sentence says that the one goes with the other."""

import re
from collections.abc import Iterable
from math import prod

from kg.sentence.cue_reading import ACTS, ACTS_BACK, BACKWARD, FORWARD, Hit, Place, Reading
from kg.sentence.cue_words import Cue
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


def direction(reading: Reading) -> int:
    """Give the direction of the tie: 1, -1, or 0 where the sentence gives none.

    A microbial community as a whole is neither more nor less: its ties have none.
    """
    if EntityType.MICROBIOME in {reading.first.type, reading.second.type}:
        return 0
    paired = reading.between(_PAIRED)
    if not paired and reading.is_one_clause:
        paired = reading.before(_PAIRED) or reading.after(_PAIRED)
    if paired:
        return _SIGNS[paired[0].cue]
    ties = reading.between({Cue.TIE})
    if ties:
        return _tied_sign(reading, ties[-1])
    return _told_between(reading) or _told_around(reading)


def _told_between(reading: Reading) -> int:
    """Read "a reduced b" and "a was reduced in b".

    Of two things of one type only acts count, for "more a and less b" ties nothing together.
    """
    is_alike = reading.first.type is reading.second.type
    forward = [hit for hit in reading.between(FORWARD) if reading.continues(hit)]
    ahead = _governing(reading, forward, reading.second)
    if ahead and (not is_alike or ahead[-1].cue in ACTS):
        return _sign_of(ahead, reading.second) * _modified(reading)
    behind = [h for h in reading.between(BACKWARD) if _has_agent(reading, h)]
    if behind and (not is_alike or behind[0].cue in ACTS_BACK):
        return _sign_of(behind[:1], reading.first)
    return 0


def _told_around(reading: Reading) -> int:
    """Read "less a in b" and "in a, b was reduced"."""
    if reading.first.type is reading.second.type:
        return 0
    before = _governing(reading, reading.before(FORWARD), reading.first)
    if before and (before[0].cue not in ACTS or _names_agent(reading)):
        return _sign_of(before, reading.first)
    return _sign_of(_said_after(reading), reading.second)


def _has_agent(reading: Reading, hit: Hit) -> bool:
    """Whether "caused by", where it stands, joins the two mentions themselves."""
    is_by = hit.cue in ACTS_BACK and reading.text[hit.start : hit.end].endswith((" by", " to"))
    is_far = "," in reading.text[reading.first.end : hit.start]
    is_cut = is_far or _is_cut(reading, hit.end, reading.second.start, is_chain=True)
    return not (is_by and is_cut)


def _names_agent(reading: Reading) -> bool:
    """Whether the second mention is what does it, as in "preventing pain with rest"."""
    gap = reading.text[reading.first.end : reading.second.start]
    return _AGENT.search(gap) is not None


def _said_after(reading: Reading) -> list[Hit]:
    """Give the first change told after both mentions, unless a third thing brings it about."""
    first = reading.after(BACKWARD)[:1]
    return [h for h in first if " by" not in reading.text[h.start : h.end + 3]]


def _tied_sign(reading: Reading, tie: Hit) -> int:
    """Multiply what is said of both ends of "associated with"."""
    behind = [h for h in reading.between(FORWARD) if h.start >= tie.start]
    first = _governing(reading, reading.before(FORWARD), reading.first)
    first = first or [h for h in reading.between(BACKWARD) if h.end <= tie.start][:1]
    second = _governing(reading, behind, reading.second) or _said_after(reading)
    return _sign_of([*first, *second], reading.second)


def _modified(reading: Reading) -> int:
    """Turn the sign where the first mention itself is lowered, as in "deficiency of"."""
    near = _governing(reading, reading.before({Cue.UP, Cue.DOWN}), reading.first)
    return _sign_of(near, reading.first) or 1


def _governing(reading: Reading, hits: list[Hit], place: Place) -> list[Hit]:
    """Keep the last cue before a mention that no preposition cuts off, and what acts on it."""
    chain = list[Hit]()
    end = place.start
    for hit in reversed(hits):
        if _is_cut(reading, hit.end, end, is_chain=bool(chain)):
            break
        chain.insert(0, hit)
        end = hit.start
    return chain


def _is_cut(reading: Reading, start: int, end: int, *, is_chain: bool) -> bool:
    if reading.has(Cue.BREAK, start, end):
        return True
    gap = reading.text[start:end]
    return is_chain and (len(gap) > _CHAINED or "," in gap or " and " in gap)


def _sign_of(hits: Iterable[Hit], place: Place) -> int:
    """Multiply the signs; 0 for no cue. What gets better is a disease that gets less."""
    signs = [_sign_on(hit.cue, place.type) for hit in hits]
    return prod(signs) if signs else 0


def _sign_on(cue: Cue, kind: EntityType) -> int:
    if kind is EntityType.DDF:
        return -_SIGNS[cue] if cue in _BETTER else _SIGNS[cue]
    return 0 if cue is Cue.BRINGS else _SIGNS[cue]
