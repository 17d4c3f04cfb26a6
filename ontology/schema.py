"""The GutBrainIE schema: 13 entity types, 17 predicates, 59 legal triples.

Source: task description of GutBrainIE at CLEF 2025. ``gutbrain.ttl`` says the same in OWL;
``tests/ontology`` holds the two equal.
"""

from dataclasses import dataclass
from enum import StrEnum


class EntityType(StrEnum):
    """What a mention can name; the value is the name used in GutBrainIE files."""

    ANATOMICAL_LOCATION = "anatomical location"
    ANIMAL = "animal"
    BACTERIA = "bacteria"
    BIOMEDICAL_TECHNIQUE = "biomedical technique"
    CHEMICAL = "chemical"
    DDF = "DDF"
    DIETARY_SUPPLEMENT = "dietary supplement"
    DRUG = "drug"
    FOOD = "food"
    GENE = "gene"
    HUMAN = "human"
    MICROBIOME = "microbiome"
    STATISTICAL_TECHNIQUE = "statistical technique"

    @property
    def label(self) -> str:
        """The name for people, spelled out.

        >>> EntityType.DDF.label, EntityType.GENE.label
        ('disease, disorder or finding', 'gene')
        """
        return "disease, disorder or finding" if self is EntityType.DDF else self.value


class Predicate(StrEnum):
    """What can be said of two entities; the value is the label used in GutBrainIE files."""

    ADMINISTERED = "administered"
    AFFECT = "affect"
    CHANGE_ABUNDANCE = "change abundance"
    CHANGE_EFFECT = "change effect"
    CHANGE_EXPRESSION = "change expression"
    COMPARED_TO = "compared to"
    IMPACT = "impact"
    INFLUENCE = "influence"
    INTERACT = "interact"
    IS_A = "is a"
    IS_LINKED_TO = "is linked to"
    LOCATED_IN = "located in"
    PART_OF = "part of"
    PRODUCED_BY = "produced by"
    STRIKE = "strike"
    TARGET = "target"
    USED_BY = "used by"


@dataclass(frozen=True, slots=True, order=True)
class LegalTriple:
    """A predicate between a head type and a tail type that the schema allows."""

    head: EntityType
    predicate: Predicate
    tail: EntityType


E_, P_ = EntityType, Predicate
_INTAKE = (E_.CHEMICAL, E_.DIETARY_SUPPLEMENT, E_.DRUG, E_.FOOD)
_HOST = (E_.HUMAN, E_.ANIMAL)
_FLORA = (E_.BACTERIA, E_.MICROBIOME)

_RULES: tuple[tuple[tuple[EntityType, ...], Predicate, tuple[EntityType, ...]], ...] = (
    ((E_.ANATOMICAL_LOCATION,), P_.LOCATED_IN, _HOST),
    ((E_.BACTERIA,), P_.INTERACT, (E_.BACTERIA, E_.CHEMICAL, E_.DRUG)),
    ((E_.BACTERIA,), P_.INFLUENCE, (E_.DDF,)),
    ((E_.BACTERIA,), P_.CHANGE_EXPRESSION, (E_.GENE,)),
    ((E_.BACTERIA,), P_.LOCATED_IN, _HOST),
    ((E_.BACTERIA,), P_.PART_OF, (E_.MICROBIOME,)),
    ((E_.CHEMICAL,), P_.LOCATED_IN, (E_.ANATOMICAL_LOCATION, *_HOST)),
    ((E_.CHEMICAL,), P_.INTERACT, (E_.CHEMICAL,)),
    ((E_.CHEMICAL,), P_.PART_OF, (E_.CHEMICAL,)),
    ((E_.CHEMICAL,), P_.PRODUCED_BY, (E_.MICROBIOME,)),
    (_INTAKE, P_.IMPACT, _FLORA),
    (_INTAKE, P_.CHANGE_EXPRESSION, (E_.GENE,)),
    (_INTAKE, P_.ADMINISTERED, _HOST),
    ((E_.CHEMICAL, E_.DIETARY_SUPPLEMENT, E_.FOOD), P_.INFLUENCE, (E_.DDF,)),
    ((E_.DRUG,), P_.INTERACT, (E_.CHEMICAL, E_.DRUG)),
    ((E_.DRUG,), P_.CHANGE_EFFECT, (E_.DDF,)),
    ((E_.DDF,), P_.AFFECT, (E_.DDF,)),
    ((E_.DDF,), P_.IS_A, (E_.DDF,)),
    ((E_.DDF,), P_.STRIKE, (E_.ANATOMICAL_LOCATION,)),
    ((E_.DDF,), P_.CHANGE_ABUNDANCE, _FLORA),
    ((E_.DDF,), P_.INTERACT, (E_.CHEMICAL,)),
    ((E_.DDF,), P_.TARGET, _HOST),
    ((*_HOST, E_.MICROBIOME), P_.USED_BY, (E_.BIOMEDICAL_TECHNIQUE,)),
    ((E_.MICROBIOME,), P_.LOCATED_IN, (E_.ANATOMICAL_LOCATION, *_HOST)),
    ((E_.MICROBIOME,), P_.CHANGE_EXPRESSION, (E_.GENE,)),
    ((E_.MICROBIOME,), P_.IS_LINKED_TO, (E_.DDF,)),
    ((E_.MICROBIOME,), P_.COMPARED_TO, (E_.MICROBIOME,)),
)

LEGAL_TRIPLES: frozenset[LegalTriple] = frozenset(
    LegalTriple(head, predicate, tail)
    for heads, predicate, tails in _RULES
    for head in heads
    for tail in tails
)
"""The 59 triples that GutBrainIE allows."""

LEGAL_PAIRS: frozenset[tuple[EntityType, EntityType]] = frozenset(
    (triple.head, triple.tail) for triple in LEGAL_TRIPLES
)
"""The 54 (head, tail) type pairs that some predicate joins."""


def is_legal(head: EntityType, predicate: Predicate, tail: EntityType) -> bool:
    """Whether the schema allows ``head predicate tail``.

    >>> is_legal(EntityType.BACTERIA, Predicate.INFLUENCE, EntityType.DDF)
    True
    >>> is_legal(EntityType.DRUG, Predicate.INFLUENCE, EntityType.DDF)
    False
    """
    return LegalTriple(head, predicate, tail) in LEGAL_TRIPLES
