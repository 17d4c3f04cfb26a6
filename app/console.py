"""What the command line shows: data on stdout, progress and complaints on stderr."""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from ingest.document import printable

_OUT, _ERR = Console(highlight=False), Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Put one line on stderr, as it is: a file name may hold brackets."""
    _ERR.print(printable(message), style="red", markup=False, soft_wrap=True)


def note(message: str) -> None:
    """Put one line of progress on stderr."""
    _ERR.print(printable(message), markup=False, soft_wrap=True)


def print_json(content: object) -> None:
    """Put JSON on stdout."""
    text = json.dumps(content, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


@contextmanager
def progress() -> Generator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, nothing elsewhere; yields its report(what, done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=_ERR, disable=not _ERR.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield report


def show_record(record: Mapping[str, object], *, as_json: bool) -> None:
    """Show names and values: as JSON, or one a line."""
    print_json(record) if as_json else print_values(record)


def show_records(columns: Mapping[str, str], records: Sequence[Any], *, as_json: bool) -> None:
    """Show mappings or dataclasses: as JSON, or as a table; ``columns`` are heading to field."""
    if as_json:
        print_json(records)
        return
    fields = (each if isinstance(each, Mapping) else asdict(each) for each in records)
    rows = ([_cell(each[name]) for name in columns.values()] for each in fields)
    print_rows(tuple(columns), rows)


def _cell(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case tuple() | list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def print_rows(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on a terminal, tab-separated values elsewhere: a line a row.

    Control characters are escaped there, too: what is piped comes to a terminal in the end.
    """
    if not _OUT.is_terminal:
        for row in (names, *rows):
            sys.stdout.write("\t".join(map(_cell_of_line, row)) + "\n")
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*map(printable, row))
    _OUT.print(table)


def _cell_of_line(cell: str) -> str:
    return printable(cell.replace("\t", " ").replace("\n", " "))


def print_values(values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    width = max(map(len, values))
    for name, value in values.items():
        sys.stdout.write(f"{name:{width}}  {printable(str(value))}\n")
