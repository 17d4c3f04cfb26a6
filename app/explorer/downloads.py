"""Lists as files: CSV and TSV that no spreadsheet runs as a formula, and JSON."""

import csv
import io
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Sequence

from kg.exports.csv_table import Cell, write_rows

Writer = Callable[[Sequence[str], Iterable[Sequence[Cell]]], bytes]
"""What writes rows under the names of their columns."""


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write CSV in UTF-8, with a mark at the start that makes Excel read it as such."""
    return _table(columns, rows, csv.excel)


def as_tsv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write the same with tabs. The endpoint's TSV has the terms of SPARQL, for programs."""
    return _table(columns, rows, csv.excel_tab)


def _table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], dialect: type[csv.Dialect]
) -> bytes:
    file = io.BytesIO()
    file.write(BOM_UTF8)
    write_rows(file, columns, rows, dialect)
    return file.getvalue()


def as_json(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a JSON list of objects."""
    objects = [dict(zip(columns, row, strict=True)) for row in rows]
    return json.dumps(objects, ensure_ascii=False, indent=1).encode()
