"""How likely is a mention right? Logistic regression over what is known of it.

A tagger's own probability of a mention is that of its labels, word by word. It does not say whether
the mention ends where it should, how the same name was read elsewhere in the document, or that a
lexicon knows the name: a judge weighs these as well. What is less likely than ``least`` is dropped:
the labels that are likeliest word by word hold more mentions than are right.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention
from extract.logistic import logistic
from extract.model import check_names, read_json
from extract.ner.bio import TYPES, Floats
from extract.text import fold
from ontology.lexicon import Lexicon

JUDGE_FILE = "judge.json"
LOCAL = ("mean", "least", "first", "last", "words", "type", "entity", "end", "before")
COLUMNS = (
    *LOCAL,
    "best of its name",
    "mean of its name",
    "times named",
    "best as another type",
    "in title",
    "characters",
    "in lexicon",
    "in lexicon as another type",
    *(f"is {entity_type}" for entity_type in TYPES),
)
_LITTLE = 1e-6


@dataclass(frozen=True, slots=True)
class Described:
    """Mentions with the tagger's probability as score, and ``matrix`` [mentions, columns]."""

    mentions: tuple[Mention, ...]
    matrix: Floats

    def keep(self, likely: NDArray[np.float64], least: float) -> tuple[Mention, ...]:
        """Score mentions by their probability, [mentions]; drop those below ``least``."""
        scored = zip(self.mentions, likely.tolist(), strict=True)
        return tuple(replace(mention, score=p) for mention, p in scored if p >= least)


@dataclass(frozen=True, slots=True)
class Judge:
    """The columns named are centred, scaled and weighed; all [columns]."""

    columns: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    shift: float
    least: float

    def probabilities(self, matrix: Floats) -> NDArray[np.float64]:
        """Give P(right) of each mention; [mentions]."""
        known = matrix[:, [COLUMNS.index(name) for name in self.columns]]
        even = (known - np.array(self.center)) / np.array(self.scale)
        return logistic(even @ np.array(self.weights) + self.shift)

    def keep(self, described: Described) -> tuple[Mention, ...]:
        """Score mentions by their probability; drop those below ``least``."""
        return described.keep(self.probabilities(described.matrix), self.least)


def describe_label(rows: Floats, path: Sequence[int], first: int, end: int) -> tuple[float, ...]:
    """Describe words ``[first, end)`` by a passage's log-probabilities; the columns LOCAL.

    ``rows`` [words, labels]; ``path`` are the labels chosen.
    """
    chosen = rows[range(first, end), path[first:end]]
    begin, inside = path[first], path[first] + 1
    said = np.exp(rows[first:end])
    of_type = said[:, begin] + said[:, inside]
    ends = 1 - np.exp(rows[end, inside]) if end < len(rows) else 1.0
    before = 1 - np.exp(rows[first - 1, 0]) if first else 0.0
    edges = chosen.mean(dtype=np.float64), chosen.min(), chosen[0], chosen[-1]
    shares = np.log(of_type.mean() + _LITTLE), 1 - said[:, 0].mean()
    return tuple(map(float, (*edges, np.log(end - first), *shares, ends, before)))


def describe_mentions(
    mentions: Sequence[Mention], local: Sequence[tuple[float, ...]], lexicon: Lexicon
) -> Described:
    """Put what the document and the lexicon say of mentions beside what the tagger says."""
    by_name: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        by_name[fold(mention.text)].append(mention)
    rows = [
        (*numbers, *_elsewhere(mention, by_name[fold(mention.text)]), *_itself(mention, lexicon))
        for mention, numbers in zip(mentions, local, strict=True)
    ]
    matrix = np.array(rows, dtype=np.float32).reshape(-1, len(COLUMNS))
    return Described(tuple(mentions), matrix)


def _elsewhere(mention: Mention, same_name: Sequence[Mention]) -> tuple[float, ...]:
    same = [other.score for other in same_name if other.type is mention.type]
    others = [other.score for other in same_name if other.type is not mention.type]
    return max(same), sum(same) / len(same), float(np.log(len(same))), max(others, default=0.0)


def _itself(mention: Mention, lexicon: Lexicon) -> tuple[float, ...]:
    known = [kind for kind in TYPES if lexicon.find(mention.text, kind)]
    is_other = any(kind is not mention.type for kind in known)
    kinds = (float(kind is mention.type) for kind in TYPES)
    in_title, length = mention.passage == "title", len(mention.text)
    return (float(in_title), float(length), float(mention.type in known), float(is_other), *kinds)


def read_judge(folder: Path) -> Judge | None:
    """Read a model's judge, None where it has none; raises ModelError."""
    path = folder / JUDGE_FILE
    return read_json(path, _judge) if path.is_file() else None


def _judge(content: Any) -> Judge:
    columns: Mapping[str, Sequence[float]] = content["columns"]
    names = check_names(tuple(columns), COLUMNS)
    center, scale, weights = zip(*(tuple(map(float, columns[n])) for n in names), strict=True)
    return Judge(names, center, scale, weights, float(content["shift"]), float(content["least"]))


def write_judge(judge: Judge, folder: Path) -> None:
    """Write a judge: its threshold, its shift, and centre, scale and weight of each column."""
    rows = zip(judge.center, judge.scale, judge.weights, strict=True)
    columns = dict(zip(judge.columns, map(list, rows), strict=True))
    content = {"least": judge.least, "shift": judge.shift, "columns": columns}
    (folder / JUDGE_FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
