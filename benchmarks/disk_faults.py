"""Print what each command does under each fault of a disk, and how many held.

    python benchmarks/disk_faults.py [PART-OF-A-NAME] [--quietly]

The faults: bytes changed, cut, emptied, removed, for each kind of file in the data directory; every
snapshot damaged; disks that are full or read-only (as root, where the system lets us mount), files
limited in size; a folder of another user. ``tests/disk_trials.py`` says when a command holds.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from tests.disk_trials import (
    COMMANDS,
    Fault,
    Trial,
    all_faults,
    obstacle,
    prepare,
    try_all,
)


def main(
    part: Annotated[str, typer.Argument(help="Part of the names of faults to try.")] = "",
    *,
    quietly: Annotated[bool, typer.Option(help="Print only what did not hold.")] = False,
) -> None:
    """Try all, a line for each trial."""
    with tempfile.TemporaryDirectory(prefix="disk") as folder:
        prepare(Path(folder))
        faults = list(_possible(part))
        trials: list[Trial] = []
        for trial in try_all(Path(folder), iter(faults)):
            trials.append(trial)
            if trial.problem or not quietly:
                said = f"{trial.problem or 'held'} | exit {trial.status} | {trial.printed[:160]}"
                typer.echo(f"{trial.fault} | {trial.command} | {said}")
    held = sum(not trial.problem for trial in trials)
    typer.echo(f"{len(faults)} faults, {len(COMMANDS)} commands: tried {len(trials)}, held {held}")


def _possible(part: str) -> Iterator[Fault]:
    for fault in all_faults():
        if part in fault.name and (reason := obstacle(fault)):
            typer.echo(f"{fault.name} | left out: {reason}")
        elif part in fault.name:
            yield fault


if __name__ == "__main__":
    typer.run(main)
