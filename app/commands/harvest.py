"""Bring PubMed into the archive: harvest, harvest bulk."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from app.commands.options import PARTIAL, DataOption, JsonOption, with_settings
from app.console import complain, note, print_json, print_rows, progress, show_record
from app.nights.harvest import (
    PLAN_COLUMNS,
    harvest_bulk,
    harvest_topic,
    plan_row,
    preview_bulk,
    preview_topic,
)
from app.settings import Settings, archive_path, load_settings
from ingest.archive.archive import Archive
from ingest.harvest.harvest_report import HarvestReport

app = typer.Typer()
harvest = typer.Typer(invoke_without_command=True)
app.add_typer(harvest, name="harvest")

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only list what would be read.")]


@harvest.callback()
def harvest_command(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Option(help="PubMed query; by default the topic of the settings.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of entry.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records.")] = None,
    dry_run: DryRunOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is new or revised in PubMed into the archive; run it again as often as you like.

    Exit code 0: all of it was read. 3: some records are missing, or more than a tenth of what was
    asked for came unreadable or deleted, which is not believed. 1: nothing was read. What is
    missing or unreadable is asked for again by the next harvest.
    """
    if context.invoked_subcommand:
        return
    first_day = since.date() if since else None
    settings = load_settings(data=data, topic=query, since=first_day)
    if not settings.email:
        note("no email is set: NLM asks users of its E-utilities for one (GUTBRAIN_EMAIL)")
    if dry_run:
        _show_plan(settings, as_json=as_json)
        return
    with Archive(archive_path(settings.data)) as archive, progress() as tell:
        report = harvest_topic(settings, archive, report=tell, limit=limit)
    show(report, as_json=as_json)


@harvest.command()
@with_settings("data")
def bulk(
    settings: Settings,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Mirror addresses, folders, files; by default the mirror of the settings."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many files.")] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read PubMed's baseline and update files into the archive, each once and in order.

    Exit code 0: all files were read. 3: a file is missing or damaged. 1: nothing was read.
    """
    if dry_run:
        with Archive.existing(archive_path(settings.data)) as archive:
            names = preview_bulk(settings, archive, sources or [])
        print_json(list(names)) if as_json else print_rows(("file",), [(n,) for n in names])
        return
    with Archive(archive_path(settings.data)) as archive, progress() as tell:
        report = harvest_bulk(settings, archive, sources or [], report=tell, limit=limit)
    show(report, as_json=as_json)


def _show_plan(settings: Settings, *, as_json: bool) -> None:
    with Archive.existing(archive_path(settings.data)) as archive:
        rows = list(map(plan_row, preview_topic(settings, archive)))
    if as_json:
        print_json([dict(zip(PLAN_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_rows(PLAN_COLUMNS, rows)


def show(report: HarvestReport, *, as_json: bool) -> None:
    """Print the report; the exit code is 3 if something is missing, 1 if nothing was done."""
    show_record(_report_values(report), as_json=as_json)
    for problem in report.problems:
        complain(problem)
    if not report.is_complete:
        raise typer.Exit(PARTIAL if report.got or report.rejected else 1)


def _report_values(report: HarvestReport) -> dict[str, object]:
    """Names and values; ``slices`` counts them by state."""
    states = Counter(piece.state.value for piece in report.slices)
    return {
        "as_of": str(report.as_of) if report.as_of else None,
        "complete": report.is_complete,
        "slices": dict(sorted(states.items())),
        "asked": report.asked,
        "got": report.got,
        "rejected": report.rejected,
        "missing": report.missing,
        "stored": asdict(report.stored),
        "requests": report.requests,
        "problems": list(report.problems),
        "warnings": list(report.warnings),
    }
