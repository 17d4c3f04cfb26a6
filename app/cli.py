"""The command line. stdout is data, stderr is progress.

A command's module is imported when the command is called: ``gutbrain --help`` answers at once.
Exit codes: 0 ok, 1 an error reported in one line, 2 usage, 3 done in part, 4 store unreachable.
"""

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from app.console import complain, note
from kg.stores.answers import StoreError, StoreUnreachableError

UNREACHABLE = 4
COMMANDS = {
    "run": ("graph", "Read documents, extract, and bring the graph up to date."),
    "serve": ("serve", "Serve the explorer, and the SPARQL endpoint at /sparql, until Ctrl+C."),
    "search": ("query", "Find concepts by name, synonym or identifier."),
    "query": ("query", "Ask the graph a question; without a name, list the questions."),
    "harvest": ("harvest", "Read what is new or revised in PubMed into the archive."),
    "predict": ("models", "Find entities and relations in documents, without a graph."),
    "evaluate": ("models", "Score predictions, with 95 % bootstrap intervals over documents."),
    "train": ("models", "Fit a model to annotated corpora."),
    "nightly": ("operation", "Do a night's work: harvest, extract, update and publish the graph."),
    "status": ("operation", "Show what ran, what is missing, and how old the data are."),
    "schedule": ("operation", "Do `nightly` every night, until stopped."),
    "doctor": ("operation", "Check what gutbrain needs to run."),
    "backup": ("backup", "Copy the data directory to a new folder, also while it is in use."),
    "restore": ("backup", "Check a backup and put it back."),
    "config": ("operation", "Settings and where they come from."),
    "export": ("exchange", "Write the graph to files in a format of your choice."),
    "diff": ("exchange", "List assertions that are new, gone or changed between two snapshots."),
    "ontology": ("exchange", "Write the ontology as a web page, and its names for JSON-LD."),
    "snapshots": ("snapshots", "List, name and roll back to the kept states of the graph."),
    "alerts": ("snapshots", "Ask the saved alerts which rows are new in the current snapshot."),
    "validate": (
        "snapshots",
        "Check the graph against its SHACL shapes, and all counts and beliefs.",
    ),
    "lexicon": ("lexicon", "Build, search and compare lexicons of names from vocabularies."),
    "store": ("stores", "Check a graph server, or create a repository on it."),
}
"""The commands in order: a module of ``app.commands``, and a line of help."""


class LateCommand(TyperCommand):
    """A command whose module is imported when it is called."""

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Let the command itself read its arguments."""
        return load_command(str(self.name)).make_context(*given, **named)


class LateCommands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        late = {name: LateCommand(name, help=line) for name, (_, line) in COMMANDS.items()}
        self.commands.update(late)


def load_command(name: str) -> Any:
    """Import a command."""
    module = import_module(f"app.commands.{COMMANDS[name][0]}")
    return typer.main.get_group(module.app).commands[name]


def _show_version(is_wanted: bool) -> None:  # noqa: FBT001
    if is_wanted:
        typer.echo("gutbrain " + import_module("importlib.metadata").version("gutbrain"))
        raise typer.Exit


app = typer.Typer(cls=LateCommands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback(help="PubMed abstracts in, a gut-brain knowledge graph out.")
def check_environment(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Warn of variables that set nothing; ``version`` has been dealt with by then."""
    del version
    for warning in import_module("app.settings").unknown_variables():
        note(warning)


def main() -> None:
    """Run the command line; known errors become one line."""
    try:
        app()
    except StoreUnreachableError as error:
        complain(str(error))
        sys.exit(UNREACHABLE)
    except (ValueError, OSError, StoreError) as error:
        complain(error_line(error))
        sys.exit(1)


def error_line(error: Exception) -> str:
    """Say what went wrong, a line a fault; a file of the system's error first, as in our own."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    lines = (line.rstrip() for line in str(error).splitlines())
    return "\n".join(filter(None, lines)) or type(error).__name__


if __name__ == "__main__":
    main()
