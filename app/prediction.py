"""Documents in, predictions out: GutBrainIE JSON, or a table of entities and relations."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from extract.annotation import AnnotatedDocument, Mention
from extract.corpus import CorpusError, Spell, read_corpus, write_entry
from extract.extractor import Extractor, Thresholds, keep_relations, map_in_order
from ingest.document import Document, Record, Rejected
from ingest.formats.sources import read_sources, source_files
from kg.exports.csv_table import Cell, write_rows
from kg.writing import new_file
from ontology.schema import Predicate

Given = tuple[Document, tuple[Mention, ...] | None]
"""A document, with the mentions to take in place of the recognizer's."""
PLACE = ("passage", "start", "end", "text", "type", "concept")
COLUMNS = ("kind", "pmid", "score", *PLACE, "predicate", *(f"object_{field}" for field in PLACE))
_NO_OBJECT = ("",) * (1 + len(PLACE))


class PredictionFormat(StrEnum):
    """How predictions are written."""

    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was found in documents; a line for each record or file that could not be read."""

    documents: tuple[AnnotatedDocument, ...]
    rejected: tuple[str, ...]


def unsaid(extractor: Extractor) -> str:
    """Say which predicates a model was not made for, so never finds; empty where it knows all."""
    unknown = [each for each in Predicate if each not in extractor.relations.predicates]
    return f"it never says: {', '.join(unknown)}" if unknown else ""


def predict(
    sources: Sequence[Path],
    extractor: Extractor,
    *,
    gold_entities: bool = False,
    report: Callable[[int], None],
) -> Prediction:
    """Annotate the documents of files and folders; of two records of one PMID the last counts.

    Annotations in GutBrainIE files are ignored, but for their entities with ``gold_entities``.
    Raises what is wrong with the first file where none can be read.
    """
    rejected, broken = list[str](), list[ValueError]()
    records = read_sources(sources, broken.append)
    given = _with_entities(sources) if gold_entities else _without_entities(records, rejected)
    found: dict[str, AnnotatedDocument] = {}
    for number, read in enumerate(map_in_order(lambda one: extractor.annotate(*one), given), 1):
        found[read.document.pmid] = read
        report(number)
    if broken and not found:
        raise broken[0]
    return Prediction(tuple(found.values()), (*map(str, broken), *rejected))


def _without_entities(records: Iterable[Record], rejected: list[str]) -> Iterator[Given]:
    for record in records:
        if isinstance(record, Document):
            yield record, None
        elif isinstance(record, Rejected):
            rejected.append(f"{record.source}: {record.reason}")


def _with_entities(sources: Iterable[Path]) -> Iterator[Given]:
    for path in (path for source in sources for path in source_files(source)):
        if ".json" not in path.suffixes:
            raise CorpusError([f"{path}: only GutBrainIE JSON brings entities of its own"])
        yield from ((gold.document, gold.mentions) for gold in read_corpus(path))


def write_predictions(
    found: Iterable[AnnotatedDocument],
    out: Path,
    least: Thresholds,
    *,
    spell: Spell | None = None,
    form: PredictionFormat | None = None,
) -> None:
    """Write a file whole or not at all; the format is by default that of its name.

    In JSON each list of relations has its own threshold, in a table all have that of mentions.
    ``spell`` adds each mention's concept to JSON.
    """
    is_table = ".csv" in out.suffixes if form is None else form is PredictionFormat.CSV
    with new_file(out) as file:
        if is_table:
            kept = (keep_relations(read, least.mention) for read in found)
            write_rows(file, COLUMNS, (cells for read in kept for cells in _rows(read)))
        else:
            entries = {read.document.pmid: _entry(read, least, spell) for read in found}
            file.write(json.dumps(entries, ensure_ascii=False).encode())


def _entry(read: AnnotatedDocument, least: Thresholds, spell: Spell | None) -> dict[str, object]:
    return write_entry(
        keep_relations(read, least.mention),
        tags=keep_relations(read, least.tag).relations,
        pairs=keep_relations(read, least.binary).relations,
        spell=spell,
    )


def _rows(read: AnnotatedDocument) -> Iterator[tuple[Cell, ...]]:
    pmid = read.document.pmid
    for mention in read.mentions:
        yield "entity", pmid, round(mention.score, 4), *_place(mention), *_NO_OBJECT
    for relation in read.relations:
        ends = *_place(relation.subject), str(relation.predicate), *_place(relation.object)
        yield "relation", pmid, round(relation.score, 4), *ends


def _place(mention: Mention) -> tuple[Cell, ...]:
    span = mention.passage, mention.start, mention.end
    return *span, mention.text, str(mention.type), mention.concept or ""
