"""Tables: a user's own names, cross-references in pairs, and the concept list of the task."""

import json
from collections.abc import Iterator
from pathlib import Path

from ontology.schema import EntityType
from ontology.vocabularies.reading import Tally, VocabularyError, rows, split_list, table
from ontology.vocabularies.term import Term

PREFERRED_KINDS = frozenset({"label", "preferred", ""})
_TYPE_COLUMNS = ("type", "gutbrain_label")
_TYPES: dict[str, EntityType | None] = {"": None} | {kind.value: kind for kind in EntityType}


def read_names(path: Path, tally: Tally) -> Iterator[Term]:
    """Read a table with the columns ``curie`` and ``name``.

    It may have ``type`` (one of the thirteen, or empty), ``synonyms``, ``same_as`` and ``parents``
    (lists with ``|``), ``kind`` (anything but ``label`` makes the name a synonym), ``source``.
    """
    for number, row in table(path, tally, ("curie", "name")):
        label = _label(row)
        if label not in _TYPES:
            tally.reject(path, number, f"{label!r} is not an entity type")
        elif not row["name"]:
            tally.reject(path, number, f"{row['curie']} has no name")
        elif (curie := tally.curie(row["curie"])) is not None:
            yield _term(row, curie, _TYPES[label], tally)


def read_pairs(path: Path, tally: Tally) -> Iterator[Term]:
    """Read cross-references: two identifiers a line, without header."""
    for _, (one, other) in rows(path, tally, 2):
        curie, reference = tally.curie(one), tally.curie(other)
        if curie and reference:
            yield Term(curie, references=(reference,))


def read_concept_list(path: Path, tally: Tally) -> Iterator[Term]:
    """Read the concept list of GutBrainIE 2026: JSON of IRI to names, the preferred one first."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        pairs = [(iri, tuple(entry["names"])) for iri, entry in content.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VocabularyError(f"{path}: not a list of concepts with names ({error})") from error
    for iri, names in pairs:
        curie = tally.curie(iri)
        if curie and names:
            yield Term(curie, names[0], names[1:])


def _label(row: dict[str, str]) -> str:
    return next((row[column] for column in _TYPE_COLUMNS if column in row), "")


def _term(row: dict[str, str], curie: str, kind: EntityType | None, tally: Tally) -> Term:
    name, synonyms = row["name"], split_list(row.get("synonyms", ""))
    if row.get("kind", "") not in PREFERRED_KINDS:
        name, synonyms = "", (name, *synonyms)
    return Term(
        curie,
        name,
        synonyms,
        kind,
        row.get("source", ""),
        parents=_curies(row.get("parents", ""), tally),
        exact=_curies(row.get("same_as", ""), tally),
    )


def _curies(text: str, tally: Tally) -> tuple[str, ...]:
    return tuple(curie for item in split_list(text) if (curie := tally.curie(item)))
