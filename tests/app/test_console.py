"""What commands print: JSON, tables, names and values."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.console import complain, note, print_rows, show_record, show_records


@dataclass(frozen=True, slots=True)
class Thing:
    """A record with every kind of cell."""

    name: str
    parts: tuple[str, ...]
    is_new: bool
    size: int | None = None


THINGS = (Thing("a\tb", ("x", "y"), is_new=True), Thing("c", (), is_new=False, size=0))


def test_records_are_a_table_of_the_named_fields(capsys: pytest.CaptureFixture[str]) -> None:
    columns = {"size": "size", "new": "is_new", "name": "name", "made of": "parts"}
    show_records(columns, THINGS, as_json=False)
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["size", "new", "name", "made of"],
        ["", "yes", "a b", "x, y"],
        ["0", "", "c", ""],
    ]


def test_records_are_whole_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_records({}, [*THINGS, {"path": Path("x")}], as_json=True)
    first, _, last = json.loads(capsys.readouterr().out)
    assert first == {"name": "a\tb", "parts": ["x", "y"], "is_new": True, "size": None}
    assert last == {"path": "x"}


def test_a_record_is_a_line_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    show_record({"a": 1, "long": None}, as_json=False)
    assert capsys.readouterr().out == "a     1\nlong  None\n"
    show_record({"a": 1}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": 1}


def test_what_a_terminal_would_obey_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    complain("a\x1b]0;PWNED\x07")
    note("b\x9b31m")
    show_record({"said": "\x1b[2J"}, as_json=False)
    shown = capsys.readouterr()
    assert shown.err == "a\\x1b]0;PWNED\\x07\nb\\x9b31m\n"
    assert shown.out == "said  \\x1b[2J\n"


def test_a_row_is_a_line_and_obeys_nothing_also_in_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows(("a", "b\x07"), [("x\ny\tz", "\x1b]0;PWNED\x07\x9b31m"), ("µ, β", "")])
    assert capsys.readouterr().out.splitlines() == [
        "a\tb\\x07",
        "x y z\t\\x1b]0;PWNED\\x07\\x9b31m",
        "µ, β\t",
    ]
