"""What the operator needs: nightly, status, schedule, doctor, config."""

import signal
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_jsonable_python

from app.commands.graph import EXIT_CODES, complain_of, run_files
from app.commands.options import AcceptOption, JsonOption, with_settings
from app.console import complain, note, print_json, print_rows, print_values, progress
from app.diagnosis import Finding, diagnose
from app.extraction import open_extractor
from app.nights.harvest import PLAN_COLUMNS, plan_row
from app.nights.night import (
    NightOrder,
    NightPlan,
    NightSource,
    held_slot,
    plan_night,
    slot_state,
    tonight,
    work_night,
)
from app.nights.schedule import keep_time, last_due
from app.nights.status import RUN_COLUMNS, Status, read_status, run_row, status_values
from app.report import ASSERTION_COLUMNS, RunReport, assertion_row, report_values
from app.settings import Settings, load_settings, origins
from app.update import FAILURES
from ingest.archive.ledger import RunState
from ingest.lock import LockedError

app = typer.Typer()
config = typer.Typer(help="Settings and where they come from.", no_args_is_help=True)
app.add_typer(config, name="config")
SourceOption = Annotated[NightSource, typer.Option("--from", help="Where papers come from.")]


@app.command()
@with_settings("data", "store", "model", "ner", "relations", "preset")
def nightly(
    settings: Settings,
    slot: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of the night; by default today."),
    ] = None,
    source: SourceOption = NightSource.TOPIC,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most this many records, or bulk files.")
    ] = None,
    accept: AcceptOption = False,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Compare every record of the archive with the graph.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be done.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Do a night's work, once a day: harvest, extract what changed, update and publish the graph.

    Exit code 0: done (now or before, or another process works on it). 3: part of the harvest is
    missing. 1: failed or held back.
    """
    if accept:
        order = NightOrder(held_slot(settings), NightSource.ARCHIVE, accepts_losses=True)
    else:
        day = slot.date() if slot else tonight()
        order = NightOrder(day, source, limit, rechecks_all=recheck)
    if dry_run:
        _show_plan(plan_night(settings, order, open_extractor(settings)), as_json=as_json)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = _work(settings, order)
    except LockedError as error:
        note(str(error))
        raise typer.Exit(0 if slot_state(settings, order.slot) is RunState.RUNNING else 1) from None
    _show_report(report, as_json=as_json)
    raise typer.Exit(EXIT_CODES[report.state])


@app.command()
@with_settings("data", "store")
def status(
    settings: Settings,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 if something needs attention.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what ran, what is missing, how old the data are, and what changed in the graph."""
    found = read_status(settings)
    print_json(to_jsonable_python(found)) if as_json else _print_status(found)
    if check and found.attention:
        raise typer.Exit(1)


@app.command()
@with_settings("data", "store", "model", "ner", "relations", "preset")
def schedule(
    settings: Settings,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders: `run` with them every night instead of `nightly`."),
    ] = None,
    at: Annotated[str, typer.Option(help="Local time, HH:MM.")] = "02:00",
    source: SourceOption = NightSource.TOPIC,
) -> None:
    """Do ``nightly`` every night, until stopped; what was missed is made up for at once."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def night() -> None:
        try:
            if sources:
                _show_report(run_files(settings, sources))
            else:
                _show_report(_work(settings, NightOrder(last_due(at, _now()), source)))
        except FAILURES as error:
            complain(str(error))

    is_due = not sources and slot_state(settings, last_due(at, _now())) is not RunState.DONE
    keep_time(at, night, is_due=is_due, report=note)


def _now() -> datetime:
    return datetime.now().astimezone()


def _work(settings: Settings, order: NightOrder) -> RunReport:
    with progress() as tell:
        return work_night(settings, order, partial(open_extractor, settings), tell)


def _show_plan(plan: NightPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(to_jsonable_python(plan))
        return
    night = f"{plan.slot} (already done)" if plan.is_done else plan.slot
    print_values(
        {"night of": night, "papers to load": plan.to_load, "to withdraw": plan.to_withdraw}
    )
    print_rows(PLAN_COLUMNS, map(plan_row, plan.slices))


def _show_report(report: RunReport, *, as_json: bool = False) -> None:
    if as_json:
        print_json(to_jsonable_python(report))
    else:
        print_values(report_values(report))
    complain_of(report)


def _print_status(found: Status) -> None:
    print_values(status_values(found))
    if found.runs:
        print_rows(RUN_COLUMNS, map(run_row, found.runs))
    if found.gaps:
        rows = ((gap.source, gap.first, gap.last, gap.reason) for gap in found.gaps)
        print_rows(("gap in", "first", "last", "reason"), rows)
    if found.change and found.change.listed:
        print_rows(ASSERTION_COLUMNS, map(assertion_row, found.change.listed))
    for line in found.attention:
        complain(line)


@app.command()
@with_settings("data", "store")
def doctor(settings: Settings, as_json: JsonOption = False) -> None:
    """Check what gutbrain needs to run."""
    findings = diagnose(settings)
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
    origin: Annotated[
        bool, typer.Option("--origin", help="Show where each setting comes from.")
    ] = False,
) -> None:
    """Print the settings in force."""
    settings, sources = load_settings(), origins()
    for name in Settings.model_fields:
        value = getattr(settings, name)
        sys.stdout.write(f"{name} = {value}" + (f"  ({sources[name]})" if origin else "") + "\n")
