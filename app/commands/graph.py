"""Make, serve and ask the graph: run, serve, query."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import (
    PARTIAL,
    DataOption,
    JsonOption,
    ModelOption,
    NerOption,
    PresetOption,
    RelationsOption,
    RuntimeOption,
    StoreOption,
)
from app.console import (
    complain,
    note,
    print_json,
    print_rows,
    print_values,
    progress,
    summary_values,
)
from app.extraction import open_extractor
from app.questions import answer, list_questions
from app.server import check_port
from app.server import serve as serve_forever
from app.settings import Settings, load_settings
from app.update import RunSummary, graph_root, run
from ingest.formats.sources import sample_path

app = typer.Typer()


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
    as_json: JsonOption = False,
) -> None:
    """Read documents, extract, and bring the graph up to date. Running it again changes nothing."""
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
    summary = bring_up_to_date(settings, sources or [sample_path()])
    values = summary_values(summary)
    print_json(values) if as_json else print_values(values)
    for problem in summary.problems:
        complain(problem)
    if summary.problems or summary.quarantined:
        raise typer.Exit(PARTIAL)


def bring_up_to_date(settings: Settings, sources: Sequence[Path]) -> RunSummary:
    """Run the pipeline under a progress bar."""
    with progress() as report:
        return run(
            sources,
            settings.data,
            settings.store_address,
            open_extractor(settings),
            min_belief=settings.min_belief,
            report=report,
        )


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
