"""A term: what one vocabulary says of one concept."""

from dataclasses import dataclass

from ontology.schema import EntityType


@dataclass(frozen=True, slots=True)
class Term:
    """One concept in one vocabulary; all identifiers are CURIEs as ``prefixes`` spells them.

    ``name`` is the vocabulary's preferred one, and empty in a file that has synonyms or matches
    only. ``exact`` are identifiers that the vocabulary calls the same thing, ``references`` those
    that it only points to. ``categories`` are what the type is read from: MeSH tree numbers, UMLS
    semantic types.
    """

    curie: str
    name: str = ""
    synonyms: tuple[str, ...] = ()
    type: EntityType | None = None
    source: str = ""
    parents: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
