"""What the operator needs: schedule, doctor, config."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.graph import bring_up_to_date
from app.commands.options import DataOption, JsonOption, StoreOption
from app.console import note, print_json, print_rows, print_values, summary_values
from app.diagnosis import Finding, diagnose
from app.scheduling import keep_time
from app.settings import Settings, load_settings, origins

app = typer.Typer()
config = typer.Typer(help="Settings and where they come from.", no_args_is_help=True)
app.add_typer(config, name="config")


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
        print_values(summary_values(bring_up_to_date(settings, sources)))

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
