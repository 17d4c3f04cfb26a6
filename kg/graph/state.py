"""How a graph is doing: how much it holds, and which reading of each article it was made from."""

from dataclasses import dataclass

from kg.graph.rdf import cell
from kg.graph.reading_back import read_rows
from kg.stores import TripleStore


def graph_state(store: TripleStore) -> dict[str, tuple[str, str]]:
    """Map each PMID to the record hash and the pipeline version that the graph was made from."""
    return {
        cell(row, "pmid"): (cell(row, "recordHash"), cell(row, "pipelineVersion"))
        for row in read_rows(store, "state", {})
    }


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """How much a graph holds."""

    articles: int
    mentions: int
    relations: int
    concepts: int
    assertions: int
    believed: int
    evidence: int
    quads: int


def graph_counts(store: TripleStore) -> GraphCounts:
    """Count what a graph holds; a walk over articles and assertions, never over evidence."""
    counts: dict[str, int] = {}
    for query in ("article_counts", "assertion_counts", "believed_count", "concept_count"):
        for row in read_rows(store, query, {}):
            # Virtuoso leaves the sum over nothing unbound
            counts.update({name: int(cell(row, name)) if row[name] else 0 for name in row})
    return GraphCounts(**counts, quads=store.size())
