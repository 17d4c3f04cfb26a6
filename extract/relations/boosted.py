"""Relations by boosted trees over what a pair looks like; read with onnxruntime, no torch.

A model folder holds ``trees.onnx`` (matrix [rows, columns] -> log-odds [rows, 1]) and
``trees.json``: the words that have columns, and how often each triple holds in the corpus.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extract.annotation import Mention, Relation
from extract.onnx import open_session
from extract.platt import IDENTITY, Platt
from extract.relations.features import Candidates, Floats, Vocabulary, describe
from ingest.document import Document
from ontology.schema import EntityType, Predicate

TREES_FILE, WORDS_FILE = "trees.onnx", "trees.json"
Triple = tuple[EntityType, Predicate, EntityType]


class TreesError(ValueError):
    """What describes the trees in a model folder cannot be read: names the file."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the trees know of the corpus: words with columns, and P(triple | its type pair)."""

    vocabulary: Vocabulary
    rates: Mapping[Triple, float]

    def matrix(self, candidates: Candidates) -> Floats:
        """Describe candidates as the trees read them; [rows, columns + 1]."""
        kinds = [mention.type for mention in candidates.mentions]
        triples = zip(
            candidates.subjects.tolist(),
            candidates.predicates,
            candidates.objects.tolist(),
            strict=True,
        )
        rates = [self.rates.get((kinds[s], p, kinds[o]), 0.0) for s, p, o in triples]
        column = np.array(rates, dtype=np.float32).reshape(-1, 1)
        return np.hstack([candidates.matrix, column])


class BoostedRelations:
    """A model loaded for reading; relations under ``threshold`` are left out."""

    def __init__(self, folder: Path, threshold: float, curve: Platt = IDENTITY) -> None:
        self._session = open_session(folder / TREES_FILE)
        self._outlook = read_outlook(folder)
        self._threshold = threshold
        self._curve = curve

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every triple that the schema allows.

        The score is P(the relation holds | both mentions are right) times P(mention) of each: a
        relation needs both its ends. ``curve`` makes it a probability.
        """
        candidates = describe(document, mentions, self._outlook.vocabulary)
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
    """Read what goes with the trees; raises TreesError naming the file."""
    path = folder / WORDS_FILE
    try:
        content: Any = json.loads(path.read_bytes())
        return Outlook(
            Vocabulary(tuple(content["between"]), tuple(content["inside"])),
            {
                (EntityType(head), Predicate(predicate), EntityType(tail)): float(rate)
                for head, predicate, tail, rate in content["rates"]
            },
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise TreesError(f"{path}: {error}") from error


def write_outlook(outlook: Outlook, folder: Path) -> None:
    """Write what goes with the trees, sorted, so that the same corpus makes the same file."""
    content = {
        "between": outlook.vocabulary.between,
        "inside": outlook.vocabulary.inside,
        "rates": sorted([*triple, rate] for triple, rate in outlook.rates.items()),
    }
    text = json.dumps(content, separators=(",", ":"))
    (folder / WORDS_FILE).write_text(text + "\n", encoding="utf-8")
