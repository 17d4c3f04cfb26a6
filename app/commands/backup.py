"""Copies of the data directory: backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from app.backup import back_up, described, read_backup, restore
from app.commands.options import JsonOption, with_settings
from app.console import note, show_record
from app.settings import PROJECT_FILE, Settings

app = typer.Typer()


@app.command("backup")
@with_settings("data", "store")
def backup_command(
    settings: Settings,
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    as_json: JsonOption = False,
) -> None:
    """Copy archive, current graph, alerts and gutbrain.toml; also while gutbrain is running.

    The folder appears when it is complete. ``manifest.json`` in it has the size and SHA-256 of
    each file.
    """
    made = back_up(settings, folder)
    if settings.store:
        note("the graph is on a server and is not in the backup")
    show_record(dict(described(made)), as_json=as_json)


@app.command("restore")
@with_settings("data", "store")
def restore_command(
    settings: Settings,
    folder: Annotated[Path, typer.Argument(help="A folder that `gutbrain backup` made.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Move what is in the data directory aside, into replaced-…"),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only check that the backup is complete and unchanged.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a backup and put it into the data directory. Stop serve and schedule before."""
    found = read_backup(folder) if check else restore(settings, folder, replaces=replace)
    show_record(dict(described(found)), as_json=as_json)
    if not check and (folder / PROJECT_FILE.name).is_file():
        note(f"settings are not put back: see {folder / PROJECT_FILE.name}")
