"""A concept: one thing the graph can speak of."""

from dataclasses import dataclass

from ontology.schema import EntityType


@dataclass(frozen=True, slots=True)
class Concept:
    """One identified thing. ``curie`` is its identity; names and references describe it.

    ``synonyms`` leave out ``name``; ``same_as`` are CURIEs of the same thing in other vocabularies,
    ``exact_matches`` those of them that a source calls exact. ``broader`` are CURIEs right above,
    ``ancestors`` all above; ``related`` is what sets a group of people or animals apart. A
    provisional concept is a surface form that no vocabulary of ours names, and of which none above
    it is known either.
    """

    curie: str
    name: str
    type: EntityType
    synonyms: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    is_provisional: bool = False
    exact_matches: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    ancestors: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
