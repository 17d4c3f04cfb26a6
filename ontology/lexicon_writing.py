"""Writing a lexicon folder from the terms of vocabularies; ``mapped_lexicon`` reads it."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import marisa_trie
import numpy as np

from ontology.lexicon import LexiconError
from ontology.mapped_lexicon import DESCRIPTION, FORMAT, NO_TYPE, TYPES, Description, Numbers
from ontology.normalising import fold_levels
from ontology.spelling import fold_characters
from ontology.vocabularies.term import Term

INDEXES = ("text", "fold", "order", "blanks")
"""What a lexicon is searched by: "text" keeps every character's place, for search in running text;
the others are the levels of ``normalising``."""
_NUMBER_OF_TYPE = {kind: number for number, kind in enumerate(TYPES)} | {None: NO_TYPE}
Pair = tuple[str, str]
Row = tuple[str, int, int, int, str, int]
"""Identifier, 0 for preferred, source, place of arrival, name, type: rows sort by it."""


@dataclass(slots=True)
class _Collected:
    rows: list[Row] = field(default_factory=list[Row])
    sources: dict[str, int] = field(default_factory=dict[str, int])
    references: set[Pair] = field(default_factory=set[Pair])
    exact: set[Pair] = field(default_factory=set[Pair])
    parents: set[Pair] = field(default_factory=set[Pair])

    def add(self, term: Term) -> None:
        """Take in a term; sources are numbered as they come."""
        source = self.sources.setdefault(term.source, len(self.sources))
        kind = _NUMBER_OF_TYPE[term.type]
        for name in dict.fromkeys((term.name, *term.synonyms)):
            if name:
                preferred = int(name != term.name)
                self.rows.append((term.curie, source, preferred, len(self.rows), name, kind))
        self.exact.update(_both_ways(term.curie, term.exact))
        self.references.update(_both_ways(term.curie, (*term.exact, *term.references)))
        self.parents.update((term.curie, parent) for parent in term.parents)


def write_lexicon(terms: Iterable[Term], folder: Path) -> Description:
    """Write the terms as a lexicon folder, replacing what is there; earlier terms win.

    A name that one concept has twice is kept as it came first. Raises LexiconError without a name.
    """
    collected = _Collected()
    for term in terms:
        collected.add(term)
    rows = _distinct(sorted(collected.rows))
    if not rows:
        raise LexiconError(f"{folder}: no name to write")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as made:
        new = Path(made) / "lexicon"
        new.mkdir()
        _write_rows(new, rows, collected)
        description = _describe(new, rows, collected)
        _replace(folder, new)
    return description


def _both_ways(curie: str, others: Iterable[str]) -> Iterator[Pair]:
    for other in others:
        if other != curie:
            yield curie, other
            yield other, curie


def _distinct(rows: Sequence[Row]) -> list[Row]:
    first = {(row[0], row[4]): row for row in reversed(rows)}
    return sorted(first.values())


def keys_of(name: str) -> tuple[str, ...]:
    """Give the keys of a name, in the order of ``INDEXES``."""
    return (fold_characters(name), *fold_levels(name))


def _write_rows(folder: Path, rows: Sequence[Row], collected: _Collected) -> None:
    pairs = (*collected.references, *collected.parents)
    curies = _trie(folder, "curies", {row[0] for row in rows}.union(*pairs))
    numbers = np.fromiter((curies[row[0]] for row in rows), np.uint32, len(rows))
    # Rows stand by the number that the trie gives their concept.
    order = np.argsort(numbers, kind="stable")
    ordered = [rows[place] for place in order]
    _array(folder, "row_curie", numbers[order])
    _array(folder, "first_rows", _starts(numbers, len(curies)))
    _array(folder, "row_type", np.array([row[5] for row in ordered], np.uint8))
    _array(folder, "row_source", np.array([row[1] for row in ordered], np.uint8))
    _array(folder, "row_preferred", np.array([row[2] == 0 for row in ordered], np.uint8))
    for name in ("references", "exact", "parents"):
        stem = "equivalents" if name == "references" else name
        _write_pairs(folder, stem, getattr(collected, name), curies)
    _write_names(folder, ordered)


def _write_names(folder: Path, rows: Sequence[Row]) -> None:
    names = _trie(folder, "names", {row[4] for row in rows})
    numbers = np.fromiter((names[row[4]] for row in rows), np.uint32, len(rows))
    _array(folder, "row_name", numbers)
    keys = [keys_of(names.restore_key(number)) for number in range(len(names))]
    rank = np.array([(row[2], row[1]) for row in rows], np.uint16)
    for place, index in enumerate(INDEXES):
        _write_index(folder, index, [each[place] for each in keys], numbers, rank)


def _write_index(
    folder: Path, index: str, keys: Sequence[str], names: Numbers, rank: Numbers
) -> None:
    """Write the keys and, for each, its rows: preferred names first, then by source.

    ``keys`` has the key of each name by number, ``names`` the number of the name of each row.
    """
    trie = _trie(folder, f"{index}_keys", set(keys))
    numbers = np.fromiter((trie[key] for key in keys), np.uint32, len(keys))[names]
    order = np.lexsort((np.arange(len(names)), rank[:, 1], rank[:, 0], numbers))
    _array(folder, f"{index}_rows_starts", _starts(numbers, len(trie)))
    _array(folder, f"{index}_rows_items", order.astype(np.uint32))


def _write_pairs(folder: Path, name: str, pairs: Iterable[Pair], curies: Any) -> None:
    numbered = sorted((curies[one], curies[other]) for one, other in pairs)
    table = np.array(numbered, np.uint32).reshape(-1, 2)
    _array(folder, f"{name}_starts", _starts(table[:, 0], len(curies)))
    _array(folder, f"{name}_items", table[:, 1].copy())


def _starts(numbers: Numbers, count: int) -> Numbers:
    """Say where the list of each number starts, and where the last ends."""
    ends = np.cumsum(np.bincount(numbers, minlength=count))
    return np.concatenate(([0], ends)).astype(np.uint32)


def _trie(folder: Path, name: str, keys: set[str]) -> Any:
    # Sorted, so that the same keys make the same file.
    trie = marisa_trie.Trie(sorted(keys))
    trie.save(str(folder / f"{name}.marisa"))
    return trie


def _array(folder: Path, name: str, numbers: Numbers) -> None:
    np.save(folder / f"{name}.npy", numbers, allow_pickle=False)


def _describe(folder: Path, rows: Sequence[Row], collected: _Collected) -> Description:
    sources = Counter(row[1] for row in rows)
    types = Counter(row[5] for row in rows)
    description = Description(
        hash=_hash(folder),
        sources={name: sources[number] for name, number in collected.sources.items()},
        types={_type_name(number): count for number, count in sorted(types.items())},
        concepts=len({row[0] for row in rows}),
        names=len(rows),
        indexes=INDEXES,
    )
    text = json.dumps({"format": FORMAT, **asdict(description)}, indent=2) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
    return description


def _type_name(number: int) -> str:
    return "" if number == NO_TYPE else TYPES[number].value


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _replace(folder: Path, new: Path) -> None:
    if folder.exists() and not (folder / DESCRIPTION).exists():
        raise LexiconError(f"{folder}: exists and is no lexicon; it is left as it is")
    if folder.exists():
        shutil.move(folder, new.parent / "old")
    shutil.move(new, folder)
