"""The NCI Thesaurus as a flat file (``Thesaurus.txt``, EVS)."""

from collections.abc import Iterator
from pathlib import Path

from ontology.vocabularies.reading import Tally, existing, lines, split_list
from ontology.vocabularies.term import Term

_COLUMNS = 8
"""Code, IRI, parents, synonyms, definition, display name, status, semantic types; then subsets."""
_GONE = frozenset({"Obsolete_Concept", "Retired_Concept"})


def read_ncit(path: Path, tally: Tally) -> Iterator[Term]:
    """Read the flat file, plain, gzipped or in its zip archive; retired concepts are left out.

    The first synonym is the preferred name; the semantic types are names, not TUIs.
    """
    file = existing(path, "Thesaurus.txt") if path.is_dir() or path.suffix == ".zip" else path
    for number, line in lines(file, tally):
        cells = line.split("\t")
        if len(cells) < _COLUMNS:
            tally.reject(file, number, f"expected at least {_COLUMNS} columns, found {len(cells)}")
            continue
        code, _, parents, synonyms, _, _, status, semantic_types = cells[:_COLUMNS]
        names = split_list(synonyms)
        if _GONE & set(split_list(status)):
            tally.skip("retired")
        elif not names:
            tally.reject(file, number, f"{code} has no name")
        else:
            yield Term(
                f"NCIT:{code}",
                names[0],
                names[1:],
                parents=tuple(f"NCIT:{parent}" for parent in split_list(parents)),
                categories=split_list(semantic_types),
            )
