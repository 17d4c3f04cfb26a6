"""SSSOM: mappings between vocabularies as a table (Matentzoglu et al., 2022)."""

from collections.abc import Iterator
from pathlib import Path

from ontology.vocabularies.reading import Tally, table
from ontology.vocabularies.term import Term

_EXACT = frozenset({"skos:exactMatch", "owl:equivalentClass", "owl:sameAs"})
_CLOSE = frozenset({"skos:closeMatch", "oboInOwl:hasDbXref", "semapv:crossSpeciesExactMatch"})


def read_sssom(path: Path, tally: Tally) -> Iterator[Term]:
    """Read mappings: exact ones, and close ones as references; others are left out."""
    columns = ("subject_id", "predicate_id", "object_id")
    for _, row in table(path, tally, columns):
        predicate = row["predicate_id"]
        if row.get("predicate_modifier") == "Not" or predicate not in _EXACT | _CLOSE:
            tally.skip(f"mapping by {predicate}")
            continue
        curie, other = tally.curie(row["subject_id"]), tally.curie(row["object_id"])
        if curie and other:
            is_exact = predicate in _EXACT
            yield Term(
                curie,
                exact=(other,) if is_exact else (),
                references=() if is_exact else (other,),
            )
