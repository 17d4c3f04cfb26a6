"""Concepts and assertions as KGX TSV under the Biolink Model 4: nodes.tsv and edges.tsv.

A Biolink predicate is given where ours implies it, else ``biolink:related_to``; ours is in
``original_predicate``. Lists are joined by ``|``, which KGX cannot escape: within a text it becomes
a slash, a tab or line break a blank, a double quote an apostrophe. KGX has no slash in a CURIE:
``gbc:bacteria/strain-x`` is written ``gbc:bacteria.strain-x``; ``iri`` has the name in the graph.
An assertion that more speaks against than for is ``negated``; its publications and its confidence
are then those of the denial.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

from pyoxigraph import NamedNode

from kg.assertion import Edge
from kg.graph.ordered import concepts, edges
from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.graph.vocabulary import OPPOSES, compacted
from kg.identifiers import iri_of_identifier
from kg.sentence.cues import Polarity
from kg.sentence.study import StudyKind
from kg.stores import TripleStore
from kg.writing import file_entry, new_file, new_folder, write_manifest
from ontology.concept import Concept
from ontology.namespaces import predicate_iri, to_curie
from ontology.schema import EntityType, Predicate

SOURCE = "infores:gutbrain"
"""Our name as a source; it is not in the registry of information resources (yet)."""

CATEGORIES = {
    EntityType.ANATOMICAL_LOCATION: "biolink:AnatomicalEntity",
    EntityType.ANIMAL: "biolink:OrganismTaxon",
    EntityType.BACTERIA: "biolink:OrganismTaxon",
    EntityType.BIOMEDICAL_TECHNIQUE: "biolink:Procedure",
    EntityType.CHEMICAL: "biolink:ChemicalEntity",
    EntityType.DDF: "biolink:DiseaseOrPhenotypicFeature",
    EntityType.DIETARY_SUPPLEMENT: "biolink:NamedThing",
    EntityType.DRUG: "biolink:Drug",
    EntityType.FOOD: "biolink:Food",
    EntityType.GENE: "biolink:Gene",
    EntityType.HUMAN: "biolink:PopulationOfIndividualOrganisms",
    EntityType.MICROBIOME: "biolink:NamedThing",
    EntityType.STATISTICAL_TECHNIQUE: "biolink:Activity",
}
"""A class that holds every concept of the type: a probiotic is no chemical entity, and there is no
class of microbial communities."""

PREDICATES = {
    Predicate.AFFECT: "biolink:affects",
    Predicate.CHANGE_ABUNDANCE: "biolink:associated_with",
    Predicate.CHANGE_EFFECT: "biolink:affects",
    Predicate.CHANGE_EXPRESSION: "biolink:affects",
    Predicate.IMPACT: "biolink:affects",
    Predicate.INFLUENCE: "biolink:affects",
    Predicate.INTERACT: "biolink:interacts_with",
    Predicate.IS_A: "biolink:subclass_of",
    Predicate.IS_LINKED_TO: "biolink:associated_with",
    Predicate.LOCATED_IN: "biolink:located_in",
    Predicate.PART_OF: "biolink:part_of",
    Predicate.PRODUCED_BY: "biolink:produced_by",
    Predicate.STRIKE: "biolink:disease_has_location",
}
ASPECTS = {Predicate.CHANGE_EXPRESSION: "expression", Predicate.CHANGE_ABUNDANCE: "abundance"}
NODE_COLUMNS = (
    "id", "category", "name", "synonym", "xref", "iri", "gutbrain_type", "is_provisional",
    "provided_by",
)  # fmt: skip
EDGE_COLUMNS = (
    "id", "subject", "predicate", "object", "category", "original_predicate", "negated",
    "object_aspect_qualifier", "knowledge_level", "agent_type", "primary_knowledge_source",
    "publications", "has_confidence_score", "evidence_count", "paper_count", "first_year",
    "last_year", "opposing_evidence_count", "opposing_paper_count",
    *(f"{name.replace(' ', '_')}_paper_count" for name in (*Polarity, *StudyKind)),
)  # fmt: skip
_PLAIN = str.maketrans({"|": "/", "\t": " ", "\n": " ", "\r": " ", '"': "'"})
"""KGX reads quotes as they are, other readers take one at the start for a quoted cell."""


def write_kgx(store: TripleStore, out: Path, work: Path, min_belief: float = 0.0) -> int:
    """Write both tables to a folder; returns the number of edges."""
    with new_folder(out) as folder:
        nodes, ties = folder / "nodes.tsv", folder / "edges.tsv"
        counts = {
            "nodes": _write(nodes, NODE_COLUMNS, map(_node, concepts(store, work, min_belief))),
            "edges": _write(ties, EDGE_COLUMNS, _edges(store, work, min_belief)),
        }
        entries = [file_entry(path) for path in (nodes, ties)]
        write_manifest(folder, {"format": "kgx", **counts, "files": entries})
    return counts["edges"]


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> int:
    written = count()
    with new_file(path) as file:
        file.write(_line(columns))
        file.writelines(_line(row) for row, _ in zip(rows, written, strict=False))
    return next(written)


def _line(cells: Iterable[str]) -> bytes:
    return ("\t".join(cells) + "\n").encode()


def _node(concept: Concept) -> tuple[str, ...]:
    return (
        _curie(concept.curie),
        CATEGORIES[concept.type],
        _plain(concept.name),
        "|".join(map(_plain, concept.synonyms)),
        "|".join(concept.same_as),
        iri_of_identifier(concept.curie),
        concept.type.value,
        str(concept.is_provisional).lower(),
        SOURCE,
    )


def _edges(store: TripleStore, work: Path, min_belief: float) -> Iterator[tuple[str, ...]]:
    for batch in edges(store, work, min_belief):
        papers = _publications(store, batch)
        for edge in batch:
            yield _edge(edge, papers.get((edge.iri, edge.assertion.is_denied), ()))


def _edge(edge: Edge, papers: Iterable[str]) -> tuple[str, ...]:
    said = edge.assertion
    years = ("" if year is None else str(year) for year in (said.first_year, said.last_year))
    return (
        compacted(edge.iri),
        _curie(edge.subject.curie),
        PREDICATES.get(edge.predicate, "biolink:related_to"),
        _curie(edge.object.curie),
        "biolink:Association",
        to_curie(predicate_iri(edge.predicate)),
        str(said.is_denied).lower(),
        ASPECTS.get(edge.predicate, ""),
        "not_provided",
        "text_mining_agent",
        SOURCE,
        "|".join(papers),
        str(said.disbelief if said.is_denied else said.belief),
        str(said.evidence_count),
        str(said.paper_count),
        *years,
        str(said.opposing_evidence_count),
        str(said.opposing_paper_count),
        *map(str, said.papers_by_name.values()),
    )


def _publications(
    store: TripleStore, batch: Iterable[Edge]
) -> Mapping[tuple[str, bool], list[str]]:
    """Map (assertion, whether they deny it) to the CURIEs of papers, by PMID."""
    found: dict[tuple[str, bool], set[int]] = {}
    about = {"assertion": [NamedNode(edge.iri) for edge in batch]}
    for row in read_rows(store, "publications", about):
        side = cell(row, "assertion"), row["stance"] == OPPOSES
        found.setdefault(side, set()).add(int(cell(row, "pmid")))
    return {side: [f"PMID:{pmid}" for pmid in sorted(pmids)] for side, pmids in found.items()}


def _plain(text: str) -> str:
    return text.translate(_PLAIN)


def _curie(identifier: str) -> str:
    is_curie = not identifier.startswith(("http://", "https://"))
    return identifier.replace("/", ".") if is_curie else identifier
