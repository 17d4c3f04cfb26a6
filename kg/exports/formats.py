"""Write the graph to files: the formats by name, each whole or not at all."""

import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from kg.exports.csv_table import write_csv
from kg.exports.kgx import write_kgx
from kg.exports.nanopubs import write_nanopubs
from kg.exports.networks import write_cytoscape, write_graphml
from kg.exports.quads import write_delta, write_jsonld, write_nquads, write_turtle
from kg.stores import TripleStore
from kg.writing import ExportError, check_folder, is_stream


class Format(StrEnum):
    """What the graph can be written as; ``nquads`` and ``kgx`` are folders, the rest files."""

    NQUADS = "nquads"
    TURTLE = "turtle"
    JSONLD = "jsonld"
    KGX = "kgx"
    GRAPHML = "graphml"
    CYTOSCAPE = "cytoscape"
    NANOPUBS = "nanopubs"
    CSV = "csv"


WHOLE = frozenset({Format.NQUADS, Format.TURTLE, Format.JSONLD})
"""Formats that contain every quad and do not take --min-belief."""
_WRITERS: dict[Format, tuple[Callable[..., int], str]] = {
    Format.NQUADS: (write_nquads, "quads"),
    Format.TURTLE: (write_turtle, "triples"),
    Format.JSONLD: (write_jsonld, "quads"),
    Format.KGX: (write_kgx, "edges"),
    Format.GRAPHML: (write_graphml, "edges"),
    Format.CYTOSCAPE: (write_cytoscape, "edges"),
    Format.NANOPUBS: (write_nanopubs, "nanopublications"),
    Format.CSV: (write_csv, "pieces of evidence"),
}
"""What writes a store to a path, with a folder for its work, and what it counts."""


def export(
    store: TripleStore, form: Format, out: Path, *, min_belief: float = 0.0
) -> tuple[int, str]:
    """Write a graph to ``out``; returns how many of what.

    ``min_belief`` leaves out assertions; a format that holds every quad takes none. The same graph
    gives the same bytes. Raises ExportError.
    """
    if form in WHOLE and min_belief > 0:
        raise ExportError(f"{form} always contains the whole graph: --min-belief is not possible")
    write, what = _WRITERS[form]
    chosen = {} if form in WHOLE else {"min_belief": min_belief}
    with _work_beside(out) as work:
        return write(store, out, Path(work), **chosen), what


def export_delta(before: TripleStore, after: TripleStore, out: Path) -> tuple[int, int]:
    """Write N-Quads to remove from and to add to ``before``; returns how many quads each."""
    with _work_beside(out) as work:
        return write_delta(before, after, out, Path(work))


def _work_beside(out: Path) -> tempfile.TemporaryDirectory[str]:
    check_folder(out)
    beside = None if is_stream(out) else out.parent
    return tempfile.TemporaryDirectory(prefix=".gutbrain-export-", dir=beside)
