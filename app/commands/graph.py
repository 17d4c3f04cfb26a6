"""Make, serve and ask the graph: run, serve, query."""

import os
import signal
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import (
    PARTIAL,
    AcceptOption,
    DataOption,
    JsonOption,
    ModelOption,
    NerOption,
    PresetOption,
    RelationsOption,
    RuntimeOption,
    StoreOption,
)
from app.console import complain, note, print_json, print_rows, print_values, progress
from app.questions import answer, list_questions
from app.report import RunReport, problems_of
from app.server import check_port
from app.server import serve as serve_forever
from app.settings import Settings, graph_root, load_settings
from app.update import open_extractor, run
from ingest.archive.ledger import RunState
from ingest.formats.sources import sample_path

app = typer.Typer()
EXIT_CODES = {RunState.DONE: 0, RunState.PARTIAL: PARTIAL, RunState.FAILED: 1, RunState.HELD: 1}


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
    runtime: RuntimeOption = None,
    preset: PresetOption = None,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read documents, extract, and bring the graph up to date. Running it again changes nothing.

    Exit code 0 where all is there, 3 where something could not be read, 1 where it failed or is
    held back, since the graph would lose too much or be wrong.
    """
    settings = load_settings(
        data=data,
        store=store,
        model=model,
        ner=ner,
        relations=relations,
        runtime=runtime,
        preset=preset,
    )
    if not sources:
        note("no source named: reading the bundled synthetic sample")
    report = run_files(settings, sources or [sample_path()], accepts_losses=accept)
    values = _run_values(report)
    print_json(values) if as_json else print_values(values)
    complain_of(report)
    raise typer.Exit(EXIT_CODES[report.state])


def run_files(
    settings: Settings, sources: Sequence[Path], *, accepts_losses: bool = False
) -> RunReport:
    """Run under a progress bar; SIGTERM ends it in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with progress() as tell:
        extractor = partial(open_extractor, settings)
        return run(sources, settings, extractor, tell, accepts_losses=accepts_losses)


def _run_values(report: RunReport) -> dict[str, object]:
    """What a run did with its sources, and what the graph holds after it."""
    harvest, graph, is_held = report.harvest, report.graph, report.state is RunState.HELD
    return {
        "documents": harvest.got if harvest else 0,
        "extracted": graph.loaded if graph else 0,
        "withdrawn": graph.withdrawn if graph else 0,
        "quarantined": harvest.rejected if harvest else 0,
        "problems": [
            *report.held_because,
            *report.problems,
            *(harvest.problems if harvest else ()),
        ],
        **(asdict(graph.before if is_held else graph.after) if graph else {}),
        "seconds": report.seconds,
    }


def complain_of(report: RunReport) -> None:
    """Put on stderr what went wrong, and what opens the gate."""
    for problem in problems_of(report):
        complain(problem)
    if report.state is RunState.HELD:
        command = "nightly --accept" if report.slot else "run … --accept"
        note(f"the graph stays as it was; `gutbrain {command}` lets the change through")


@app.command()
def serve(
    data: DataOption = None,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the explorer, and the SPARQL endpoint at /sparql, until Ctrl+C."""
    settings = load_settings(data=data, store=store, host=host, port=port)
    check_port(settings.host, settings.port)
    # The explorer's script reads the settings anew, once a page.
    os.environ["GUTBRAIN_DATA"] = str(settings.data.resolve())
    if store:
        os.environ["GUTBRAIN_STORE"] = store  # as given: with its password, if it has one
    note(f"explorer at http://{settings.host}:{settings.port}, stop with Ctrl+C")
    serve_forever(settings)


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
    names, rows = answer(name, arguments or [], graph_root(settings.data), settings.store_address)
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_rows(names, rows)
