"""The command line. stdout is data, stderr is progress.

Exit codes: 0 ok, 1 an error told in one line, 2 usage, 3 done in part, 4 store unreachable.
"""

import sys

import typer

from app.commands import exchange, graph, harvest, models, operation, snapshots, stores
from app.commands.options import UNREACHABLE
from app.console import complain
from kg.snapshots.snapshot import SnapshotError
from kg.stores.answers import StoreError, StoreUnreachableError

app = typer.Typer(
    help="PubMed abstracts in, a gut-brain knowledge graph out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for group in (graph, harvest, models, operation, exchange, snapshots, stores):
    app.add_typer(group.app)


def main() -> None:
    """Run the command line; known errors become one line."""
    try:
        app()
    except StoreUnreachableError as error:
        complain(str(error))
        sys.exit(UNREACHABLE)
    except (ValueError, OSError, StoreError, SnapshotError) as error:
        complain(str(error))
        sys.exit(1)
