"""Names that are made of others: people and animals with a condition, and coordinations.

"PD patients", "patients with PD" and "individuals suffering from PD" are one group: a head and a
condition. "IBS and IBD" names two things, and so does "Alzheimer's and Parkinson's diseases".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ontology.normalising import folded_words
from ontology.schema import EntityType as T

# fmt: off
_PEOPLE = frozenset({
    "patient", "subject", "individual", "person", "participant", "case", "sufferer", "people",
    "group", "cohort", "population", "volunteer",
})
_ANIMALS = frozenset({
    "mouse", "rat", "pig", "piglet", "dog", "monkey", "zebrafish", "rabbit", "hamster", "chicken",
})
_ASPECTS = frozenset({
    "level", "concentration", "amount", "content", "risk", "severity", "progression", "onset",
    "pathology", "pathogenesis", "pathophysiology", "development", "incidence", "prevalence",
    "occurrence", "supplementation", "intake", "consumption", "administration", "treatment",
})
_COMMUNITY = frozenset({
    "composition", "community", "commensal", "resident", "indigenous", "host", "overall", "profile",
    "structure", "human", "bacterial", "microbial", "specific", "whole", "normal",
})
_SETTING: Mapping[T, frozenset[str]] = {
    T.ANIMAL: frozenset({
        "adult", "aged", "young", "old", "male", "female", "wild", "type", "wt", "c57bl", "6j",
        "6n", "6", "c57bl6", "balb", "c", "sprague", "dawley", "wistar", "sd", "naive", "specific",
        "pathogen", "free", "spf", "laboratory", "week", "month", "8", "10", "12",
    }),
    T.MICROBIOME: _COMMUNITY,
    **dict.fromkeys((T.CHEMICAL, T.DDF, T.DIETARY_SUPPLEMENT, T.DRUG, T.FOOD, T.GENE), _ASPECTS),
}
"""Words that say how much of a thing there is, how a community is looked at, or how animals are
kept: the setting of a study. What is said of a thing's level or risk counts as said of the thing,
as in ``kg.sentence``."""
_LINKING = frozenset({
    "with", "of", "suffering", "from", "having", "diagnosed", "affected", "by", "the", "who",
    "have", "had", "a", "an", "in", "model", "induced", "like",
})
# fmt: on
_PATIENT = "patient"
_CONJUNCTION = re.compile(r"\s*,?\s+(?:and|or|as well as)\s+|\s*&\s*|\s*/\s*|\s*,\s+")
_LAST_WORD = re.compile(r"[^\s]+$")
_MOST_ITEMS = 5


@dataclass(frozen=True, slots=True)
class Group:
    """People or animals: ``head`` says of which kind, ``condition`` what sets them apart."""

    head: str
    condition: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a coordination: ``[start, end)`` of the name, and what it may be short for."""

    start: int
    end: int
    names: tuple[str, ...]


def read_group(name: str, kind: T) -> Group | None:
    """Take the name of a group apart; None where it is of another type, or has no such head.

    >>> read_group("patients with Crohn's disease", T.HUMAN)
    Group(head='patient', condition='crohn disease')
    >>> read_group("adult male C57BL/6 mice", T.ANIMAL)
    Group(head='mouse', condition='')
    """
    heads = {T.HUMAN: _PEOPLE, T.ANIMAL: _ANIMALS}.get(kind, frozenset[str]())
    words = folded_words(name)
    head = next((word for word in reversed(words) if word in heads), None)
    if head is None:
        return None
    rest = [word for word in words if word != head and word not in _LINKING]
    rest = [word for word in rest if word not in _SETTING.get(kind, ())]
    return Group(_PATIENT if kind is T.HUMAN else head, " ".join(rest))


def without_setting(name: str, kind: T) -> str:
    """Leave out the words of a name that only give the setting.

    >>> without_setting("severity of depression", T.DDF)
    'depression'
    """
    setting = _SETTING.get(kind, frozenset[str]())
    words = folded_words(name)
    kept = [word for word in words if word not in setting]
    if not kept or len(kept) == len(words):
        return name
    return " ".join(_trimmed(kept))


def _trimmed(words: list[str]) -> list[str]:
    """Cut linking words off both ends, which have lost what they linked."""
    while len(words) > 1 and words[0] in _LINKING:
        words = words[1:]
    while len(words) > 1 and words[-1] in _LINKING:
        words = words[:-1]
    return words


def read_items(name: str) -> tuple[Item, ...]:
    """Take a coordination apart; empty where the name is none.

    The last word of the last item may belong to all of them.

    >>> [item.names for item in read_items("Alzheimer's and Parkinson's disease")]
    [("Alzheimer's disease", "Alzheimer's"), ("Parkinson's disease",)]
    """
    items = list(_spans(name))
    if not 1 < len(items) <= _MOST_ITEMS:
        return ()
    last = name[slice(*items[-1])]
    head = _LAST_WORD.search(last)
    shared = head[0] if head and " " in last else ""
    return tuple(
        Item(start, end, _readings(name[start:end], shared if number < len(items) - 1 else ""))
        for number, (start, end) in enumerate(items)
    )


def _spans(name: str) -> Iterator[tuple[int, int]]:
    start = 0
    for conjunction in _CONJUNCTION.finditer(name):
        if conjunction.start() > start:
            yield start, conjunction.start()
        start = conjunction.end()
    if start < len(name):
        yield start, len(name)


def _readings(item: str, shared: str) -> tuple[str, ...]:
    return (f"{item} {shared}", item) if shared and not item.endswith(shared) else (item,)
