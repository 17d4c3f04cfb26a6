"""How probable are the probabilities of the shipped model? A table, and docs/reliability.svg.

    python benchmarks/calibration.py FOLDER-WITH-GUTBRAINIE-FILES [SVG]

Measured on the development documents, from predicted entities; the curves were fitted on held-out
training documents. The error is the expected calibration error over ten bins.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.annotation import AnnotatedDocument
from extract.corpus import read_corpus
from extract.methods import load_extractor
from extract.training.held_out import surfaces
from ontology.lexicon import starter_lexicon

BINS = 10
SIZE, EDGE = 240, 30
Judged = tuple[float, bool]


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores from ``low`` on: their mean, the share that is right, how many."""

    low: float
    mean: float
    right: float
    count: int


def main(corpus: Path, picture: Path | None = None) -> None:
    """Read, judge, print, draw."""
    extractor = load_extractor(None, None, None, starter_lexicon())
    pairs = [(gold, extractor.annotate(gold.document)) for gold in read_corpus(corpus / "dev.json")]
    plots = {
        "mentions": list(bins([j for gold, read in pairs for j in judge_mentions(gold, read)])),
        "relations": list(bins([j for gold, read in pairs for j in judge_relations(gold, read)])),
    }
    for name, found in plots.items():
        print(f"\n{name}: expected calibration error {calibration_error(found):.3f}\n")
        print("| score from | mean score | right | count |\n|---|---|---|---|")
        for each in found:
            print(f"| {each.low:.1f} | {each.mean:.2f} | {each.right:.2f} | {each.count} |")
    if picture:
        picture.write_text(draw(plots), encoding="utf-8")


def judge_mentions(gold: AnnotatedDocument, read: AnnotatedDocument) -> Iterator[Judged]:
    """Pair each mention's score with whether it is annotated."""
    known = {(m.passage, m.start, m.end, m.type) for m in gold.mentions}
    for mention in read.mentions:
        place = mention.passage, mention.start, mention.end, mention.type
        yield mention.score, place in known


def judge_relations(gold: AnnotatedDocument, read: AnnotatedDocument) -> Iterator[Judged]:
    """Pair each relation's score with whether its surfaces are annotated as related."""
    known = {surfaces(relation) for relation in gold.relations}
    for relation in read.relations:
        yield relation.score, surfaces(relation) in known


def bins(judged: Sequence[Judged]) -> Iterator[Bin]:
    """Sort scores into bins of equal width; empty ones are left out."""
    for number in range(BINS):
        inside = [j for j in judged if min(int(j[0] * BINS), BINS - 1) == number]
        if inside:
            scores, right = zip(*inside, strict=True)
            mean, share = sum(scores) / len(inside), sum(right) / len(inside)
            yield Bin(number / BINS, mean, share, len(inside))


def calibration_error(found: Sequence[Bin]) -> float:
    """Average the gap between score and share, weighed by count."""
    total = sum(each.count for each in found)
    return sum(abs(each.mean - each.right) * each.count for each in found) / total


def draw(plots: dict[str, list[Bin]]) -> str:
    """Draw the plots side by side: score along, share of right ones up, the diagonal dashed."""
    width, height = len(plots) * (SIZE + 2 * EDGE), SIZE + 2 * EDGE + 12
    panels = "".join(
        f'<g transform="translate({i * (SIZE + 2 * EDGE) + EDGE},{EDGE})">{_panel(name, found)}</g>'
        for i, (name, found) in enumerate(plots.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="white"/>{panels}</svg>\n'
    )


def _panel(name: str, found: Sequence[Bin]) -> str:
    most = max(each.count for each in found)
    dots = "".join(
        f'<circle cx="{each.mean * SIZE:.1f}" cy="{(1 - each.right) * SIZE:.1f}" '
        f'r="{3 + 7 * (each.count / most) ** 0.5:.1f}" fill="#1b6ca8" fill-opacity="0.7">'
        f"<title>{each.count} {name}</title></circle>"
        for each in found
    )
    return (
        f'<rect width="{SIZE}" height="{SIZE}" fill="none" stroke="#888"/>'
        f'<path d="M0 {SIZE}L{SIZE} 0" stroke="#888" stroke-dasharray="4"/>{dots}'
        f'<text y="-8">{name}: share that is right</text>'
        f'<text x="{SIZE}" y="{SIZE + 18}" text-anchor="end">score</text>'
        f'<text y="{SIZE + 18}">0</text><text x="-14" y="10">1</text>'
    )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
