"""GutBrainIE files <-> AnnotatedDocuments: the one place that knows the foreign conventions.

Ends are inclusive there and half-open here; predictions also carry the lists derived from
relations. Bronze's own derived lists disagree with its relations, so they are never read.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from extract.scoring.uris import corpus_uri
from ingest.document import Document, RecordError
from ingest.formats.gutbrainie import to_document
from ontology.schema import EntityType, Predicate

Entry = Mapping[str, Any]


class CorpusError(ValueError):
    """A GutBrainIE file says something that cannot be: names file, PMID and field."""


def read_corpus(path: Path) -> Iterator[AnnotatedDocument]:
    """Yield the annotated documents of a file; the annotator stands as the pipeline's method."""
    for pmid, entry in _read_entries(path).items():
        try:
            yield _read_entry(pmid, entry)
        except RecordError as error:
            raise CorpusError(f"{path}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"{path}: PMID {pmid}: {_reason(error)}") from error


def _read_entries(path: Path) -> Mapping[str, Entry]:
    try:
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: {error}") from error
    if not isinstance(entries, dict):
        raise CorpusError(f"{path}: no object with an entry a PMID")
    return cast("dict[str, Entry]", entries)


def _reason(error: Exception) -> str:
    return f"missing field {error}" if isinstance(error, KeyError) else str(error)


def _read_entry(pmid: str, entry: Entry) -> AnnotatedDocument:
    document = to_document(pmid, entry)
    mentions = tuple(_read_mention(document, item) for item in entry.get("entities", ()))
    relations = tuple(_read_relation(document, item) for item in entry.get("relations", ()))
    annotator = str(entry["metadata"].get("annotator", ""))
    return AnnotatedDocument(document, mentions, relations, Pipeline(annotator, annotator, "", ""))


def _read_mention(document: Document, item: Entry, prefix: str = "") -> Mention:
    start, end = int(item[prefix + "start_idx"]), int(item[prefix + "end_idx"]) + 1
    passage, text = str(item[prefix + "location"]), str(item[prefix + "text_span"])
    if not 0 <= start < end or document.text_of(passage)[start:end] != text:
        raise ValueError(f"{passage} [{start}, {end - 1}] does not read {text!r}")
    label = EntityType(item[prefix + "label"])
    return Mention(passage, start, end, text, label)


def _read_relation(document: Document, item: Entry) -> Relation:
    subject, target = (_read_mention(document, item, p) for p in ("subject_", "object_"))
    return Relation(subject, Predicate(item["predicate"]), target)


def write_entry(
    annotated: AnnotatedDocument,
    tags: Iterable[Relation] | None = None,
    pairs: Iterable[Relation] | None = None,
    *,
    link: bool = False,
) -> dict[str, Any]:
    """Make the GutBrainIE entry of a document.

    ``tags`` and ``pairs`` are the relations that the tag and pair lists are derived from, where
    these have thresholds of their own; by default the document's relations. With ``link`` every
    mention carries its concept as ``uri``, null where it has none, and the entry has the lists of
    the 2026 edition; relations of such mentions are none between concepts.
    """
    relations = annotated.relations
    tags = relations if tags is None else tags
    return {
        "metadata": _metadata(annotated.document),
        "entities": [_write_mention(mention, link=link) for mention in annotated.mentions],
        "relations": [_write_relation(relation, link=link) for relation in relations],
        "binary_tag_based_relations": _unique(
            map(_pair, tags if pairs is None else pairs),
        ),
        "ternary_tag_based_relations": _unique(map(_tag, tags)),
        "ternary_mention_based_relations": _unique(map(_mention_row, relations)),
        **(_linked_lists(relations) if link else {}),
    }


def _linked_lists(relations: tuple[Relation, ...]) -> dict[str, Any]:
    linked = (r for r in relations if r.subject.concept and r.object.concept)
    return {
        "mention_level_relations": _unique(map(_mention_row, relations)),
        "concept_level_relations": _unique(map(_concept_row, linked)),
    }


def _metadata(document: Document) -> dict[str, str]:
    return {
        "title": document.text_of("title"),
        "author": "; ".join(document.authors),
        "journal": document.journal,
        "year": str(document.year or ""),
        "abstract": document.text_of("abstract"),
        "annotator": "gutbrain",
    }


def _write_mention(mention: Mention, prefix: str = "", *, link: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        prefix + "start_idx": mention.start,
        prefix + "end_idx": mention.end - 1,
        prefix + "location": mention.passage,
        prefix + "text_span": mention.text,
        prefix + "label": str(mention.type),
    }
    return row | ({prefix + "uri": _uri(mention)} if link else {})


def _uri(mention: Mention) -> str | None:
    return corpus_uri(mention.concept) if mention.concept else None


def _write_relation(relation: Relation, *, link: bool) -> dict[str, Any]:
    return {
        **_write_mention(relation.subject, "subject_", link=link),
        "predicate": str(relation.predicate),
        **_write_mention(relation.object, "object_", link=link),
    }


def _pair(relation: Relation) -> dict[str, str]:
    return {
        "subject_label": str(relation.subject.type),
        "object_label": str(relation.object.type),
    }


def _tag(relation: Relation) -> dict[str, str]:
    return {
        "subject_label": str(relation.subject.type),
        "predicate": str(relation.predicate),
        "object_label": str(relation.object.type),
    }


def _mention_row(relation: Relation) -> dict[str, str]:
    return {
        "subject_text_span": relation.subject.text,
        "subject_label": str(relation.subject.type),
        "predicate": str(relation.predicate),
        "object_text_span": relation.object.text,
        "object_label": str(relation.object.type),
    }


def _concept_row(relation: Relation) -> dict[str, str | None]:
    return {
        "subject_uri": _uri(relation.subject),
        "subject_label": str(relation.subject.type),
        "predicate": str(relation.predicate),
        "object_uri": _uri(relation.object),
        "object_label": str(relation.object.type),
    }


def _unique(rows: Iterable[Mapping[str, str | None]]) -> list[dict[str, str | None]]:
    return [dict(key) for key in dict.fromkeys(tuple(row.items()) for row in rows)]
