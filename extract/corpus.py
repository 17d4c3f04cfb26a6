"""GutBrainIE files <-> AnnotatedDocuments: the one place that knows the foreign conventions.

Ends are inclusive there and half-open here; predictions also carry lists derived from relations.
Bronze's own derived lists disagree with its relations, so corpora are read without them; scoring
compares them (``extract.scoring``). One concept has several URIs there: MeSH is written as
descriptor (``mesh/D010361``) and as Entrez number (``mesh/68010361``), and UMLS at its licensed
browser. Both are other IRIs than the graph's (``ontology.namespaces``).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from extract.annotation import AnnotatedDocument, Mention, Pipeline, Relation
from ingest.document import Document, RecordError
from ingest.formats import gutbrainie
from ingest.formats.record_splitter import DECOMPRESSION_ERRORS
from ingest.formats.sources import open_source
from ontology.namespaces import CurieError, to_curie, to_iri
from ontology.schema import EntityType, Predicate

Entry = Mapping[str, Any]
Entries = Mapping[str, Entry]
"""PMID to what a file says of it, unread."""

LINES_SHOWN = 20
"""How many faults an error message lists."""
ENTITY = ("start_idx", "end_idx", "location", "text_span", "label")
PAIR = ("subject_label", "object_label")
TRIPLE = ("subject_label", "predicate", "object_label")
SURFACES = ("subject_text_span", *TRIPLE[:2], "object_text_span", "object_label")
CONCEPTS = ("subject_uri", *TRIPLE[:2], "object_uri", "object_label")

_MESH = "https://www.ncbi.nlm.nih.gov/mesh/"
_UMLS = "https://uts.nlm.nih.gov/uts/umls/concept/"
_LOCAL = "https://w3id.org/XXXX/ontology/gutbrain/resource/"
_LOCAL_CURIE = "HEREDITARY:"
_MESH_URI = re.compile(
    r"https?://(?:www\.ncbi\.nlm\.nih\.gov/mesh|id\.nlm\.nih\.gov/mesh)/([DC]\d+|6[78]\d{6})"
)
_ENTREZ = {"68": "D", "67": "C"}
"""Leading digits of an Entrez number -> letter of the MeSH identifier that follows."""


class CorpusError(ValueError):
    """A GutBrainIE file says what cannot be: a line a fault, with file, PMID and place."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(shown(self.faults)))


def shown(faults: Sequence[str]) -> tuple[str, ...]:
    """Cut a long list of lines, saying how many are left out."""
    rest = len(faults) - LINES_SHOWN
    return (*faults[:LINES_SHOWN], *((f"... and {rest} more",) if rest > 0 else ()))


def read_entries(path: Path) -> Entries:
    """Read a file's entries as they are; raises CorpusError where it is no object of objects.

    A key that comes twice is an error: JSON readers keep the last and drop the rest.
    """
    try:
        with open_source(path) as stream:
            entries = gutbrainie.read_entries(stream, str(path), _unique_keys)
    except gutbrainie.GutBrainIEError as error:
        raise CorpusError([str(error)]) from error
    except (OSError, *DECOMPRESSION_ERRORS) as error:
        raise CorpusError([f"{path}: {error}"]) from error
    if wrong := [pmid for pmid, entry in entries.items() if not isinstance(entry, dict)]:
        raise CorpusError(
            f"{path}: PMID {pmid}: entry is missing or not an object" for pmid in wrong
        )
    return cast("Entries", entries)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} occurs twice in one object")
    return content


def read_corpus(path: Path) -> Iterator[AnnotatedDocument]:
    """Yield the annotated documents of a file; the annotator is the pipeline's method."""
    for pmid, entry in read_entries(path).items():
        try:
            yield _read_entry(pmid, entry)
        except RecordError as error:
            raise CorpusError([f"{path}: {error}"]) from error
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError([f"{path}: PMID {pmid}: {_reason(error)}"]) from error


def _reason(error: Exception) -> str:
    return f"missing field {error}" if isinstance(error, KeyError) else str(error)


def _read_entry(pmid: str, entry: Entry) -> AnnotatedDocument:
    document = gutbrainie.to_document(pmid, entry)
    mentions = tuple(_read_mention(document, item) for item in entry.get("entities", ()))
    relations = tuple(_read_relation(document, item) for item in entry.get("relations", ()))
    annotator = str(entry["metadata"].get("annotator", ""))
    uris = tuple(str(item.get("uri") or "").strip() for item in entry.get("entities", ()))
    return AnnotatedDocument(
        document,
        mentions,
        relations,
        Pipeline(annotator, annotator, "", ""),
        uris=uris if any(uris) else (),
    )


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


Spell = Callable[[str], str | None]
"""Gives the URI that GutBrainIE has for a CURIE; None where it has none."""


def write_entry(
    annotated: AnnotatedDocument,
    tags: Sequence[Relation] | None = None,
    pairs: Sequence[Relation] | None = None,
    *,
    spell: Spell | None = None,
) -> dict[str, Any]:
    """Make the GutBrainIE entry of a document.

    ``tags`` and ``pairs`` are the relations that the tag and pair lists are derived from, where
    these have thresholds of their own; by default the document's relations. With ``spell`` every
    mention carries its concept as ``uri``, null where it has none, and the entry has the lists of
    the 2026 edition; relations of such mentions are none between concepts.
    """
    relations = annotated.relations
    tags = relations if tags is None else tags
    pairs = tags if pairs is None else pairs
    return {
        "metadata": _metadata(annotated.document),
        "entities": [_write_mention(mention, spell) for mention in annotated.mentions],
        "relations": [_write_relation(relation, spell) for relation in relations],
        "binary_tag_based_relations": _unique(pairs, PAIR),
        "ternary_tag_based_relations": _unique(tags, TRIPLE),
        "ternary_mention_based_relations": _unique(relations, SURFACES),
        **(_linked_lists(relations, spell) if spell else {}),
    }


def _linked_lists(relations: tuple[Relation, ...], spell: Spell) -> dict[str, Any]:
    linked = (r for r in relations if _uri(r.subject, spell) and _uri(r.object, spell))
    return {
        "mention_level_relations": _unique(relations, SURFACES),
        "concept_level_relations": _unique(linked, CONCEPTS, spell),
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


def _write_mention(mention: Mention, spell: Spell | None, prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {
        prefix + "start_idx": mention.start,
        prefix + "end_idx": mention.end - 1,
        prefix + "location": mention.passage,
        prefix + "text_span": mention.text,
        prefix + "label": str(mention.type),
    }
    return row | ({prefix + "uri": _uri(mention, spell)} if spell else {})


def _uri(mention: Mention, spell: Spell) -> str | None:
    return spell(mention.concept) if mention.concept else None


def _write_relation(relation: Relation, spell: Spell | None) -> dict[str, Any]:
    return {
        **_write_mention(relation.subject, spell, "subject_"),
        "predicate": str(relation.predicate),
        **_write_mention(relation.object, spell, "object_"),
    }


def _unique(
    relations: Iterable[Relation], fields: tuple[str, ...], spell: Spell | None = None
) -> list[dict[str, Any]]:
    """Write some fields of relations, each row once."""
    full = (_write_relation(relation, spell) for relation in relations)
    rows = dict.fromkeys(tuple(row[field] for field in fields) for row in full)
    return [dict(zip(fields, row, strict=True)) for row in rows]


def uri_identity(uri: str) -> str:
    """Give what two spellings of one concept share: its CURIE, or the URI where none is known.

    >>> uri_identity("https://www.ncbi.nlm.nih.gov/mesh/68010361")
    'MESH:D010361'
    >>> uri_identity("https://example.org/thing")
    'https://example.org/thing'
    """
    if mesh := _MESH_URI.fullmatch(uri):
        letter = _ENTREZ.get(mesh[1][:2])
        return "MESH:" + (letter + mesh[1][2:] if letter else mesh[1])
    if uri.startswith(_LOCAL):
        return _LOCAL_CURIE + uri.removeprefix(_LOCAL)
    if uri.startswith(_UMLS):
        return "UMLS:" + uri.removeprefix(_UMLS)
    try:
        return to_curie(uri)
    except CurieError:
        return uri


def corpus_uri(curie: str) -> str:
    """Spell a concept as GutBrainIE does, MeSH by descriptor; raises CurieError.

    >>> corpus_uri("MESH:D010361")
    'https://www.ncbi.nlm.nih.gov/mesh/D010361'
    """
    prefix, _, identifier = curie.partition(":")
    if prefix == _LOCAL_CURIE[:-1] and "/" in identifier:
        return _LOCAL + identifier
    bases = {"MESH": _MESH, "UMLS": _UMLS}
    return bases[prefix] + identifier if prefix in bases else to_iri(curie)
