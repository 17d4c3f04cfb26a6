"""Print how well cues and study kinds are read, against hand-labelled pairs and articles.

    python benchmarks/cues.py FOLDER-WITH-GUTBRAINIE-FILES

A few seconds. All pairs of ``tests/data/cues.tsv`` and articles of ``tests/data/studies.tsv`` were
labelled before any table of words was written. The tables were then mended on the half called
"development"; the half called "held" shows what to expect elsewhere. The corpus has neither
publication types nor MeSH terms: of study kinds, only reading the words is measured.
"""

import csv
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus
from extract.scoring.scores import Counts, bootstrap_interval, total
from extract.text import PlainText, plain
from kg.sentence.cue_words import Place
from kg.sentence.cues import Cues, Polarity, read_cues
from kg.sentence.study import StudyKind, study_kinds
from ontology.schema import EntityType, Predicate

LABELS = Path(__file__).parents[1] / "tests" / "data"
HALVES = ("development", "held")
CUES = (*(str(polarity) for polarity in Polarity), "negated", "speculative")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair or an article: what a person read in it, and what our words read."""

    half: str
    labels: frozenset[str]
    read: frozenset[str]


def training_documents(folder: Path) -> dict[str, AnnotatedDocument]:
    """Read the training documents, by PMID."""
    files = (folder / f"{name}.json" for name in ("silver", "gold", "platinum"))
    return {a.document.pmid: a for path in files for a in read_corpus(path)}


def labelled_pairs(documents: Mapping[str, AnnotatedDocument]) -> Iterator[Labelled]:
    """Join the labels of pairs, which hold offsets only, with the texts that they are about."""
    for row in _rows("cues.tsv"):
        text = plain(documents[row["pmid"]].document.text_of(row["passage"]))
        named = {"negated": row["negated"] == "1", "speculative": row["speculated"] == "1"}
        labels = {name for name, is_said in named.items() if is_said} | {row["polarity"]}
        yield Labelled(row["half"], frozenset(labels - {""}), _names(_cues(row, text)))


def labelled_articles(documents: Mapping[str, AnnotatedDocument]) -> Iterator[Labelled]:
    """Join the labels of articles with what is read in them and their annotated mentions."""
    for row in _rows("studies.tsv"):
        annotated = documents[row["pmid"]]
        read = study_kinds(annotated.document, annotated.mentions)
        yield Labelled(row["half"], frozenset(row["kinds"].split(", ")), frozenset(read))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def _cues(row: Mapping[str, str], text: PlainText) -> Cues:
    start, end = text.span_in_plain(int(row["sentence_start"]), int(row["sentence_end"]))
    subject, object_ = (_place(row, side, text, start) for side in ("subject", "object"))
    return read_cues(text.text[start:end], subject, Predicate(row["predicate"]), object_)


def _place(row: Mapping[str, str], side: str, text: PlainText, sentence: int) -> Place:
    start, end = text.span_in_plain(int(row[f"{side}_start"]), int(row[f"{side}_end"]))
    return Place(start - sentence, end - sentence, EntityType(row[f"{side}_type"]))


def _names(cues: Cues) -> frozenset[str]:
    flags = (("negated", cues.is_negated), ("speculative", cues.is_speculative))
    polarity = () if cues.polarity is None else (str(cues.polarity),)
    return frozenset((*polarity, *(name for name, is_set in flags if is_set)))


def tally(labelled: Iterable[Labelled], name: str) -> list[Counts]:
    """Count hits, readings and labels of one name, an entry for each pair or article."""
    found = ((name in each.read, name in each.labels) for each in labelled)
    return [Counts(int(read and said), int(read), int(said)) for read, said in found]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson); nothing is known of a share of nothing."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    centre, spread = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + (z / (2 * of)) ** 2)
    return (centre - spread) / (1 + z * z / of), (centre + spread) / (1 + z * z / of)


def print_table(labelled: Sequence[Labelled], names: Iterable[str]) -> None:
    """Print a Markdown table of what was counted, a line a name."""
    print("| | labelled | read | precision (95 %) | recall (95 %) | F1 (95 %) |")
    print("|---|---|---|---|---|---|")
    for name in names:
        counts = total(table := tally(labelled, name))
        shares = (
            _cell(counts.precision, wilson(counts.hits, counts.predicted)),
            _cell(counts.recall, wilson(counts.hits, counts.gold)),
            _cell(counts.f1, bootstrap_interval(table)),
        )
        print(f"| {name} | {counts.gold} | {counts.predicted} | " + " | ".join(shares) + " |")


def _cell(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def main(folder: Path) -> None:
    """Print two tables for each half."""
    documents = training_documents(folder)
    pairs, articles = list(labelled_pairs(documents)), list(labelled_articles(documents))
    for labelled, names, what in ((pairs, CUES, "pairs"), (articles, StudyKind, "articles")):
        for half in HALVES:
            chosen = [each for each in labelled if each.half == half]
            right = sum(each.labels == each.read for each in chosen)
            print(f"\n{half}: {len(chosen)} {what}, {right} of them with all labels right\n")
            print_table(chosen, names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
