"""Make the graph: run."""

import signal
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import PARTIAL, AcceptOption, JsonOption, with_settings
from app.console import complain, note, progress, show_record
from app.extraction import open_extractor
from app.report import RunReport, problems_of
from app.settings import Settings
from app.update import run
from ingest.archive.ledger import RunState
from ingest.formats.sources import sample_path

app = typer.Typer()
EXIT_CODES = {RunState.DONE: 0, RunState.PARTIAL: PARTIAL, RunState.FAILED: 1, RunState.HELD: 1}


@app.command("run")
@with_settings("data", "store", "model", "ner", "relations", "runtime", "preset")
def run_command(
    settings: Settings,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="PubMed XML, MEDLINE, GutBrainIE JSON, folders; by default the bundled sample."
        ),
    ] = None,
    accept: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read documents, extract, and bring the graph up to date. Running it again changes nothing.

    Exit code 0: everything was read. 3: something could not be read. 1: failed, or held back
    because the graph would lose too much or be wrong.
    """
    if not sources:
        note("no source named: reading the bundled synthetic sample")
    report = run_files(settings, sources or [sample_path()], accepts_losses=accept)
    show_record(_run_values(report), as_json=as_json)
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
        note(f"the graph is unchanged; `gutbrain {command}` publishes the change")
