"""Look into the graph: search, query."""

from typing import Annotated

import typer

from app.commands.options import JsonOption, with_settings
from app.console import complain, note, print_json, print_rows, show_records
from app.graph_access import chosen_graph
from app.questions import (
    TRIPLE_FORMS,
    AmbiguousNameError,
    answer,
    answer_in_turtle,
    hit_values,
    list_questions,
    named_query,
    similar_concepts,
)
from app.settings import Settings
from kg.stores.querying import query_form
from ontology.schema import EntityType

USAGE = 2
_COLUMNS = {name: name for name in ("curie", "name", "type", "relations", "matched")}
app = typer.Typer()


@app.command()
@with_settings("data", "store")
def search(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="Words of a name or synonym, or a CURIE.")],
    entity_type: Annotated[
        EntityType | None, typer.Option("--type", help="Only concepts of this type.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Find concepts by name, synonym or identifier, best matches first.

    ``relations`` is how many relations a concept has; ``matched`` is the name that was found.
    """
    lists = chosen_graph(settings).lists()
    found = lists.search(name, entity_type, limit)
    if not found:
        similar = ", ".join(hit.concept.name for hit in similar_concepts(lists, name, entity_type))
        note(f"no concept has such a name; similar names: {similar or 'none'}")
    show_records(_COLUMNS, list(map(hit_values, found)), as_json=as_json)


@app.command()
@with_settings("data", "store")
def query(
    settings: Settings,
    name: Annotated[
        str | None, typer.Argument(help="A question of the catalogue, or a .rq file.")
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(help="name=value; a concept by its name, CURIE or IRI.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the graph a question; without a name, list the questions.

    A file may hold any SPARQL query; a CONSTRUCT or DESCRIBE is answered in Turtle.
    Exit code 2 if a name fits several concepts.
    """
    if name is None:
        print_rows(("name", "asks", "parameters"), list_questions())
        return
    try:
        graph = chosen_graph(settings)
        asked = named_query(graph, name, arguments or [])
    except AmbiguousNameError as error:
        complain(str(error))
        raise typer.Exit(USAGE) from None
    if query_form(asked) in TRIPLE_FORMS and not as_json:
        typer.echo(answer_in_turtle(graph.store, asked), nl=False)
        return
    names, rows = answer(graph.store, asked)
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        print_rows(names, rows)
    else:
        note("no rows")
