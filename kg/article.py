"""An article as the graph describes it: its fields, and the property that states each.

The one table of both: ``kg.graph`` writes and reads by it, and the page of a paper shows by it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from extract.annotation import AnnotatedDocument
from ingest.document import Document
from kg.sentence.cue_words import reading_version
from kg.sentence.study import StudyKind, study_kinds

Value = str | int | tuple[str, ...] | None


class Fact(NamedTuple):
    """A field of an article, the CURIE of its property, its label for people, and its value.

    Without a label it is not listed for people.
    """

    name: str
    term: str
    label: str
    value: Value


def _by(term: str, label: str = "") -> Mapping[str, str]:
    return {"term": term, "label": label}


@dataclass(frozen=True, slots=True)
class Article:
    """An article as the graph describes it, with how much was found in it.

    A field that Document has too is copied from it. ``version`` is that of its PubMed record and
    ``record_hash`` of all the record said; ``reading`` is the version of the reading (see
    ``kg.sentence.cue_words``). What is empty or None is not stated.
    """

    pmid: str
    version: int = field(default=1, metadata=_by("gb:recordVersion"))
    title: str = field(default="", metadata=_by("dcterms:title"))
    journal: str = field(default="", metadata=_by("gb:journal"))
    year: int | None = field(default=None, metadata=_by("gb:year"))
    doi: str = field(default="", metadata=_by("gb:doi"))
    is_retracted: bool = field(default=False, metadata=_by("gb:isRetracted"))
    publication_types: tuple[str, ...] = field(
        default=(), metadata=_by("gb:publicationType", "Publication type")
    )
    study_kinds: tuple[StudyKind, ...] = field(default=(), metadata=_by("gb:studyKind", "Study"))
    mention_count: int = field(default=0, metadata=_by("gb:mentionCount"))
    relation_count: int = field(default=0, metadata=_by("gb:relationCount"))
    record_hash: str = field(default="", metadata=_by("gb:recordHash"))
    reading: str = field(default="", metadata=_by("gb:pipelineVersion"))

    @classmethod
    def of(cls, annotated: AnnotatedDocument) -> "Article":
        """Describe the article of a document, and how much was found in it."""
        document = annotated.document
        dois = (value for kind, value in document.identifiers if kind.lower() == "doi")
        return cls(
            **_copied(document),
            doi=next(dois, ""),
            study_kinds=study_kinds(document, annotated.mentions),
            mention_count=len(annotated.mentions),
            relation_count=len(annotated.relations),
            reading=reading_version(annotated.pipeline),
        )

    def facts(self) -> Iterator[Fact]:
        """What is said of the article, a field each, in order of the fields."""
        for each in fields(self):
            if each.metadata:
                value: Value = getattr(self, each.name)
                yield Fact(each.name, each.metadata["term"], each.metadata["label"], value)


def _copied(document: Document) -> dict[str, Any]:
    """What a document says itself; a value that comes twice in a list is kept once."""
    shared = (each for each in fields(Article) if hasattr(document, each.name))
    said = ((each, getattr(document, each.name)) for each in shared)
    return {
        each.name: tuple(dict.fromkeys(value)) if each.default == () else value
        for each, value in said
    }
