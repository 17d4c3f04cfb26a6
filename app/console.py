"""What the command line shows: data on stdout, progress and complaints on stderr."""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

_OUT, _ERR = Console(highlight=False), Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Put one line on stderr, as it is: a file name may hold brackets."""
    _ERR.print(message, style="red", markup=False, soft_wrap=True)


def note(message: str) -> None:
    """Put one line of progress on stderr."""
    _ERR.print(message, markup=False, soft_wrap=True)


def print_json(content: object) -> None:
    """Put JSON on stdout."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress() -> Generator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, nothing elsewhere; yields what to tell (what, done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_ERR, disable=not _ERR.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield tell


def print_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal, tab-separated values elsewhere."""
    if not _OUT.is_terminal:
        for row in (names, *rows):
            sys.stdout.write("\t".join(cell.replace("\t", " ") for cell in row) + "\n")
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*row)
    _OUT.print(table)


def print_values(values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    width = max(map(len, values))
    for name, value in values.items():
        sys.stdout.write(f"{name:{width}}  {value}\n")
