"""From Documents to AnnotatedDocuments: recognize, link, relate.

``annotation.py`` has what is handed on; ``methods.py`` loads a pipeline by the names of its parts.
"""

from typing import Protocol

from extract.annotation import Mention, Relation
from ingest.document import Document
from ontology.schema import Predicate


class Recognizer(Protocol):
    """Finds the mentions of a document, in order of passage and start, without overlaps."""

    def recognize(self, document: Document) -> tuple[Mention, ...]:
        """Read every passage of the document."""
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
