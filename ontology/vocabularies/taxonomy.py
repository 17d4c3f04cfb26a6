"""The NCBI taxonomy dump (taxdump): ``names.dmp`` and ``nodes.dmp``."""

from collections.abc import Iterator
from pathlib import Path

from ontology.vocabularies.reading import Tally, existing, lines
from ontology.vocabularies.term import Term

_UNWANTED = frozenset({"authority", "type material", "in-part", "includes", "misspelling"})
"""Name classes that are no name of the taxon alone."""
_NODE_COLUMNS, _NAME_COLUMNS = 3, 4
Row = tuple[int, list[str]]


def read_taxonomy(folder: Path, tally: Tally) -> Iterator[Term]:
    """Read a folder or zip archive of the dump; authorities and misspellings are left out."""
    parents = _parents(folder, tally)
    current, name, synonyms = "", "", list[str]()
    for taxon, text, kind in _names(folder, tally):
        if taxon != current:
            yield from _term(current, name, synonyms, parents)
            current, name, synonyms = taxon, "", []
        if kind == "scientific name":
            name = text
        else:
            synonyms.append(text)
    yield from _term(current, name, synonyms, parents)


def _parents(folder: Path, tally: Tally) -> dict[str, str]:
    path = existing(folder, "nodes.dmp")
    return {cells[0]: cells[1] for _, cells in _cells(path, tally, _NODE_COLUMNS)}


def _names(folder: Path, tally: Tally) -> Iterator[tuple[str, str, str]]:
    path = existing(folder, "names.dmp")
    for _, (taxon, text, _unique, kind, *_) in _cells(path, tally, _NAME_COLUMNS):
        if kind in _UNWANTED:
            tally.skip(f"name class {kind}")
        else:
            yield taxon, text, kind


def _cells(path: Path, tally: Tally, least: int) -> Iterator[Row]:
    for number, line in lines(path, tally):
        cells = line.removesuffix("\t|").split("\t|\t")
        if len(cells) < least or not cells[0].isdecimal():
            tally.reject(path, number, f"expected a taxon and {least - 1} columns more")
        else:
            yield number, cells


def _term(taxon: str, name: str, synonyms: list[str], parents: dict[str, str]) -> Iterator[Term]:
    if not taxon:
        return
    above = parents.get(taxon, taxon)
    lineage = () if above == taxon else (f"NCBITaxon:{above}",)  # the root is its own parent
    yield Term(f"NCBITaxon:{taxon}", name, tuple(synonyms), parents=lineage)
