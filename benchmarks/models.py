"""Print how well the shipped models read: the tables of README and of the model card.

    python benchmarks/models.py scores FOLDER-WITH-GUTBRAINIE-FILES       (all with the extra train)
    python benchmarks/models.py relations FOLDER-WITH-GUTBRAINIE-FILES
    python benchmarks/models.py calibration FOLDER-WITH-GUTBRAINIE-FILES [SVG]

``scores`` and ``calibration`` read the development documents, a minute on two cores; nothing is
tuned on them. ``relations`` compares boosted trees with the counts, some minutes on one core: five
folds over all expert documents, gold entities. Each document is read by models that never saw it;
both methods get the threshold that is best for them on these folds, so that thresholds decide
nothing. The difference is resampled over documents, 1,000 times (paired bootstrap).
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from app.prediction import predict, write_predictions
from extract import RelationExtractor
from extract.annotation import Corpus
from extract.corpus import read_corpus
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from extract.relations.counts import CountRelations, count_relations
from extract.scoring.evaluation import RELATION_TASKS, evaluate_files
from extract.scoring.items import Scorer, Task
from extract.scoring.scores import Counts, Score, bootstrap_f1, total
from extract.training.boosting import FOLDS, LOWEST, describe_others, fit_trees
from extract.training.floor import train_floor
from extract.training.held_out import (
    GRID,
    HeldOut,
    count_held_out,
    judge_mentions,
    judge_relations,
    relate_held_out,
)
from extract.training.pool import cut_folds
from extract.training.recipe import TrainingOrder, find_recipe
from ontology.lexicon import starter_lexicon

app = typer.Typer(help=__doc__)
TASKS = (Task.NER, *RELATION_TASKS)
BINS = 10
SIZE, EDGE = 240, 30
Fit = Callable[[Corpus], RelationExtractor]
Judged = tuple[float, bool]
"""A score, and whether what has it is right."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores from ``low`` on: their mean, the share that is right, how many."""

    low: float
    mean: float
    right: float
    count: int


def documents_of(folder: Path, *names: str) -> Corpus:
    """Read files of the corpus."""
    return [document for name in names for document in read_corpus(folder / f"{name}.json")]


@app.command("scores")
def print_scores(corpus: Path) -> None:
    """Train the floor; print what each model reaches on the development documents."""
    lexicon, floor = starter_lexicon(), (RecognizerName.LEXICON, RelationMethod.COUNTS)
    default = load_extractor(None, None, None, lexicon)
    counts = load_extractor(None, RelationMethod.COUNTS, None, lexicon)
    with tempfile.TemporaryDirectory() as folder:
        training = documents_of(corpus, "platinum", "gold", "silver")
        out = Path(folder) / "model"
        train_floor(TrainingOrder(find_recipe("floor"), training, lexicon, out, _quiet))
        trained = load_extractor(*floor, out, lexicon)
    print("| model | entities given to relations | scorer | NER | binary | tag | mention |")
    print("|---|---|---|---|---|---|---|")
    for name, extractor, given, scorer in (
        ("shipped default", default, "predicted", Scorer.OFFICIAL),
        ("shipped default", default, "predicted", Scorer.STRICT),
        ("its tagger, counts", counts, "predicted", Scorer.STRICT),
        ("shipped floor", load_extractor(*floor, None, lexicon), "predicted", Scorer.STRICT),
        ("floor trained on platinum, gold, silver", trained, "predicted", Scorer.STRICT),
        ("shipped default", default, "gold", Scorer.STRICT),
        ("floor trained on platinum, gold, silver", trained, "gold", Scorer.STRICT),
    ):
        scores = _scores(extractor, corpus / "dev.json", scorer, is_gold=given == "gold")
        cells = ["given" if given == "gold" else _cell(scores[0]), *map(_cell, scores[1:])]
        print(f"| {name} | {given} | {scorer} | " + " | ".join(cells) + " |")


def _scores(extractor: Extractor, gold: Path, scorer: Scorer, *, is_gold: bool) -> list[Score]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "predictions.json"
        done = predict([gold], extractor, gold_entities=is_gold, report=_quiet)
        write_predictions(done.documents, out, extractor.thresholds)
        return [each.score for each in evaluate_files(gold, [out], TASKS, scorer).results]


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{score.micro.f1:.3f} ({low:.2f}–{high:.2f})"


def _quiet(_: object) -> None:
    """Take a progress report and drop it."""


@app.command("relations")
def compare_relations(corpus: Path) -> None:
    """Fit and read in five folds; print both methods at their best."""
    experts = documents_of(corpus, "platinum", "gold")
    others = describe_others(documents_of(corpus, "silver", "bronze"))
    counts = _read_folds(experts, _fit_counts)
    boosted = _read_folds(experts, lambda rest: fit_trees(rest, others))
    print("| task (strict, gold entities) | counts | boosted trees | difference |")
    print("|---|---|---|---|")
    for task in RELATION_TASKS:
        one, other = _best(counts, task), _best(boosted, task)
        low, high = np.percentile(bootstrap_f1(other) - bootstrap_f1(one), (2.5, 97.5))
        f1, better = total(one).f1, total(other).f1
        difference = f"{better - f1:+.3f} ({low:+.3f} to {high:+.3f})"
        print(f"| {task} | {f1:.3f} | {better:.3f} | {difference} |")


def _read_folds(experts: Corpus, fit: Fit) -> list[HeldOut]:
    read: list[HeldOut] = []
    for rest, held in cut_folds(experts, FOLDS):
        print(f"a fold of {FOLDS}", file=sys.stderr)
        read += relate_held_out(fit(rest), ((gold, gold.mentions) for gold in held))
    return read


def _fit_counts(corpus: Corpus) -> RelationExtractor:
    return CountRelations(count_relations(corpus), LOWEST)


def _best(read: Sequence[HeldOut], task: Task) -> list[Counts]:
    tables = (count_held_out(read, task, threshold) for threshold in GRID)
    return max(tables, key=lambda table: total(table).f1)


@app.command("calibration")
def print_calibration(
    corpus: Path, picture: Annotated[Path | None, typer.Argument()] = None
) -> None:
    """Print how probable the shipped model's probabilities are, and draw it."""
    extractor = load_extractor(None, None, None, starter_lexicon())
    pairs = [(gold, extractor.annotate(gold.document)) for gold in documents_of(corpus, "dev")]
    judged = {
        "mentions": [j for gold, read in pairs for j in judge_mentions(gold, read.mentions)],
        "relations": [j for gold, read in pairs for j in judge_relations(gold, read)],
    }
    plots = {name: list(bins(each)) for name, each in judged.items()}
    for name, found in plots.items():
        print(f"\n{name}: expected calibration error {calibration_error(found):.3f}\n")
        print("| score from | mean score | right | count |\n|---|---|---|---|")
        for each in found:
            print(f"| {each.low:.1f} | {each.mean:.2f} | {each.right:.2f} | {each.count} |")
    if picture:
        picture.write_text(draw(plots), encoding="utf-8")


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
    gaps = sum(abs(each.mean - each.right) * each.count for each in found)
    return gaps / sum(each.count for each in found)


def draw(plots: Mapping[str, Sequence[Bin]]) -> str:
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
    app()
