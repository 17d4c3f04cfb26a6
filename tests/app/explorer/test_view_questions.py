"""The questions behind the views, on a graph where joining all with all takes too long."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from app.sandbox.answer import Limits, Query, UnavailableError
from app.sandbox.workers import WorkerSandbox
from kg.graph.catalogue import Question, bind, question, question_folder
from kg.snapshots.snapshot import current_snapshot, next_snapshot

SMALL_GRAPH = Path(__file__).parents[2] / "data" / "explorer.trig"
CONCEPTS = 6_000
PREFIXES = """
@prefix gb: <https://w3id.org/gutbrain/ontology#> .
@prefix graph: <https://w3id.org/gutbrain/graph/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
CONCEPT = """
<http://purl.obolibrary.org/obo/CHEBI_{n}> a skos:Concept , gb:Drug ; skos:prefLabel "drug {n}" .
"""
ARGUMENTS = {
    "assertion": "https://w3id.org/gutbrain/assertion/aaaaaaaaaaaaaaaa",
    "article": "PMID:2",
    "concept": "MONDO:0002050",
}
NAMES = sorted(
    entry.name.removesuffix(".rq")
    for entry in question_folder().iterdir()
    if entry.name.startswith("view_")
)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerSandbox]:
    """The small graph among many concepts that nothing is said of."""
    root = tmp_path_factory.mktemp("crowded")
    concepts = "".join(CONCEPT.format(n=90_000 + n) for n in range(CONCEPTS))
    with next_snapshot(root) as store:
        store.bulk_load(parse(SMALL_GRAPH.read_bytes(), RdfFormat.TRIG))
        text = f"{PREFIXES} graph:concepts {{ {concepts} }}"
        store.bulk_load(parse(text.encode(), RdfFormat.TRIG))
    snapshot = current_snapshot(root)
    assert snapshot is not None
    sandbox = WorkerSandbox(lambda: str(snapshot.graph), Limits(2.0))
    yield sandbox
    sandbox.close()


def bound(asked: Question) -> str:
    names = {param.name for param in asked.params}
    return bind(asked, {name: value for name, value in ARGUMENTS.items() if name in names})


@pytest.mark.parametrize("name", NAMES)
def test_a_view_has_its_rows_in_time_whatever_else_the_graph_holds(
    crowded: WorkerSandbox, name: str
) -> None:
    answer = crowded.answer(Query(bound(question(name)), "text/csv"))

    assert len(answer.body.splitlines()) > 1


def test_joining_all_concepts_with_all_is_not_in_time(crowded: WorkerSandbox) -> None:
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"

    with pytest.raises(UnavailableError):
        crowded.answer(Query(f"SELECT (COUNT(*) AS ?n) {{ ?a {label} ?x . ?b {label} ?y }}"))
