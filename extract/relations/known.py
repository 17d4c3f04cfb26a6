"""Which names other corpora relate, and how: counted in documents, by name and by head word.

A fact that many abstracts state is likely to be stated again: "Parkinson's disease" and
"neurodegenerative disease" are related by *is a* in 166 of 166 annotations. Only names are kept, no
texts.
"""

import gzip
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extract.annotation import AnnotatedDocument, Mention
from extract.model import ModelError
from extract.text import fold
from ontology.schema import LEGAL_PAIRS, Predicate

KNOWN_FILE = "pairs.json.gz"
LEVELS = ("name", "head word")
FEWEST = (3, 5)
"""Names, head words that meet in fewer documents and are never related are not kept."""
COLUMNS = (
    "related so", "related", "share of the predicate", "rate", "together", "related the other way",
    "share of the direction",
)  # fmt: skip
LONGEST_WITH_S = 4
"""A word of so few letters may end in s without being a plural, such as IBS."""
_WORD = re.compile(r"[a-z0-9α-ω]+")

Floats = NDArray[np.float32]
Key = tuple[str, str]


KeyOf = Callable[[Mention], str]


def name_key(mention: Mention) -> str:
    """Fold a name: its type and its words, without plural endings."""
    return f"{mention.type}|{' '.join(_words(mention.text))}"


def head_key(mention: Mention) -> str:
    """Take the last word of a name, which says what kind of thing it is."""
    return f"{mention.type}|{(_words(mention.text) or [''])[-1]}"


def _words(text: str) -> list[str]:
    return [
        w[:-1] if len(w) > LONGEST_WITH_S and w.endswith("s") else w
        for w in _WORD.findall(fold(text))
    ]


_KEYS: tuple[KeyOf, ...] = (name_key, head_key)


@dataclass(slots=True)
class PairCounts:
    """In how many documents two names meet, and are related by which predicate."""

    together: int = 0
    related: Counter[Predicate] = field(default_factory=Counter[Predicate])


_NONE = PairCounts()
Level = Mapping[Key, PairCounts]


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """Counts by name, and by head word."""

    levels: tuple[Level, ...] = ({}, {})

    def counts(self, level: int, key: Key) -> PairCounts:
        """Look up a pair."""
        return self.levels[level].get(key, _NONE)

    def describe(
        self,
        mentions: Sequence[Mention],
        rows: Iterable[tuple[int, Predicate, int]],
        own: "KnownPairs | None" = None,
    ) -> Floats:
        """Say what is known of each row, a subject, a predicate and an object; [rows, columns].

        ``own`` is what the document itself added to the counts, and is taken off: no document is
        judged by its own annotations.
        """
        if not any(self.levels):
            return np.zeros((sum(1 for _ in rows), len(known_columns())), dtype=np.float32)
        keys = [[key_of(mention) for mention in mentions] for key_of in _KEYS]
        less = own or KnownPairs()
        described = [
            [
                value
                for level, names in enumerate(keys)
                for value in self._known(level, (names[subject], names[target]), predicate, less)
            ]
            for subject, predicate, target in rows
        ]
        return np.array(described, dtype=np.float32).reshape(-1, len(known_columns()))

    def _known(
        self, level: int, pair: Key, predicate: Predicate, less: "KnownPairs"
    ) -> Iterator[float]:
        counts, own = self.counts(level, pair), less.counts(level, pair)
        so = max(0, counts.related[predicate] - own.related[predicate])
        related = max(0, counts.related.total() - own.related.total())
        together = max(0, counts.together - own.together)
        back = pair[1], pair[0]
        reverse = (
            self.counts(level, back).related.total() - less.counts(level, back).related.total()
        )
        reverse = max(0, reverse)
        yield from (math.log1p(so), math.log1p(related), so / (related + 1), so / (together + 3))
        yield from (math.log1p(together), math.log1p(reverse), related / (related + reverse + 1))


NOTHING_KNOWN = KnownPairs()


def known_columns() -> tuple[str, ...]:
    """Name the columns."""
    return tuple(f"known by {level}: {column}" for level in LEVELS for column in COLUMNS)


def count_pairs(
    corpus: Iterable[AnnotatedDocument], fewest: tuple[int, ...] = FEWEST
) -> KnownPairs:
    """Count the pairs of a corpus that the schema allows, and keep those that say something."""
    levels: tuple[defaultdict[Key, PairCounts], ...] = (
        defaultdict(PairCounts),
        defaultdict(PairCounts),
    )
    for annotated in corpus:
        for level, key_of in zip(levels, _KEYS, strict=True):
            for key in _legal_pairs(annotated, key_of):
                level[key].together += 1
            for key, predicate in _related(annotated, key_of):
                level[key].related[predicate] += 1
    kept = (
        {key: counts for key, counts in level.items() if counts.related or counts.together >= least}
        for level, least in zip(levels, fewest, strict=True)
    )
    return KnownPairs(tuple(kept))


def _legal_pairs(annotated: AnnotatedDocument, key_of: KeyOf) -> set[Key]:
    keys = {(mention.type, key_of(mention)) for mention in annotated.mentions}
    return {(a, b) for s, a in keys for o, b in keys if a != b and (s, o) in LEGAL_PAIRS}


def _related(annotated: AnnotatedDocument, key_of: KeyOf) -> set[tuple[Key, Predicate]]:
    return {
        ((key_of(relation.subject), key_of(relation.object)), relation.predicate)
        for relation in annotated.relations
    }


def write_known(known: KnownPairs, folder: Path) -> None:
    """Write the counts, sorted, so that the same corpus makes the same bytes."""
    content = [
        [
            [*key, counts.together, dict(sorted(counts.related.items()))]
            for key, counts in sorted(level.items())
        ]
        for level in known.levels
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (folder / KNOWN_FILE).write_bytes(gzip.compress(text.encode(), mtime=0))


def read_known(folder: Path) -> KnownPairs:
    """Read the counts; a folder without any knows nothing. Raises ModelError."""
    path = folder / KNOWN_FILE
    if not path.exists():
        return KnownPairs()
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
        return KnownPairs(tuple(_level(rows) for rows in content))
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: not the counts of pairs: {error}") from error


def _level(rows: Sequence[tuple[str, str, int, Mapping[str, int]]]) -> Level:
    return {
        (subject, target): PairCounts(
            together, Counter({Predicate(name): count for name, count in related.items()})
        )
        for subject, target, together, related in rows
    }
