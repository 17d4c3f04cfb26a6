"""The command line. stdout is data, stderr is progress.

Exit codes: 0 ok, 1 an error told in one line, 2 usage, 3 done in part, 4 store unreachable.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.console import (
    complain,
    note,
    print_json,
    print_rows,
    print_values,
    progress,
    score_values,
    summary_values,
)
from app.diagnosis import Finding, diagnose
from app.pipeline import RunSummary, graph_root, run
from app.prediction import RELATION_TASKS, evaluate, predict
from app.questions import answer, list_questions
from app.scheduling import keep_time
from app.server import serve as serve_forever
from app.settings import Settings, load_settings, origins
from extract.corpus import read_corpus
from extract.extractor import Extractor
from extract.methods import (
    RecipeName,
    RecognizerName,
    RelationMethod,
    TrainingOrder,
    load_extractor,
)
from extract.methods import train as train_model
from extract.scoring import Scorer, Task
from ingest.sources import sample_path
from kg.snapshot import SnapshotError
from kg.stores.answers import StoreError, StoreUnreachableError
from ontology.lexicon import starter_lexicon

PARTIAL, UNREACHABLE = 3, 4

app = typer.Typer(
    help="PubMed abstracts in, a gut-brain knowledge graph out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
config = typer.Typer(help="Settings and where they come from.", no_args_is_help=True)
app.add_typer(config, name="config")

DataOption = Annotated[Path | None, typer.Option("--data", help="Data directory.")]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="RDF4J or GraphDB repository, in place of ours.")
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Model folder.")]
NerOption = Annotated[RecognizerName | None, typer.Option("--ner", help="Recognizer.")]
RelationsOption = Annotated[
    RelationMethod | None, typer.Option("--relations", help="Relation method.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("run")
def run_command(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="PubMed XML, MEDLINE, GutBrainIE JSON, folders; else the sample."),
    ] = None,
    data: DataOption = None,
    store: StoreOption = None,
    model: ModelOption = None,
    ner: NerOption = None,
    relations: RelationsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read documents, extract, and bring the graph up to date. Running it again changes nothing."""
    settings = load_settings(data=data, store=store, model=model, ner=ner, relations=relations)
    if not sources:
        note("no source named: reading the bundled synthetic sample")
    summary = _run(settings, sources or [sample_path()])
    values = summary_values(summary)
    print_json(values) if as_json else print_values(values)
    for problem in summary.problems:
        complain(problem)
    if summary.problems or summary.quarantined:
        raise typer.Exit(PARTIAL)


def _run(settings: Settings, sources: Sequence[Path]) -> RunSummary:
    with progress() as report:
        return run(
            sources,
            settings.data,
            settings.store,
            _extractor(settings),
            min_belief=settings.min_belief,
            report=report,
        )


def _extractor(settings: Settings) -> Extractor:
    return load_extractor(settings.ner, settings.relations, settings.model, starter_lexicon())


@app.command()
def serve(
    data: DataOption = None,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the explorer, and the SPARQL endpoint at /sparql, until Ctrl+C."""
    settings = load_settings(data=data, store=store, host=host, port=port)
    # The explorer's script and the query workers read the settings anew, in other processes.
    os.environ["GUTBRAIN_DATA"] = str(settings.data.resolve())
    if settings.store:
        os.environ["GUTBRAIN_STORE"] = settings.store
    note(f"explorer at http://{settings.host}:{settings.port}, stop with Ctrl+C")
    serve_forever(settings.host, settings.port)


@app.command()
def query(
    name: Annotated[
        str | None, typer.Argument(help="A question of the catalogue, or a .rq file.")
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(help="name=value, identifiers as CURIE or IRI.")
    ] = None,
    data: DataOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the graph a question; without a name, list the questions."""
    if name is None:
        print_rows(("name", "asks", "parameters"), list_questions())
        return
    settings = load_settings(data=data, store=store)
    names, rows = answer(name, arguments or [], graph_root(settings.data), settings.store)
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_rows(names, rows)


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
    extractor = _extractor(load_settings(model=model, ner=ner, relations=relations))
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


@app.command()
def schedule(
    sources: Annotated[list[Path], typer.Argument(help="Files or folders to read every night.")],
    at: Annotated[str, typer.Option(help="Local time, HH:MM.")] = "02:00",
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Do ``run`` on the same sources every night, until stopped."""
    settings = load_settings(data=data, store=store)

    def night() -> None:
        print_values(summary_values(_run(settings, sources)))

    keep_time(at, night, report=note)


@app.command()
def doctor(data: DataOption = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Check what gutbrain needs to run."""
    findings = diagnose(load_settings(data=data, store=store))
    if as_json:
        print_json({f.name: {"ok": f.is_good, "detail": f.detail} for f in findings})
    else:
        print_rows(("check", "ok", "detail"), [_finding_row(f) for f in findings])
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)


def _finding_row(finding: Finding) -> tuple[str, str, str]:
    return finding.name, "yes" if finding.is_good else "NO", finding.detail


@config.command("show")
def show_config(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
) -> None:
    """Print the settings in force."""
    settings, sources = load_settings(), origins()
    for name in Settings.model_fields:
        value = getattr(settings, name)
        sys.stdout.write(f"{name} = {value}" + (f"  ({sources[name]})" if origin else "") + "\n")


def main() -> None:
    """Run the command line; known errors become one line."""
    try:
        app()
    except StoreUnreachableError as error:
        complain(str(error))
        sys.exit(UNREACHABLE)
    except (ValueError, OSError, StoreError, SnapshotError) as error:
        complain(str(error))
        sys.exit(1)
