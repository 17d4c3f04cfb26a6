"""Print the README's table of scores: the floor on the development documents.

    python benchmarks/floor.py FOLDER-WITH-GUTBRAINIE-FILES

About a minute on two cores. Nothing is tuned here: thresholds come with the models.
"""

import sys
import tempfile
from pathlib import Path

from app.evaluation import RELATION_TASKS
from app.prediction import evaluate, predict
from extract.corpus import read_corpus
from extract.methods import RecognizerName, RelationMethod, load_extractor, shipped_model
from extract.scoring import Score, Scorer, Task
from extract.training.floor import train_floor
from ontology.lexicon import starter_lexicon

TASKS = (Task.NER, *RELATION_TASKS)


def main(corpus: Path) -> None:
    """Train, predict, evaluate, print."""
    print("| model | entities given to relations | NER | binary | tag | mention |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder) / "model"
        training = [corpus / f"{name}.json" for name in ("platinum", "gold", "silver")]
        documents = [document for path in training for document in read_corpus(path)]
        train_floor(documents, starter_lexicon(), trained, starter_only=False, report=_quiet)
        _print_row("shipped", shipped_model(), corpus, gold_entities=False)
        _print_row("trained on platinum, gold, silver", trained, corpus, gold_entities=False)
        _print_row("trained on platinum, gold, silver", trained, corpus, gold_entities=True)


def _print_row(name: str, model: Path, corpus: Path, *, gold_entities: bool) -> None:
    cells = [_cell(score) for score in _scores(model, corpus, gold_entities=gold_entities)]
    if gold_entities:
        cells[0] = "given"
    given = "gold" if gold_entities else "predicted"
    print(f"| {name} | {given} | " + " | ".join(cells) + " |")


def _scores(model: Path, corpus: Path, *, gold_entities: bool) -> list[Score]:
    extractor = load_extractor(
        RecognizerName.LEXICON, RelationMethod.COUNTS, model, starter_lexicon()
    )
    gold = corpus / "dev.json"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "predictions.json"
        predict(gold, out, extractor, gold_entities=gold_entities, link=False, report=_quiet)
        return evaluate(gold, out, TASKS, Scorer.STRICT)


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{score.micro.f1:.3f} ({low:.2f}–{high:.2f})"


def _quiet(_: object) -> None:
    """Take a progress report and drop it."""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
