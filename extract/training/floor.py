"""The floor: names and counts fitted to a corpus, no trained weights.

What every model must beat, and what runs where no weights are.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from extract.annotation import AnnotatedDocument, Pipeline
from extract.ner.lexicon import LexiconRecognizer, write_lexicon_model
from extract.relations.counts import CountRelations, count_relations, write_counts
from extract.training.names import Corpus, fit_names
from extract.training.thresholds import GRID, HeldOut, choose_thresholds, score_entities
from ontology.lexicon import Lexicon

MANIFEST_FILE = "manifest.json"
FOLDS = 5
_NO_PIPELINE = Pipeline("lexicon", "counts", "", "")


class CorpusTooSmallError(ValueError):
    """There are fewer documents than folds."""


def train_floor(
    corpus: Corpus,
    lexicon: Lexicon,
    out: Path,
    *,
    starter_only: bool,
    report: Callable[[str], None],
) -> None:
    """Fit names, modifiers, counts and thresholds; write the model folder.

    With ``starter_only`` the names are the lexicon's alone. Expert documents decide thresholds
    and counts; where there are none, all documents do.
    """
    experts, others = _split(corpus)
    held_out = list(_read_held_out(experts, others, lexicon, report, starter_only=starter_only))
    report("choosing thresholds")
    thresholds, choices = choose_thresholds(held_out)
    report("fitting to all documents")
    out.mkdir(parents=True, exist_ok=True)
    write_lexicon_model(fit_names(experts, others, lexicon, starter_only=starter_only), out)
    write_counts(count_relations(experts), out)
    write_manifest(
        out,
        kind="floor",
        corpus=corpus_hash(corpus),
        documents={"expert": len(experts), "other": len(others)},
        lexicon=lexicon.hash,
        starter_only=starter_only,
        thresholds=asdict(thresholds),
        cross_validation={
            "entities": {"f1": score_entities(held_out)},
            "relations, predicted entities": {t: asdict(c) for t, c in choices.items()},
        },
    )


def _split(corpus: Corpus) -> tuple[Corpus, Corpus]:
    experts = [document for document in corpus if is_expert(document)]
    others = [document for document in corpus if not is_expert(document)]
    experts, others = (experts, others) if experts else (others, [])
    if len(experts) < FOLDS:
        raise CorpusTooSmallError(
            f"{len(experts)} documents to cross-validate on: {FOLDS} are needed at least"
        )
    return experts, others


def _read_held_out(
    experts: Corpus,
    others: Corpus,
    lexicon: Lexicon,
    report: Callable[[str], None],
    *,
    starter_only: bool,
) -> Iterator[HeldOut]:
    """Read each expert document with a model fitted to the other folds, and to all the rest."""
    for number in range(FOLDS):
        report(f"cross-validation, fold {number + 1} of {FOLDS}")
        rest = [document for i, document in enumerate(experts) if i % FOLDS != number]
        names = fit_names(rest, others, lexicon, starter_only=starter_only)
        relations = CountRelations(count_relations(rest), GRID[0])
        recognizer = LexiconRecognizer(names)
        for gold in experts[number::FOLDS]:
            mentions = recognizer.recognize(gold.document)
            found = relations.relate(gold.document, mentions)
            yield HeldOut(gold, AnnotatedDocument(gold.document, mentions, found, _NO_PIPELINE))


def is_expert(document: AnnotatedDocument) -> bool:
    """Tell whether an expert annotated the document (platinum, gold, dev)."""
    return document.pipeline.recognizer.startswith("expert")


def write_manifest(out: Path, **content: object) -> None:
    """Say beside a model what it was made of; ``thresholds`` are read back with it."""
    text = json.dumps(content, indent=2)
    (out / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def corpus_hash(corpus: Sequence[AnnotatedDocument]) -> str:
    """Hash the texts and annotations, in order."""
    digest = hashlib.sha256()
    for document in corpus:
        digest.update(f"{document.document.pmid}{document.document.content_hash}".encode())
        digest.update(repr((document.mentions, document.relations)).encode())
    return digest.hexdigest()
