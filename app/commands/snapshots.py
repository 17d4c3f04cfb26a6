"""The states of the graph: snapshots, whether they are consistent, and alerts on what is new."""

from typing import Annotated

import typer

from app.alerts import alerts_folder, check_alerts
from app.commands.options import PARTIAL, WHICH, JsonOption, SnapshotArgument, with_settings
from app.console import complain, note, print_json, print_rows, show_records
from app.graph_access import chosen_graph
from app.settings import Settings, graph_root
from kg.checks.invariants import find_breaches
from kg.snapshots.diff import AlertResult
from kg.snapshots.snapshot import Kept, forget_name, kept_snapshots, name_snapshot, roll_back

app = typer.Typer()
snapshots = typer.Typer(
    help="Snapshots: the states of the graph that are kept.", invoke_without_command=True
)
app.add_typer(snapshots, name="snapshots")
_KEPT = {
    "number": "number",
    "current": "is_current",
    "names": "names",
    "made": "made",
    "made from": "made_from",
    "quads": "quads",
}
_BREACHES = {
    "violation": "name",
    "nodes": "count",
    "example": "example",
    "what should hold": "message",
}


@snapshots.callback()
@with_settings("data")
def list_command(settings: Settings, context: typer.Context, as_json: JsonOption = False) -> None:
    """List the snapshots, oldest first; or roll back, name one, forget a name."""
    if context.invoked_subcommand is None:
        kept = kept_snapshots(graph_root(settings.data))
        show_records(_KEPT, [_record(each) for each in kept], as_json=as_json)


def _record(kept: Kept) -> dict[str, object]:
    return {
        "number": kept.snapshot.number,
        "is_current": kept.is_current,
        "names": kept.names,
        "made": kept.made.isoformat(timespec="seconds"),
        "made_from": kept.made_from,
        "quads": kept.quads,
    }


@snapshots.command("back")
@with_settings("data")
def back_command(settings: Settings, which: SnapshotArgument = "previous") -> None:
    """Make an earlier snapshot (or a later one again) the current one; nothing is removed."""
    snapshot = roll_back(graph_root(settings.data), which)
    note(f"snapshot {snapshot.number} is current")


@snapshots.command("name")
@with_settings("data")
def name_command(settings: Settings, which: SnapshotArgument, name: str) -> None:
    """Give a snapshot a name; it is kept as long as it has one."""
    snapshot = name_snapshot(graph_root(settings.data), which, name)
    note(f"snapshot {snapshot.number} is called {name}")


@snapshots.command("forget")
@with_settings("data")
def forget_command(settings: Settings, name: str) -> None:
    """Take a name away; the snapshot may be removed by a later run."""
    forget_name(graph_root(settings.data), name)
    note(f"no snapshot is called {name} any more")


@app.command("alerts")
@with_settings("data", "store")
def alerts_command(
    settings: Settings,
    since: Annotated[str, typer.Option(help=WHICH)] = "previous",
    as_json: JsonOption = False,
) -> None:
    """Ask the saved alerts (DATA/alerts/*.rq): which rows are new in the current snapshot?

    Exit code 0 whether there are new rows or not, 3 if an alert could not be answered.
    """
    results = check_alerts(settings, since)
    if not results:
        note(f"no alerts: put .rq files into {alerts_folder(settings.data)}")
    if as_json:
        print_json([_alert_record(result) for result in results])
    for result in results:
        if result.problem:
            complain(f"{result.name}: {result.problem}")
        elif not as_json:
            _print_alert(result)
    if any(result.problem for result in results):
        raise typer.Exit(PARTIAL)


def _alert_record(result: AlertResult) -> dict[str, object]:
    rows = {
        change: [dict(zip(result.columns, row, strict=True)) for row in found]
        for change, found in (("new", result.new), ("gone", result.gone))
    }
    return {"name": result.name, "summary": result.summary, **rows, "problem": result.problem}


def _print_alert(result: AlertResult) -> None:
    note(f"{result.name}: {len(result.new)} new, {len(result.gone)} gone ({result.summary})")
    if result.new:
        print_rows(("alert", *result.columns), [(result.name, *row) for row in result.new])


@app.command("validate")
@with_settings("data", "store")
def validate_command(
    settings: Settings,
    which: Annotated[str, typer.Argument(help=WHICH)] = "current",
    as_json: JsonOption = False,
) -> None:
    """Check the graph against its SHACL shapes, and that all counts and beliefs are right.

    Prints a line for each kind of violation, with the number of nodes and an example. Exit code 0
    if there is none, else 3.
    """
    found = list(find_breaches(chosen_graph(settings, which).store))
    if found or as_json:
        show_records(_BREACHES, found, as_json=as_json)
    note(f"{len(found)} kinds of violation" if found else "the graph is consistent")
    if found:
        raise typer.Exit(PARTIAL)
