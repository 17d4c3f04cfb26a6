"""Relations by boosted trees over what a pair looks like; read with onnxruntime, no torch.

A model folder holds ``trees.onnx`` (matrix [rows, columns] -> log-odds [rows, 1]), the names of its
columns, and ``trees.json``: the words that have columns, and how often each triple holds in the
corpus. ``pairs.json.gz`` counts what other corpora relate.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention, Relation
from extract.logistic import IDENTITY, Platt
from extract.model import check_width, open_session, read_json, read_names, write_names
from extract.relations.features import (
    Candidates,
    Floats,
    LegalPredicates,
    Triple,
    WordColumns,
    columns,
    describe,
    legal_predicates,
)
from extract.relations.known import (
    NOTHING_KNOWN,
    KnownPairs,
    known_columns,
    read_known,
    write_known,
)
from ingest.document import Document
from ontology.schema import LEGAL_TRIPLES, EntityType, LegalTriple, Predicate

TREES_FILE, WORDS_FILE = "trees.onnx", "trees.json"


def column_names(words: WordColumns) -> tuple[str, ...]:
    """Name the columns that trees are trained with."""
    return (*columns(words), *known_columns(), "rate of the triple")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the trees know of the corpus: words with columns, and P(triple | its type pair).

    ``columns`` are the trees' own, in their order; ``known`` is what other corpora relate.
    """

    words: WordColumns
    rates: Mapping[Triple, float]
    columns: tuple[str, ...]
    known: KnownPairs = NOTHING_KNOWN

    def matrix(self, candidates: Candidates) -> Floats:
        """Describe candidates as the trees read them; [rows, columns]."""
        described = np.hstack([candidates.matrix, self.known.describe(*candidates.named())])
        return self.with_rates(described, candidates.triples())

    def with_rates(self, described: Floats, triples: Iterable[Triple]) -> Floats:
        """Add the rate of each row's triple, and take the trees' columns in their order."""
        rates = [self.rates.get(triple, 0.0) for triple in triples]
        column = np.array(rates, dtype=np.float32).reshape(-1, 1)
        places = {name: number for number, name in enumerate(column_names(self.words))}
        return np.hstack([described, column])[:, [places[name] for name in self.columns]]

    def legal(self) -> LegalPredicates:
        """Give what the schema allows among the types and predicates that have columns."""
        return legal_predicates(triple for triple in LEGAL_TRIPLES if self._knows(triple))

    def _knows(self, triple: LegalTriple) -> bool:
        head, tail = f"subject: {triple.head}", f"object: {triple.tail}"
        return {head, f"predicate: {triple.predicate}", tail} <= set(self.columns)


class BoostedRelations:
    """A model loaded for reading; relations under ``threshold`` are left out."""

    def __init__(self, folder: Path, threshold: float, curve: Platt = IDENTITY) -> None:
        self._session = open_session(folder / TREES_FILE)
        self._outlook = read_outlook(folder)
        width = self._session.get_inputs()[0].shape[-1]
        check_width(folder / TREES_FILE, width, self._outlook.columns)
        self._legal = self._outlook.legal()
        self.predicates = frozenset(p for found in self._legal.values() for p in found)
        self._threshold = threshold
        self._curve = curve

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every triple that the schema allows and the trees know.

        The score is P(the relation holds | both mentions are right) times P(mention) of each: a
        relation needs both its ends. ``curve`` makes it a probability.
        """
        candidates = describe(document, mentions, self._outlook.words, self._legal)
        if not candidates.predicates:
            return ()
        scores = self._score(candidates)
        return tuple(
            Relation(
                mentions[candidates.subjects[row]],
                candidates.predicates[row],
                mentions[candidates.objects[row]],
                float(scores[row]),
            )
            for row in np.flatnonzero(scores >= self._threshold).tolist()
        )

    def _score(self, candidates: Candidates) -> NDArray[np.float64]:
        (log_odds,) = self._session.run(None, {"matrix": self._outlook.matrix(candidates)})
        certain = np.array([mention.score for mention in candidates.mentions], dtype=np.float32)
        both = certain[candidates.subjects] * certain[candidates.objects]
        return self._curve.apply(both / (1 + np.exp(-np.asarray(log_odds, np.float64)[:, 0])))


def read_outlook(folder: Path) -> Outlook:
    """Read what goes with the trees; raises ModelError."""
    words = read_json(folder / WORDS_FILE, _words)
    names = read_names(folder, "columns", column_names(words))
    return Outlook(words, read_json(folder / WORDS_FILE, _rates), names, read_known(folder))


def _words(content: Any) -> WordColumns:
    return WordColumns(tuple(content["between"]), tuple(content["inside"]))


def _rates(content: Any) -> Mapping[Triple, float]:
    return {
        (EntityType(head), Predicate(predicate), EntityType(tail)): float(rate)
        for head, predicate, tail, rate in content["rates"]
    }


def write_outlook(outlook: Outlook, folder: Path) -> None:
    """Write what goes with the trees, sorted, so that the same corpus makes the same file."""
    content = {
        "between": outlook.words.between,
        "inside": outlook.words.inside,
        "rates": sorted([*triple, rate] for triple, rate in outlook.rates.items()),
    }
    text = json.dumps(content, separators=(",", ":"))
    (folder / WORDS_FILE).write_text(text + "\n", encoding="utf-8")
    write_names(folder, columns=outlook.columns)
    if any(outlook.known.levels):
        write_known(outlook.known, folder)
