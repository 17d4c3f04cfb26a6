"""Concepts found by any of their names."""

from dataclasses import dataclass
from pathlib import Path

from app.explorer.queries.concepts import End, degree, end_of, read_concept
from app.graph_access import Row, ask, label_index
from kg.snapshots.labels import Hit, search
from ontology.schema import EntityType

MAX_FOUND = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A concept, the name it was found by, and in how many relations it stands."""

    concept: End
    matched: str
    relations: int


def find(text: str, type_label: str) -> tuple[Found, ...]:
    """Find concepts by an identifier, a name or a synonym, best first; at most 50."""
    index = label_index()
    named = _from_graph(text) if index is None else _from_index(index, text, type_label)
    found = (*_by_identifier(text), *named)
    return tuple(row for row in found if type_label in {"", row.concept.type})


def _by_identifier(text: str) -> tuple[Found, ...]:
    """A CURIE is no name: it is looked up as what it is."""
    concept = read_concept(text.strip()) if ":" in text else None
    if concept is None:
        return ()
    return (Found(End(concept.id, concept.name, concept.type), concept.id, degree(concept.id)),)


def _from_index(index: Path, text: str, type_label: str) -> tuple[Found, ...]:
    wanted = next((known for known in EntityType if known == type_label), None)
    return tuple(_of_hit(hit) for hit in search(index, text, wanted, MAX_FOUND))


def _of_hit(hit: Hit) -> Found:
    return Found(End(hit.curie, hit.name, str(hit.type)), hit.label, hit.assertion_count)


def _from_graph(text: str) -> tuple[Found, ...]:
    return tuple(_of_row(row) for row in ask("labels", text=text, limit=str(MAX_FOUND)))


def _of_row(row: Row) -> Found:
    return Found(end_of(row, "concept"), str(row["label"]), int(str(row["relations"])))
