"""GutBrainIE files in, GutBrainIE files out: predict and evaluate."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus, write_entry
from extract.extractor import Extractor, keep_relations
from extract.parallel import map_in_order
from extract.scoring.evaluation import evaluate_files
from extract.scoring.scored_items import Scorer, Task
from extract.scoring.scores import Score


def predict(
    corpus: Path,
    out: Path,
    extractor: Extractor,
    *,
    gold_entities: bool,
    link: bool,
    report: Callable[[int], None],
) -> int:
    """Annotate the documents of a GutBrainIE file; returns how many.

    The file's own annotations are ignored, but for its entities with ``gold_entities``. Written
    whole or not at all.
    """
    entries: dict[str, object] = {}
    least = extractor.thresholds

    def annotate(gold: AnnotatedDocument) -> AnnotatedDocument:
        return extractor.annotate(gold.document, gold.mentions if gold_entities else None)

    for number, read in enumerate(map_in_order(annotate, read_corpus(corpus)), start=1):
        entries[read.document.pmid] = write_entry(
            keep_relations(read, least.mention),
            tags=keep_relations(read, least.tag).relations,
            pairs=keep_relations(read, least.binary).relations,
            link=link,
        )
        report(number)
    partial = out.with_name(out.name + ".part")
    partial.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    partial.replace(out)
    return len(entries)


def evaluate(gold: Path, predictions: Path, tasks: Sequence[Task], scorer: Scorer) -> list[Score]:
    """Score a prediction file on some tasks; ``extract.scoring.evaluation`` tells more of it."""
    return [result.score for result in evaluate_files(gold, [predictions], tasks, scorer).results]
