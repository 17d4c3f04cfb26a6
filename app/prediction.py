"""Documents in, predictions out: GutBrainIE JSON, or a table of entities and relations."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

from extract.annotation import AnnotatedDocument, Mention
from extract.corpus import CorpusError, Spell, read_corpus, write_entry
from extract.extractor import Extractor, Thresholds, keep_relations, map_in_order
from ingest.document import Document, Rejected
from ingest.formats.sources import read_source, source_files
from kg.exports.csv_table import Cell, defused
from kg.exports.writing import new_file

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
    """What was found in documents; a line for each record that could not be read."""

    documents: tuple[AnnotatedDocument, ...]
    rejected: tuple[str, ...]


def predict(
    sources: Sequence[Path],
    extractor: Extractor,
    *,
    gold_entities: bool = False,
    report: Callable[[int], None],
) -> Prediction:
    """Annotate the documents of files and folders; of two records of one PMID the last counts.

    Annotations in GutBrainIE files are ignored, but for their entities with ``gold_entities``.
    """
    rejected: list[str] = []
    given = _with_entities(sources) if gold_entities else _without_entities(sources, rejected)
    found: dict[str, AnnotatedDocument] = {}
    for number, read in enumerate(map_in_order(lambda one: extractor.annotate(*one), given), 1):
        found[read.document.pmid] = read
        report(number)
    return Prediction(tuple(found.values()), tuple(rejected))


def _without_entities(sources: Iterable[Path], rejected: list[str]) -> Iterator[Given]:
    for record in (record for source in sources for record in read_source(source)):
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
            _write_table(found, file, least)
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


def _write_table(found: Iterable[AnnotatedDocument], file: IO[bytes], least: Thresholds) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for read in found:
        for cells in _rows(keep_relations(read, least.mention)):
            writer.writerow([defused(cell) for cell in cells])
    text.detach()


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
