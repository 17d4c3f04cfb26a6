"""From Documents to AnnotatedDocuments: recognize, link, relate.

``annotation.py`` has what is handed on; ``methods.py`` loads a pipeline by the names of its parts.
"""

from typing import Protocol

from extract.annotation import Mention, Relation
from ingest.document import Document
from ontology.concept import Concept
from ontology.schema import Predicate


class Recognizer(Protocol):
    """Finds the mentions of a document, in order of passage and start, without overlaps."""

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Read every passage of the document."""
        ...


class Linker(Protocol):
    """Says which concepts mentions name; a mention that no vocabulary names gets one, too."""

    @property
    def hash(self) -> str:
        """What changes when any link may change."""
        ...

    def link_parts(
        self, document: Document, mentions: tuple[Mention, ...]
    ) -> tuple[tuple[tuple[Mention, Concept], ...], ...]:
        """Give what each mention names, in the mentions' order.

        That is the mention with its concept, or the parts of a coordination with theirs.
        """
        ...

    def spell(self, curie: str) -> str | None:
        """Give the URI that GutBrainIE has for a concept; None where it has none."""
        ...


class RelationExtractor(Protocol):
    """Finds the relations between the mentions of one document."""

    @property
    def predicates(self) -> frozenset[Predicate]:
        """What it can say; a schema that grew has predicates that a model does not know."""
        ...

    def relate(self, document: Document, mentions: tuple[Mention, ...]) -> tuple[Relation, ...]:
        """Judge every pair that the schema allows."""
        ...
