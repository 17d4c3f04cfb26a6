"""Models and their scores: predict, evaluate, train."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import JsonOption, ModelOption, NerOption, RelationsOption, open_extractor
from app.console import note, print_json, print_rows, progress, score_values
from app.prediction import RELATION_TASKS, evaluate, predict
from app.settings import load_settings
from extract.corpus import read_corpus
from extract.methods import RecipeName, TrainingOrder
from extract.methods import train as train_model
from extract.scoring import Scorer, Task
from ontology.lexicon import starter_lexicon

app = typer.Typer()


@app.command("predict")
def predict_command(
    corpus: Annotated[Path, typer.Argument(help="GutBrainIE JSON; its annotations are ignored.")],
    out: Annotated[Path, typer.Option(help="Where to write the predictions.")],
    model: ModelOption = None,
    ner: NerOption = None,
    relations: RelationsOption = None,
    gold_entities: Annotated[
        bool, typer.Option("--gold-entities", help="Take the corpus's own entities.")
    ] = False,
    link: Annotated[bool, typer.Option("--link", help="Write a concept IRI a mention.")] = False,
) -> None:
    """Annotate a GutBrainIE file."""
    extractor = open_extractor(load_settings(model=model, ner=ner, relations=relations))
    with progress() as report:
        count = predict(
            corpus,
            out,
            extractor,
            gold_entities=gold_entities,
            link=link,
            report=lambda done: report("predicting", done, 0),
        )
    note(f"{count} documents written to {out}")


@app.command("evaluate")
def evaluate_command(
    gold: Annotated[Path, typer.Argument(help="GutBrainIE JSON with the truth.")],
    predictions: Annotated[Path, typer.Argument(help="GutBrainIE JSON to score.")],
    task: Annotated[Task | None, typer.Option(help="One task; else all four.")] = None,
    scorer: Annotated[Scorer, typer.Option(help="official (2025) or strict.")] = Scorer.STRICT,
    gold_entities: Annotated[
        bool, typer.Option("--gold-entities", help="Say that relations had gold entities.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score predictions, with 95 % bootstrap intervals over documents."""
    tasks = (task,) if task else (Task.NER, *RELATION_TASKS)
    entities = "gold" if gold_entities else "predicted"
    scores = [score_values(s, entities) for s in evaluate(gold, predictions, tasks, scorer)]
    if as_json:
        print_json(scores)
        return
    columns = ("task", "scorer", "entities", "precision", "recall", "f1", "f1_interval_95")
    columns += ("macro_f1", "hits", "predicted", "gold", "uncounted")
    print_rows(columns, [[str(row[column]) for column in columns] for row in scores])


@app.command()
def train(
    recipe: Annotated[RecipeName, typer.Argument(help="What to fit.")],
    corpus: Annotated[list[Path], typer.Option("--corpus", help="GutBrainIE JSON, repeatable.")],
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    more: Annotated[list[Path] | None, typer.Argument(help="More corpus files.")] = None,
    starter_names: Annotated[
        bool, typer.Option("--starter-names", help="Fit the starter lexicon's names alone.")
    ] = False,
    encoder: Annotated[
        Path | None, typer.Option(help="For tagger: a local encoder folder; else MiniLM-L6.")
    ] = None,
) -> None:
    """Fit a model to annotated corpora; then ``--model OUT`` anywhere."""
    documents = [document for path in (*corpus, *(more or ())) for document in read_corpus(path)]
    lexicon = starter_lexicon()
    train_model(recipe, TrainingOrder(documents, lexicon, out, note, starter_names, encoder))
    note(f"model written to {out}")
