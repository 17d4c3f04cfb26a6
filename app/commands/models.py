"""Models and their scores: predict, evaluate, train."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import PARTIAL, JsonOption, with_settings
from app.console import complain, note, print_json, print_rows, progress
from app.extraction import open_extractor, open_lexicon, open_linker
from app.prediction import PredictionFormat, predict, unsaid, write_predictions
from app.settings import Settings
from extract.corpus import read_corpus, shown
from extract.methods import train as train_model
from extract.scoring.evaluation import (
    CLASS_COLUMNS,
    COLUMNS,
    COMPARISON_COLUMNS,
    Evaluation,
    class_rows,
    evaluate_files,
    score_rows,
    state_entities,
    table_cells,
)
from extract.scoring.items import Scorer, Task
from extract.training.recipe import TrainingOrder, bundled_recipes, find_recipe

app = typer.Typer()


@app.command("predict")
@with_settings("model", "ner", "relations", "runtime")
def predict_command(
    settings: Settings,
    sources: Annotated[
        list[Path],
        typer.Argument(help="PubMed XML, MEDLINE, GutBrainIE JSON; folders of them."),
    ],
    out: Annotated[Path, typer.Option(help="Where to write the predictions.")],
    form: Annotated[
        PredictionFormat | None,
        typer.Option("--format", help="GutBrainIE JSON or a table; else by the name of OUT."),
    ] = None,
    gold_entities: Annotated[
        bool, typer.Option("--gold-entities", help="Take the entities of GutBrainIE JSON.")
    ] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Add the concept's IRI to each mention (JSON only).")
    ] = False,
) -> None:
    """Find entities and relations in documents, without a graph.

    Files and records that cannot be read are reported, and the exit code is 3.
    """
    # as annotators link: for the graph, "IBS and IBD" would be two mentions
    extractor = open_extractor(settings, open_linker())
    with progress() as report:
        done = predict(
            sources,
            extractor,
            gold_entities=gold_entities,
            report=lambda count: report("predicting", count, 0),
        )
    spell = extractor.linker.spell if link else None
    write_predictions(done.documents, out, extractor.thresholds, spell=spell, form=form)
    note(f"{len(done.documents)} documents written to {out}")
    if missing := unsaid(extractor):
        note(f"model {extractor.pipeline.version}: {missing}")
    for line in shown(done.rejected):
        complain(line)
    if done.rejected:
        raise typer.Exit(PARTIAL)


def _task(name: str) -> Task:
    """Find a task by its short name (``ner``) or by its list's (``entities``)."""
    try:
        return Task(name) if name in list(Task) else Task[name.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(task.name.lower().replace("_", "-") for task in Task)
        raise typer.BadParameter(f"no such task: {name!r}; there are {names}") from None


@app.command("evaluate")
def evaluate_command(
    gold: Annotated[Path, typer.Argument(help="GutBrainIE JSON with the truth.")],
    predictions: Annotated[Path, typer.Argument(help="GutBrainIE JSON to score.")],
    task: Annotated[
        list[Task] | None,
        typer.Option(
            parser=_task,
            metavar="TASK",
            help="ner, nerd, overlap, tokens-io, tokens-bio, binary, tag, mention, linked, concept;"
            " repeatable; by default the tasks of the scorer's edition.",
        ),
    ] = None,
    scorer: Annotated[
        Scorer, typer.Option(help="Rules to score by; official is the script of 2025.")
    ] = Scorer.STRICT,
    against: Annotated[
        Path | None,
        typer.Option(help="Another prediction file to compare with (paired bootstrap)."),
    ] = None,
    gold_entities: Annotated[
        bool | None,
        typer.Option(
            "--gold-entities/--predicted-entities",
            help="Whether the relations were predicted from gold entities, for files without"
            " entities.",
        ),
    ] = None,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Also print a row for each class.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score predictions, with 95 % bootstrap intervals over documents.

    Rows that cannot be read and documents that gold lacks are an error.

    Spans that are not in the text count as wrong; they are reported, and the exit code is 3.
    """
    files = [predictions, *([against] if against else [])]
    found = state_entities(evaluate_files(gold, files, task or (), scorer), is_gold=gold_entities)
    if as_json:
        print_json(score_rows(found))
    else:
        _print_scores(found, per_class=per_class)
    for line in found.notes:
        note(line)
    for line in shown(found.faults):
        complain(line)
    if found.faults:
        raise typer.Exit(PARTIAL)


def _print_scores(found: Evaluation, *, per_class: bool) -> None:
    rows = score_rows(found)
    columns = COLUMNS if len(found.entities) == 1 else (*COLUMNS, *COMPARISON_COLUMNS)
    print_rows(columns, table_cells(rows, columns))
    if per_class:
        print_rows(CLASS_COLUMNS, table_cells(class_rows(found), CLASS_COLUMNS))


@app.command()
def train(
    recipe: Annotated[
        str, typer.Argument(help=f"A .toml file, or one of {', '.join(bundled_recipes())}.")
    ],
    corpus: Annotated[list[Path], typer.Option("--corpus", help="GutBrainIE JSON, repeatable.")],
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    more: Annotated[list[Path] | None, typer.Argument(help="More corpus files.")] = None,
    starter_names: Annotated[
        bool, typer.Option("--starter-names", help="Use only the names of the starter lexicon.")
    ] = False,
    encoder: Annotated[
        str | None,
        typer.Option(help="Encoder: a local folder or Hugging Face name; by default the recipe's."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; by default the GPU if there is one.")
    ] = None,
) -> None:
    """Fit a model to annotated corpora; then ``--model OUT`` anywhere. Goes on after a kill."""
    plan = find_recipe(recipe)
    plan = replace(plan, encoder=encoder) if encoder else plan
    documents = [document for path in (*corpus, *(more or ())) for document in read_corpus(path)]
    order = TrainingOrder(plan, documents, open_lexicon(), out, note, starter_names, device)
    train_model(order)
    note(f"model written to {out}")
