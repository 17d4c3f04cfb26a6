"""Sentences whose mentions are marked by brackets."""

from kg.sentence.cue_words import Place
from kg.sentence.cues import Cues, read_cues
from ontology.schema import EntityType as Type
from ontology.schema import Predicate


def read(marked: str, types: str = "bd", predicate: Predicate = Predicate.INFLUENCE) -> Cues:
    """Read a sentence whose two mentions stand in brackets, the first as subject."""
    kinds = {"b": Type.BACTERIA, "d": Type.DDF, "c": Type.CHEMICAL, "m": Type.MICROBIOME}
    kinds |= {"h": Type.HUMAN}
    text, places = "", list[Place]()
    for n, part in enumerate(marked.replace("]", "[").split("[")):
        if n % 2:
            places.append(Place(len(text), len(text) + len(part), kinds[types[n // 2]]))
        text += part
    return read_cues(text, places[0], predicate, places[1])
