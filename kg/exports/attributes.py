"""What a node and an edge carry in network formats: flat, named alike in all of them."""

from kg.exports.rows import POLARITIES, STUDIES, Edge
from kg.identifiers import iri_of_identifier
from ontology.concept import Concept

Attribute = str | int | float | bool
Attributes = dict[str, Attribute]
NODE_KINDS = {"name": "string", "type": "string", "iri": "string", "synonyms": "string",
              "same_as": "string", "is_provisional": "boolean"}  # fmt: skip
EDGE_KINDS = {"assertion": "string", "predicate": "string", "papers": "int", "evidence": "int",
              "belief": "double", "is_believed": "boolean", "first_year": "int",
              "last_year": "int", "opposing_papers": "int", "disbelief": "double",
              **{f"{name}_papers": "int" for name in (*POLARITIES, *STUDIES)}}  # fmt: skip
"""Attribute names and what GraphML calls their types; years may be missing."""


def node_attributes(concept: Concept) -> Attributes:
    """Describe a concept; lists are joined by ``|``."""
    return {
        "name": concept.name,
        "type": concept.type.value,
        "iri": iri_of_identifier(concept.curie),
        "synonyms": "|".join(concept.synonyms),
        "same_as": "|".join(concept.same_as),
        "is_provisional": concept.is_provisional,
    }


def edge_attributes(edge: Edge) -> Attributes:
    """Describe an assertion."""
    counts: Attributes = {
        "assertion": edge.iri,
        "predicate": str(edge.predicate),
        "papers": edge.papers,
        "evidence": edge.evidence,
        "belief": edge.belief,
        "is_believed": edge.is_believed,
        "opposing_papers": edge.opposing_papers,
        "disbelief": edge.disbelief,
    }
    counts |= {f"{name}_papers": n for name, n in (*edge.by_polarity, *edge.by_study)}
    years = {"first_year": edge.first_year, "last_year": edge.last_year}
    return counts | {name: year for name, year in years.items() if year is not None}
