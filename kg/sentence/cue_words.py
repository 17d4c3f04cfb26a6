"""The kinds of cue words, and the tables of ``kg/sentence/words`` read as regular expressions."""

import re
import tomllib
from enum import StrEnum, auto
from functools import cache
from importlib.resources import files


class Cue(StrEnum):
    """What a cue does; the words of each stand in ``kg/sentence/words/cues.toml``.

    ``…_BACK`` cues speak of what stands before them, the others of what follows.
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
    """Denies a tie, wherever it stands: "did not find", "was not detected"."""
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
    """A preposition: what follows is not what a change is told of."""


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
