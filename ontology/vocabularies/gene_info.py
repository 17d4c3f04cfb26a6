"""Genes: NCBI ``gene_info`` and HGNC's complete set."""

from collections.abc import Iterator
from pathlib import Path

from ontology.schema import EntityType
from ontology.vocabularies.reading import Tally, lines, split_list, table
from ontology.vocabularies.term import Term

_COLUMNS = 15
"""Columns of gene_info up to 2015; later ones add the feature type."""
_EMPTY = "-"


def read_gene_info(path: Path, tally: Tally) -> Iterator[Term]:
    """Read ``gene_info``: symbol, synonyms, full name, references; placeholders are left out."""
    for number, line in lines(path, tally):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < _COLUMNS or not cells[1].isdecimal():
            tally.reject(path, number, f"expected {_COLUMNS} columns with a gene number")
        elif cells[2] == "NEWENTRY":
            tally.skip("placeholder")
        else:
            yield _gene(cells, tally)


def read_hgnc(path: Path, tally: Tally) -> Iterator[Term]:
    """Read ``hgnc_complete_set``: symbol, name, aliases, previous symbols; no withdrawn gene."""
    for _, row in table(path, tally, ("hgnc_id", "symbol", "name", "status")):
        if row["status"] != "Approved":
            tally.skip("withdrawn")
            continue
        lists = ("name", "alias_symbol", "alias_name", "prev_symbol", "prev_name")
        synonyms = tuple(item for column in lists for item in split_list(row.get(column, "")))
        gene = row.get("entrez_id", "")
        yield Term(
            row["hgnc_id"],
            row["symbol"],
            synonyms,
            EntityType.GENE,
            exact=(f"NCBIGene:{gene}",) if gene.isdecimal() else (),
        )


def _gene(cells: list[str], tally: Tally) -> Term:
    full, others = cells[11], split_list(cells[4]) + split_list(cells[13])
    synonyms = dict.fromkeys(name for name in (full, cells[8], *others) if name != _EMPTY)
    references = (tally.curie(item) for item in split_list(cells[5]) if item != _EMPTY)
    return Term(
        f"NCBIGene:{cells[1]}",
        cells[2],
        tuple(synonyms),
        EntityType.GENE,
        references=tuple(curie for curie in references if curie),
    )
