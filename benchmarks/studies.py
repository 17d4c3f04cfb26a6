"""Print how well study kinds are read, against the articles of ``tests/data/studies.tsv``.

    python benchmarks/studies.py FOLDER-WITH-GUTBRAINIE-FILES

A few seconds. The corpus has neither publication types nor MeSH terms: this measures the words.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cues import HALVES, print_table
from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus
from extract.scoring.scores import Counts
from kg.sentence.study import StudyKind, study_kinds

LABELS = Path(__file__).parents[1] / "tests" / "data" / "studies.tsv"


@dataclass(frozen=True, slots=True)
class Article:
    """A document, the kinds that a person gave it, and those that our words give."""

    pmid: str
    half: str
    labels: frozenset[StudyKind]
    read: frozenset[StudyKind]


def labelled_articles(folder: Path, labels: Path = LABELS) -> Iterator[Article]:
    """Join the labels with what is read in the articles and their annotated mentions."""
    files = (folder / f"{name}.json" for name in ("silver", "gold", "platinum"))
    documents = {a.document.pmid: a for path in files for a in read_corpus(path)}
    with labels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            kinds = frozenset(map(StudyKind, row["kinds"].split(", ")))
            yield Article(row["pmid"], row["half"], kinds, _read(documents[row["pmid"]]))


def _read(annotated: AnnotatedDocument) -> frozenset[StudyKind]:
    return frozenset(study_kinds(annotated.document, annotated.mentions))


def tally(articles: Iterable[Article], kind: StudyKind) -> list[Counts]:
    """Count hits, readings and labels of one kind, an entry an article."""
    return [
        Counts(int(kind in a.labels & a.read), int(kind in a.read), int(kind in a.labels))
        for a in articles
    ]


def main(folder: Path) -> None:
    """Print a table a half."""
    articles = list(labelled_articles(folder))
    for half in HALVES:
        chosen = [article for article in articles if article.half == half]
        right = sum(article.labels == article.read for article in chosen)
        print(f"\n{half}: {len(chosen)} articles, {right} of them with all kinds right\n")
        print_table(StudyKind, [tally(chosen, kind) for kind in StudyKind])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
