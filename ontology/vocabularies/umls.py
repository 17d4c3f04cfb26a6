"""UMLS in Rich Release Format: MRCONSO, MRSTY and MRREL (UMLS Reference Manual, chapter 3)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ontology.schema import EntityType
from ontology.vocabularies.reading import Tally, VocabularyError, existing, rows
from ontology.vocabularies.term import Term

_CONSO_WIDTH, _STY_WIDTH, _REL_WIDTH = 18 + 1, 6 + 1, 16 + 1
"""A row ends with a separator, which makes one empty cell more."""
_CUI, _LAT, _TS, _STT, _ISPREF, _SAB, _CODE, _STR, _SUPPRESS = 0, 1, 2, 4, 6, 11, 13, 14, 16
_SUPPRESSED = {
    "O": "obsolete",
    "E": "suppressed by an editor",
    "Y": "suppressed by its term type",
}
_REFERENCED = {"HGNC": "HGNC", "MSH": "MESH", "NCI": "NCIT", "SNOMEDCT_US": "SNOMEDCT"}
_UP, _DOWN = frozenset({"PAR", "RB"}), frozenset({"CHD", "RN"})
Children = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class UmlsSelection:
    """Which names are wanted; an empty tuple or mapping sets no limit.

    ``semantic_types`` and ``children_of`` say what makes a type: TUIs, or concepts (CUIs, or CURIEs
    of a source vocabulary) that all of it stands below. A concept can have several types.
    """

    languages: tuple[str, ...] = ("ENG",)
    vocabularies: tuple[str, ...] = ()
    semantic_types: Mapping[EntityType, tuple[str, ...]] = field(default_factory=dict)
    children_of: Mapping[EntityType, tuple[str, ...]] = field(default_factory=dict)


def read_umls(folder: Path, tally: Tally, selection: UmlsSelection) -> Iterator[Term]:
    """Read the names of a ``META`` folder, one term for each concept and type.

    Raises VocabularyError where MRSTY or MRREL is missing and the selection needs it.
    """
    semantic_types = _semantic_types(folder, tally, selection)
    below = _below(folder, tally, selection)
    for cui, atoms in _concepts(folder, tally, selection):
        categories = semantic_types.get(cui, ())
        kinds = _types(cui, categories, selection, below)
        if not kinds:
            tally.skip("concept of another semantic type")
        for kind in kinds:
            yield _term(cui, atoms, kind, categories)


def _semantic_types(
    folder: Path, tally: Tally, selection: UmlsSelection
) -> Mapping[str, tuple[str, ...]]:
    path = existing(folder, "MRSTY.RRF")
    if not path.is_file() and not selection.semantic_types:
        return {}
    found = defaultdict[str, tuple[str, ...]](tuple)
    for _, cells in rows(path, tally, _STY_WIDTH, "|"):
        found[cells[0]] += (cells[1],)
    return found


def _concepts(
    folder: Path, tally: Tally, selection: UmlsSelection
) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the atoms of each concept; MRCONSO has them side by side."""
    current, atoms = "", list[list[str]]()
    for cells in _atoms(folder, tally):
        if not _is_wanted(cells, tally, selection):
            continue
        if cells[_CUI] != current and atoms:
            yield current, atoms
            atoms = []
        current = cells[_CUI]
        atoms.append(cells)
    if atoms:
        yield current, atoms


def _atoms(folder: Path, tally: Tally) -> Iterator[list[str]]:
    path = existing(folder, "MRCONSO.RRF")
    for number, cells in rows(path, tally, _CONSO_WIDTH, "|"):
        if not _is_cui(cells[_CUI]):
            tally.reject(path, number, f"{cells[_CUI]!r} is no CUI")
        elif not cells[_STR].strip():
            tally.reject(path, number, f"{cells[_CUI]} has no name")
        else:
            yield cells


def _is_cui(text: str) -> bool:
    return text.startswith("C") and text[1:].isdecimal()


def _is_wanted(cells: list[str], tally: Tally, selection: UmlsSelection) -> bool:
    if cells[_SUPPRESS] in _SUPPRESSED:
        tally.skip(_SUPPRESSED[cells[_SUPPRESS]])
    elif selection.languages and cells[_LAT] not in selection.languages:
        tally.skip(f"language {cells[_LAT]}")
    elif selection.vocabularies and cells[_SAB] not in selection.vocabularies:
        tally.skip("another source vocabulary")
    else:
        return True
    return False


def _types(
    cui: str,
    categories: Iterable[str],
    selection: UmlsSelection,
    below: Mapping[EntityType, set[str]],
) -> tuple[EntityType | None, ...]:
    if not selection.semantic_types and not selection.children_of:
        return (None,)
    by_network = {k for k, tuis in selection.semantic_types.items() if set(tuis) & set(categories)}
    by_tree = {kind for kind, cuis in below.items() if cui in cuis}
    return tuple(kind for kind in EntityType if kind in by_network | by_tree)


def _term(
    cui: str, atoms: list[list[str]], kind: EntityType | None, categories: tuple[str, ...]
) -> Term:
    ranked = sorted(atoms, key=_rank)
    name, *synonyms = dict.fromkeys(" ".join(cells[_STR].split()) for cells in ranked)
    codes = (
        f"{_REFERENCED[cells[_SAB]]}:{cells[_CODE].removeprefix('HGNC:')}"
        for cells in atoms
        if cells[_SAB] in _REFERENCED
    )
    return Term(
        f"UMLS:{cui}",
        name,
        tuple(synonyms),
        kind,
        exact=tuple(dict.fromkeys(codes)),
        categories=categories,
    )


def _rank(cells: list[str]) -> tuple[bool, bool, bool]:
    """Put the preferred form of the preferred term first."""
    return cells[_TS] != "P", cells[_STT] != "PF", cells[_ISPREF] != "Y"


def _below(folder: Path, tally: Tally, selection: UmlsSelection) -> Mapping[EntityType, set[str]]:
    """Find the concepts below the roots of each type, the roots left out."""
    if not selection.children_of:
        return {}
    roots = {root for each in selection.children_of.values() for root in each}
    cuis = _cuis_of(folder, roots)
    children = _children(folder, tally)
    return {
        kind: _descendants({cui for root in each for cui in cuis[root]}, children)
        for kind, each in selection.children_of.items()
    }


def _cuis_of(folder: Path, roots: set[str]) -> Mapping[str, set[str]]:
    """Resolve the roots; a code of a source vocabulary may belong to several CUIs."""
    found = {root: {root} if _is_cui(root) else set[str]() for root in roots}
    unresolved = {root for root in roots if not found[root]}
    for cells in _atoms(folder, Tally()) if unresolved else ():
        code = f"{_REFERENCED.get(cells[_SAB], cells[_SAB])}:{cells[_CODE]}"
        if code in unresolved:
            found[code].add(cells[_CUI])
    missing = sorted(root for root in roots if not found[root])
    if missing:
        raise VocabularyError(f"{folder}: no concept has the code {missing[0]}")
    return found


def _children(folder: Path, tally: Tally) -> Children:
    """Read the hierarchy: REL says what the second concept is to the first."""
    children = defaultdict[str, set[str]](set)
    for _, cells in rows(existing(folder, "MRREL.RRF"), tally, _REL_WIDTH, "|"):
        first, relation, second = cells[0], cells[3], cells[4]
        if cells[14] in _SUPPRESSED:
            tally.skip(f"relation {_SUPPRESSED[cells[14]]}")
        elif relation in _UP:
            children[second].add(first)
        elif relation in _DOWN:
            children[first].add(second)
    return {parent: frozenset(each) for parent, each in children.items()}


def _descendants(roots: set[str], children: Children) -> set[str]:
    found, waiting = set[str](), list(roots)
    while waiting:
        for child in children.get(waiting.pop(), frozenset()):
            if child not in found and child not in roots:
                found.add(child)
                waiting.append(child)
    return found
