"""Print the table of scores on the development documents: README and model card.

    python benchmarks/scores.py FOLDER-WITH-GUTBRAINIE-FILES

About a minute on two cores. Nothing is tuned here: thresholds come with the models.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.prediction import predict, write_predictions
from extract.corpus import read_corpus
from extract.extractor import Extractor
from extract.methods import RecognizerName, RelationMethod, load_extractor
from extract.scoring.evaluation import RELATION_TASKS, evaluate_files
from extract.scoring.items import Scorer, Task
from extract.scoring.scores import Score
from extract.training.floor import train_floor
from extract.training.recipe import TrainingOrder, find_recipe
from ontology.lexicon import starter_lexicon

TASKS = (Task.NER, *RELATION_TASKS)
TRAINING = ("platinum", "gold", "silver")


@dataclass(frozen=True, slots=True)
class Row:
    """A model, and what it is given."""

    name: str
    extractor: Extractor
    has_gold_entities: bool
    scorer: Scorer


def main(corpus: Path) -> None:
    """Train the floor, predict, evaluate, print."""
    print("| model | entities given to relations | scorer | NER | binary | tag | mention |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(_trained_floor(corpus, Path(folder) / "model")):
            cells = [_cell(score) for score in _scores(row, corpus / "dev.json")]
            if row.has_gold_entities:
                cells[0] = "given"
            given = "gold" if row.has_gold_entities else "predicted"
            print(f"| {row.name} | {given} | {row.scorer} | " + " | ".join(cells) + " |")


def rows(trained_floor: Path) -> Iterator[Row]:
    """List what is compared."""
    lexicon = starter_lexicon()
    floor = RecognizerName.LEXICON, RelationMethod.COUNTS
    default = load_extractor(None, None, None, lexicon)
    counts = load_extractor(None, RelationMethod.COUNTS, None, lexicon)
    trained = load_extractor(*floor, trained_floor, lexicon)
    yield Row("shipped default", default, has_gold_entities=False, scorer=Scorer.OFFICIAL)
    yield Row("shipped default", default, has_gold_entities=False, scorer=Scorer.STRICT)
    yield Row("its tagger, counts", counts, has_gold_entities=False, scorer=Scorer.STRICT)
    shipped = load_extractor(*floor, None, lexicon)
    yield Row("shipped floor", shipped, has_gold_entities=False, scorer=Scorer.STRICT)
    name = "floor trained on platinum, gold, silver"
    yield Row(name, trained, has_gold_entities=False, scorer=Scorer.STRICT)
    yield Row("shipped default", default, has_gold_entities=True, scorer=Scorer.STRICT)
    yield Row(name, trained, has_gold_entities=True, scorer=Scorer.STRICT)


def _trained_floor(corpus: Path, out: Path) -> Path:
    documents = [d for name in TRAINING for d in read_corpus(corpus / f"{name}.json")]
    train_floor(TrainingOrder(find_recipe("floor"), documents, starter_lexicon(), out, _quiet))
    return out


def _scores(row: Row, gold: Path) -> list[Score]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "predictions.json"
        given = row.has_gold_entities
        done = predict([gold], row.extractor, gold_entities=given, report=_quiet)
        write_predictions(done.documents, out, row.extractor.thresholds)
        return [each.score for each in evaluate_files(gold, [out], TASKS, row.scorer).results]


def _cell(score: Score) -> str:
    low, high = score.interval
    return f"{score.micro.f1:.3f} ({low:.2f}–{high:.2f})"


def _quiet(_: object) -> None:
    """Take a progress report and drop it."""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
