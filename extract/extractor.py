"""The three steps in order: recognize, link, relate."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from extract import Recognizer, RelationExtractor
from extract.annotation import AnnotatedDocument, Mention, Pipeline
from extract.linking.linker import NameLinker
from extract.parallel import map_in_order
from ingest.document import Document


class Preset(StrEnum):
    """What the graph shall be: as complete as it is right, or rather right."""

    BALANCED = "balanced"
    PRECISE = "precise"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least scores at which a relation counts: by task of GutBrainIE, and for the graph.

    ``precise`` is the graph's where precision matters more than how much is found.
    """

    binary: float
    tag: float
    mention: float
    graph: float
    precise: float

    def at(self, preset: Preset) -> "Thresholds":
        """Set the graph's threshold to that of a preset."""
        return replace(self, graph=self.precise) if preset is Preset.PRECISE else self

    @property
    def lowest(self) -> float:
        """What a relation extractor must keep to serve all."""
        return min(self.binary, self.tag, self.mention, self.graph)


@dataclass(frozen=True, slots=True)
class Extractor:
    """A pipeline that is loaded and ready."""

    recognizer: Recognizer
    linker: NameLinker
    relations: RelationExtractor
    thresholds: Thresholds
    pipeline: Pipeline

    def annotate(
        self, document: Document, mentions: tuple[Mention, ...] | None = None
    ) -> AnnotatedDocument:
        """Read a document; ``mentions``, where given, stand for the recognizer's.

        Relations come from the lowest threshold on: see ``keep_relations``.
        """
        found = self.recognizer.recognize(document) if mentions is None else mentions
        concepts = self.linker.link(document, found)
        linked = tuple(
            replace(mention, concept=concept.curie)
            for mention, concept in zip(found, concepts, strict=True)
        )
        relations = self.relations.relate(document, linked)
        named = tuple({concept.curie: concept for concept in concepts}.values())
        return AnnotatedDocument(document, linked, relations, self.pipeline, named)

    def annotate_all(self, documents: Iterable[Document]) -> Iterator[AnnotatedDocument]:
        """Read documents for the graph: relations from the graph's own threshold on."""
        for annotated in map_in_order(self.annotate, documents):
            yield keep_relations(annotated, self.thresholds.graph)


def keep_relations(annotated: AnnotatedDocument, threshold: float) -> AnnotatedDocument:
    """Leave out relations that score less than ``threshold``."""
    kept = tuple(r for r in annotated.relations if r.score >= threshold)
    return replace(annotated, relations=kept)
