"""What extract hands on: an AnnotatedDocument with its mentions and relations."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from ingest.document import Document
from ontology.concept import Concept
from ontology.schema import EntityType, Predicate


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters ``[start, end)`` of one passage, read as naming an entity.

    ``score`` is in [0, 1]; ``concept`` is a CURIE, None before linking.
    """

    passage: str
    start: int
    end: int
    text: str
    type: EntityType
    score: float = 1.0
    concept: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A predicate between two mentions of one document.

    ``score`` in [0, 1] is the probability that it is right: that both mentions are, and that the
    relation holds between them.
    """

    subject: Mention
    predicate: Predicate
    object: Mention
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Which methods read a document, and the hashes of what they read it with.

    ``lexicon`` names what the recognizer knows, ``links`` what the mentions were linked with.
    """

    recognizer: str
    relations: str
    weights: str
    lexicon: str
    links: str = ""

    @property
    def version(self) -> str:
        """Twelve hex digits that change when any method, weight or name changes."""
        return _version(astuple(self))

    @property
    def reader(self) -> str:
        """Twelve hex digits that change when mentions or relations may change; links may not."""
        return _version(astuple(replace(self, links="")))


def _version(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """A document with what one pipeline found in it; ``concepts`` are those its mentions name.

    ``uris`` are the concepts of a corpus's mentions, in their order and as they are spelled there;
    empty where the corpus has none.
    """

    document: Document
    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    pipeline: Pipeline
    concepts: tuple[Concept, ...] = ()
    uris: tuple[str, ...] = ()


Corpus = Sequence[AnnotatedDocument]
