"""Files and graphs as readers that are not ours have them."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from rdflib import BNode, Dataset, Literal
from rdflib.term import Node

from kg.stores.embedded import EmbeddedStore
from ontology.namespaces import ONTOLOGY


def text_of(term: Node) -> str:
    """Write a term of rdflib as pyoxigraph does; doubles by their value."""
    if isinstance(term, Literal) and str(term.datatype).endswith("#double"):
        return f'"{float(term)}"^^<{term.datatype}>'
    return term.n3() if not isinstance(term, BNode) else "_"


def canonical(quads: Iterable[tuple[str, ...]]) -> set[tuple[str, ...]]:
    def one(term: str) -> str:
        found = re.fullmatch(r'"([^"]*)"\^\^<([^>]*#double)>', term)
        return f'"{float(found[1])}"^^<{found[2]}>' if found else term

    return {tuple(map(one, quad)) for quad in quads}


def quads_of(dataset: Dataset) -> set[tuple[str, ...]]:
    return {(text_of(s), text_of(p), text_of(o), f"<{g}>") for s, p, o, g in dataset.quads()}


def counted(store: EmbeddedStore, pattern: str) -> int:
    (row,) = store.select(f"PREFIX gb: <{ONTOLOGY}> SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
    return int(getattr(row["n"], "value", "0"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    """The rows of a table as the csv module reads it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))
