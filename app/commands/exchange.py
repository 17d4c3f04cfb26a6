"""Exchange the graph with other tools: export, diff, ontology."""

import time
from collections import Counter
from pathlib import Path
from typing import Annotated, get_args

import typer

from app.commands.options import WHICH, JsonOption, SnapshotArgument, with_settings
from app.console import note, print_json, print_rows
from app.graph_access import chosen_graph
from app.settings import Settings
from kg.assertion import Edge
from kg.belief import probability
from kg.exports.formats import Format, export, export_delta
from kg.exports.ontology_page import json_context, ontology_page
from kg.snapshots.diff import MIN_CHANGE, Change, Difference, about, compare
from kg.writing import ExportError, new_file

app = typer.Typer()


@app.command("export")
@with_settings("data", "store")
def export_command(
    settings: Settings,
    form: Annotated[Format, typer.Option("--format", help="File format.")],
    out: Annotated[
        Path,
        typer.Option(help="File to write; a folder for nquads and kgx. A name in .gz compresses."),
    ],
    snapshot: Annotated[str, typer.Option(help=WHICH)] = "current",
    since: Annotated[
        str | None, typer.Option(help="Only what changed since this snapshot (nquads only).")
    ] = None,
    min_belief: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out assertions with less belief than this.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Write the graph to files. The same graph gives the same bytes."""
    began = time.monotonic()
    graph = chosen_graph(settings, snapshot).store
    if since is None:
        count, what = export(graph, form, out, min_belief=min_belief)
        done: dict[str, object] = {"count": count, "what": what}
    elif form is Format.NQUADS and min_belief == 0:
        removed, added = export_delta(chosen_graph(settings, since).store, graph, out)
        done = {"count": removed + added, "what": "changes", "remove": removed, "add": added}
    else:
        raise ExportError("--since works only with --format nquads")
    if as_json:
        seconds = round(time.monotonic() - began, 2)
        print_json({"format": form, "out": str(out), **done, "seconds": seconds})
    note(f"{done['count']} {done['what']} written to {out}")


@app.command("diff")
@with_settings("data")
def diff_command(
    settings: Settings,
    a: SnapshotArgument = "previous",
    b: SnapshotArgument = "current",
    min_change: Annotated[
        float, typer.Option(min=0, max=1, help="List changes of belief by at least this much.")
    ] = MIN_CHANGE,
    concept: Annotated[
        list[str] | None,
        typer.Option(
            help="Only assertions of this concept (CURIE); give it twice for those between two."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to print; --json prints all.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List assertions that are new, gone or changed in belief from snapshot A to snapshot B."""
    before, after = (chosen_graph(settings, which).store for which in (a, b))
    found = [d for d in compare(before, after, min_change) if about(d, concept or ())]
    changes = Counter(difference.change for difference in found)
    counts = {change: changes[change] for change in get_args(Change)}
    if as_json:
        print_json({"from": a, "to": b, **counts, "assertions": [_record(d) for d in found]})
        return
    columns = ("change", "subject", "predicate", "object", "belief", "papers", "assertion")
    print_rows(columns, map(_row, found[:limit]))
    note(", ".join(f"{n} {change}" for change, n in counts.items()))
    if len(found) > limit:
        note(f"{len(found) - limit} more are not shown: use --limit or --json")


def _record(found: Difference) -> dict[str, object]:
    edge = found.edge
    return {
        "change": found.change,
        "assertion": edge.iri,
        "subject": edge.subject.curie,
        "subject_name": edge.subject.name,
        "predicate": edge.predicate,
        "object": edge.object.curie,
        "object_name": edge.object.name,
        "before": _side(found.before),
        "after": _side(found.after),
    }


def _side(edge: Edge | None) -> dict[str, float] | None:
    if edge is None:
        return None
    said = edge.assertion
    beliefs = {"belief": said.belief, "disbelief": said.disbelief}
    return {**beliefs, "papers": said.paper_count, "is_believed": said.is_believed}


def _row(found: Difference) -> tuple[str, ...]:
    sides = [side.assertion for side in (found.before, found.after) if side is not None]
    belief = " -> ".join(probability(side.belief) for side in sides)
    papers = " -> ".join(str(side.paper_count) for side in sides)
    edge = found.edge
    said = (edge.subject.name, edge.predicate, edge.object.name)
    return found.change, *said, belief, papers, edge.id


@app.command("ontology")
def ontology_command(
    html: Annotated[Path, typer.Option(help="Where to write the page.")],
    context: Annotated[
        Path | None, typer.Option(help="Where to write the JSON-LD context.")
    ] = None,
) -> None:
    """Write the ontology as a page for people, and its names for JSON-LD."""
    for path, write in ((html, ontology_page), (context, json_context)):
        if path is not None:
            with new_file(path) as file:
                file.write(write().encode())
            note(f"written to {path}")
