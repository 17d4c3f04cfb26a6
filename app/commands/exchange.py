"""Exchange the graph with other tools: export, diff, ontology."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DataOption, JsonOption, StoreOption
from app.commands.snapshots import WHICH, SnapshotArgument
from app.console import note, print_json, print_rows
from app.exchange import readable_graph
from app.settings import load_settings
from kg.assertion import Edge
from kg.exports.formats import Format, export, export_delta
from kg.exports.ontology_page import ontology_page
from kg.exports.writing import ExportError, new_file
from kg.snapshots.diff import MIN_CHANGE, Difference, about, compare

app = typer.Typer()


@app.command("export")
def export_command(
    form: Annotated[Format, typer.Option("--format", help="What to write.")],
    out: Annotated[Path, typer.Option(help="File; a folder for nquads and kgx. .gz compresses.")],
    snapshot: Annotated[str, typer.Option(help=WHICH)] = "current",
    since: Annotated[
        str | None, typer.Option(help="nquads: only what changed since that snapshot.")
    ] = None,
    min_belief: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out assertions believed less.")
    ] = 0.0,
    data: DataOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the graph to files. The same graph gives the same bytes."""
    settings, began = load_settings(data=data, store=store), time.monotonic()
    graph = readable_graph(settings, snapshot)
    if since is None:
        count, what = export(graph, form, out, min_belief=min_belief)
        done: dict[str, object] = {"count": count, "what": what}
    elif form is Format.NQUADS and min_belief == 0:
        removed, added = export_delta(readable_graph(settings, since), graph, out)
        done = {"count": removed + added, "what": "changes", "remove": removed, "add": added}
    else:
        raise ExportError("--since goes with --format nquads alone")
    values = {"format": form, "out": str(out), **done}
    values["seconds"] = round(time.monotonic() - began, 2)
    if as_json:
        print_json(values)
    note(f"{values['count']} {values['what']} written to {out}")


@app.command("diff")
def diff_command(
    a: SnapshotArgument = "previous",
    b: SnapshotArgument = "current",
    min_change: Annotated[
        float, typer.Option(min=0, max=1, help="Belief moved by at least this.")
    ] = MIN_CHANGE,
    concept: Annotated[
        list[str] | None, typer.Option(help="Only with this concept at an end; twice: at both.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the table; --json has all.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List assertions that are new, gone or believed otherwise from snapshot A to snapshot B."""
    settings = load_settings(data=data)
    before, after = (readable_graph(settings, which) for which in (a, b))
    found = [d for d in compare(before, after, min_change) if about(d, concept or ())]
    if as_json:
        print_json(_diff_values(a, b, found))
        return
    columns = ("change", "subject", "predicate", "object", "belief", "papers", "assertion")
    print_rows(columns, map(_diff_row, found[:limit]))
    note(", ".join(f"{n} {change}" for change, n in _counts(found).items()))
    if len(found) > limit:
        note(f"{len(found) - limit} more are not shown: --limit, or --json")


def _diff_values(a: str, b: str, found: list[Difference]) -> dict[str, object]:
    listed = [
        {
            "change": each.change,
            "assertion": each.edge.iri,
            "subject": each.edge.subject.curie,
            "subject_name": each.edge.subject.name,
            "predicate": each.edge.predicate,
            "object": each.edge.object.curie,
            "object_name": each.edge.object.name,
            "before": _side(each.before),
            "after": _side(each.after),
        }
        for each in found
    ]
    return {"from": a, "to": b, **_counts(found), "assertions": listed}


def _side(edge: Edge | None) -> dict[str, float] | None:
    if edge is None:
        return None
    said = edge.assertion
    beliefs = {"belief": said.belief, "disbelief": said.disbelief}
    return {**beliefs, "papers": said.paper_count, "is_believed": said.is_believed}


def _counts(found: list[Difference]) -> dict[str, int]:
    return {
        change: sum(each.change == change for each in found)
        for change in ("new", "gone", "changed")
    }


def _diff_row(found: Difference) -> tuple[str, ...]:
    sides = [side.assertion for side in (found.before, found.after) if side is not None]
    belief = " -> ".join(f"{side.belief:.2f}" for side in sides)
    papers = " -> ".join(str(side.paper_count) for side in sides)
    edge = found.edge
    said = (edge.subject.name, edge.predicate, edge.object.name)
    return found.change, *said, belief, papers, edge.id


@app.command("ontology")
def ontology_command(
    html: Annotated[Path, typer.Option(help="Where to write the page.")],
) -> None:
    """Write the ontology as a page for people."""
    with new_file(html) as file:
        file.write(ontology_page().encode())
    note(f"written to {html}")
