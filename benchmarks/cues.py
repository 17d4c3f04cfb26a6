"""Print how well cues are read, against the hand-labelled pairs of ``tests/data/cues.tsv``.

    python benchmarks/cues.py FOLDER-WITH-GUTBRAINIE-FILES

A second or two. All pairs were labelled before any table of words was written. The tables were
then mended on the half called "development"; the half called "held" tells what to expect elsewhere.
"""

import csv
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.corpus import read_corpus
from extract.scoring.scores import Counts, bootstrap_interval
from extract.text import PlainText, plain
from ingest.document import Document
from kg.sentence.cue_words import Place, find_cues
from kg.sentence.cues import Cues, Polarity, read_cues
from ontology.schema import EntityType, Predicate

LABELS = Path(__file__).parents[1] / "tests" / "data" / "cues.tsv"
HALVES = ("development", "held")
NAMES = (*(str(polarity) for polarity in Polarity), "negated", "speculative")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence with two mentions, and what a person read in it."""

    pmid: str
    half: str
    sentence: str
    subject: Place
    predicate: Predicate
    object: Place
    labels: frozenset[str]


def corpus_documents(folder: Path) -> dict[str, Document]:
    """Read the training documents, by PMID."""
    files = (folder / f"{name}.json" for name in ("silver", "gold", "platinum"))
    return {a.document.pmid: a.document for path in files for a in read_corpus(path)}


def labelled_pairs(documents: Mapping[str, Document], labels: Path = LABELS) -> Iterator[Pair]:
    """Join the labels, which hold offsets only, with the texts that they speak of."""
    with labels.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield _pair(row, plain(documents[row["pmid"]].text_of(row["passage"])))


def _pair(row: Mapping[str, str], text: PlainText) -> Pair:
    start, end = text.span_in_plain(int(row["sentence_start"]), int(row["sentence_end"]))
    named = {"negated": row["negated"] == "1", "speculative": row["speculated"] == "1"}
    labels = {name for name, is_said in named.items() if is_said} | {row["polarity"]}
    return Pair(
        pmid=row["pmid"],
        half=row["half"],
        sentence=text.text[start:end],
        subject=_place(row, "subject", text, start),
        predicate=Predicate(row["predicate"]),
        object=_place(row, "object", text, start),
        labels=frozenset(labels - {""}),
    )


def _place(row: Mapping[str, str], side: str, text: PlainText, sentence: int) -> Place:
    start, end = text.span_in_plain(int(row[f"{side}_start"]), int(row[f"{side}_end"]))
    return Place(start - sentence, end - sentence, EntityType(row[f"{side}_type"]))


def read_labels(pair: Pair) -> frozenset[str]:
    """Say what our cues read in a pair, in the words of the labels."""
    return names_of(read_cues(pair.sentence, pair.subject, pair.predicate, pair.object))


def names_of(cues: Cues) -> frozenset[str]:
    """Name the cues that are set."""
    flags = (("negated", cues.is_negated), ("speculative", cues.is_speculative))
    polarity = () if cues.polarity is None else (str(cues.polarity),)
    return frozenset((*polarity, *(name for name, is_set in flags if is_set)))


def tally(pairs: Iterable[Pair], name: str) -> list[Counts]:
    """Count hits, readings and labels of one cue, an entry a pair."""
    return [
        Counts(int(name in pair.labels & read), int(name in read), int(name in pair.labels))
        for pair in pairs
        for read in (read_labels(pair),)
    ]


def total(table: Sequence[Counts]) -> Counts:
    """Sum up a tally."""
    columns = zip(*((c.hits, c.predicted, c.gold) for c in table), strict=True)
    return Counts(*map(sum, columns))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson); nothing is known of a share of nothing."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    centre, spread = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + (z / (2 * of)) ** 2)
    return (centre - spread) / (1 + z * z / of), (centre + spread) / (1 + z * z / of)


def print_table(names: Iterable[str], tables: Iterable[Sequence[Counts]]) -> None:
    """Print a Markdown table of what was counted, a line a name."""
    print("| | labelled | read | precision (95 %) | recall (95 %) | F1 (95 %) |")
    print("|---|---|---|---|---|---|")
    for name, table in zip(names, tables, strict=True):
        counts = total(table)
        shares = (
            _told(counts.precision, wilson(counts.hits, counts.predicted)),
            _told(counts.recall, wilson(counts.hits, counts.gold)),
            _told(counts.f1, bootstrap_interval(table)),
        )
        print(f"| {name} | {counts.gold} | {counts.predicted} | " + " | ".join(shares) + " |")


def _told(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def main(folder: Path) -> None:
    """Print a table a half."""
    pairs = list(labelled_pairs(corpus_documents(folder)))
    for half in HALVES:
        chosen = [pair for pair in pairs if pair.half == half]
        print(f"\n{half}: {len(chosen)} pairs\n")
        print_table(NAMES, [tally(chosen, name) for name in NAMES])
    print(f"\n{_speed(pairs):,.0f} pairs a second, one core")


def _speed(pairs: Sequence[Pair]) -> float:
    """Read each sentence anew, as a first pass over a corpus does."""
    find_cues.cache_clear()
    began = time.process_time()
    for pair in pairs:
        read_labels(pair)
    return len(pairs) / (time.process_time() - began)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
