"""Mentions that a tagger read in documents its training never saw, kept for what builds on it.

``held_out.json`` in a model folder: PMID -> [passage, start, end, type, score]. It belongs to the
training, not to the model: it is not hashed with it, and not shipped.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from extract.annotation import AnnotatedDocument, Mention
from extract.training.thresholds import HeldOut
from ontology.schema import EntityType

HELD_OUT_FILE = "held_out.json"
Mentions = tuple[Mention, ...]


class HeldOutError(ValueError):
    """A file of held-out mentions cannot be read, or does not fit the corpus: names it."""


def write_held_out(read: Iterable[HeldOut], folder: Path) -> None:
    """Keep the mentions of held-out documents."""
    content = {
        pair.read.document.pmid: [
            [m.passage, m.start, m.end, m.type, m.score] for m in pair.read.mentions
        ]
        for pair in read
    }
    (folder / HELD_OUT_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def read_held_out(folder: Path, corpus: Sequence[AnnotatedDocument]) -> Mapping[str, Mentions]:
    """Read them back, by PMID; empty where the folder has none. Raises HeldOutError."""
    path = folder / HELD_OUT_FILE
    if not path.is_file():
        return {}
    documents = {annotated.document.pmid: annotated.document for annotated in corpus}
    try:
        return {
            pmid: tuple(
                Mention(
                    name,
                    start,
                    end,
                    documents[pmid].text_of(name)[start:end],
                    EntityType(label),
                    score,
                )
                for name, start, end, label, score in rows
            )
            for pmid, rows in json.loads(path.read_bytes()).items()
        }
    except (KeyError, TypeError, ValueError) as error:
        raise HeldOutError(f"{path}: {error!r}") from error
