"""The states of the graph: snapshots, whether they are whole, and alerts on what is new in them."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.options import PARTIAL, DataOption, JsonOption, StoreOption
from app.console import complain, note, print_json, print_rows
from app.exchange import alerts_folder, check_alerts, readable_graph
from app.settings import graph_root, load_settings
from kg.checks.invariants import find_breaches
from kg.snapshots.diff import AlertResult
from kg.snapshots.snapshot import Kept, forget_name, kept_snapshots, name_snapshot, roll_back

app = typer.Typer()
snapshots = typer.Typer(help="The states of the graph that are kept.", invoke_without_command=True)
app.add_typer(snapshots, name="snapshots")
WHICH = "Number, name, current, previous, or a day (YYYY-MM-DD)."
SnapshotArgument = Annotated[str, typer.Argument(help=WHICH)]


@snapshots.callback()
def list_command(
    context: typer.Context, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the snapshots, oldest first; or roll back, name one, forget a name."""
    if context.invoked_subcommand is not None:
        return
    kept = kept_snapshots(graph_root(load_settings(data=data).data))
    if as_json:
        print_json([_kept_values(each) for each in kept])
        return
    columns = ("number", "current", "names", "made", "made from", "quads")
    print_rows(columns, map(_kept_row, kept))


def _kept_values(kept: Kept) -> dict[str, object]:
    return {
        "number": kept.snapshot.number,
        "is_current": kept.is_current,
        "names": kept.names,
        "made": kept.made.isoformat(timespec="seconds"),
        "made_from": kept.made_from,
        "quads": kept.quads,
    }


def _kept_row(kept: Kept) -> tuple[str, ...]:
    values = _kept_values(kept) | {
        "is_current": "yes" if kept.is_current else "",
        "names": ", ".join(kept.names),
    }
    return tuple("" if value is None else str(value) for value in values.values())


@snapshots.command("back")
def back_command(which: SnapshotArgument = "previous", data: DataOption = None) -> None:
    """Make an earlier snapshot (or a later one again) the current one; nothing is removed."""
    snapshot = roll_back(graph_root(load_settings(data=data).data), which)
    note(f"snapshot {snapshot.number} is current")


@snapshots.command("name")
def name_command(which: SnapshotArgument, name: str, data: DataOption = None) -> None:
    """Give a snapshot a name; it is kept as long as it has one."""
    snapshot = name_snapshot(graph_root(load_settings(data=data).data), which, name)
    note(f"snapshot {snapshot.number} is called {name}")


@snapshots.command("forget")
def forget_command(name: str, data: DataOption = None) -> None:
    """Take a name away; the snapshot may be removed by a later run."""
    forget_name(graph_root(load_settings(data=data).data), name)
    note(f"no snapshot is called {name} any more")


@app.command("alerts")
def alerts_command(
    since: Annotated[str, typer.Option(help=WHICH)] = "previous",
    data: DataOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the saved alerts (DATA/alerts/*.rq): which rows are new in the current snapshot?

    Exit code 0 whether there are new rows or not, 3 where an alert could not be answered.
    """
    settings = load_settings(data=data, store=store)
    results = check_alerts(settings, since)
    if not results:
        note(f"no alerts: put .rq files into {alerts_folder(settings.data)}")
    if as_json:
        print_json([_alert_values(result) for result in results])
    else:
        for result in results:
            _print_alert(result)
    for result in results:
        if result.problem:
            complain(f"{result.name}: {result.problem}")
    if any(result.problem for result in results):
        raise typer.Exit(PARTIAL)


@app.command("validate")
def validate_command(
    which: Annotated[str, typer.Argument(help=WHICH)] = "current",
    data: DataOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a whole graph by queries: the SHACL shapes, and that all counts and beliefs are right.

    A line for each kind of violation, with how many nodes show it and one of them. Exit code 0
    where there is none, 3 where there is one.
    """
    graph = readable_graph(load_settings(data=data, store=store), which)
    found = list(find_breaches(graph))
    if as_json:
        print_json([asdict(breach) for breach in found])
    elif found:
        rows = ((b.name, str(b.count), b.example, b.message) for b in found)
        print_rows(("violation", "nodes", "example", "what should hold"), rows)
    note(f"{len(found)} kinds of violation" if found else "the graph is whole")
    if found:
        raise typer.Exit(PARTIAL)


def _alert_values(result: AlertResult) -> dict[str, object]:
    new, gone = (
        [dict(zip(result.columns, row, strict=True)) for row in rows]
        for rows in (result.new, result.gone)
    )
    told = {"name": result.name, "summary": result.summary}
    return {**told, "new": new, "gone": gone, "problem": result.problem}


def _print_alert(result: AlertResult) -> None:
    if not result.problem:
        note(f"{result.name}: {len(result.new)} new, {len(result.gone)} gone ({result.summary})")
    if result.new:
        print_rows(("alert", *result.columns), [(result.name, *row) for row in result.new])
