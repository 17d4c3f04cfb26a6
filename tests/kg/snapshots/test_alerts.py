"""Saved questions tell what is new in a graph."""

from collections.abc import Callable
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from kg.loading import load, withdraw
from kg.snapshots.alerts import run_alerts
from kg.stores import Row
from kg.stores.answers import StoreUnreachableError
from kg.stores.embedded import EmbeddedStore
from ontology.schema import Predicate

ALERT = """#+ summary: What is said to influence Parkinson's disease
PREFIX gb: <https://w3id.org/gutbrain/ontology#>
PREFIX obo: <http://purl.obolibrary.org/obo/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?name WHERE { ?taxon gb:influence obo:NCIT_C26845 ; skos:prefLabel ?name } ORDER BY ?name
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parkinson.rq").write_text(ALERT)
    return tmp_path


@pytest.fixture
def later(graph: EmbeddedStore) -> EmbeddedStore:
    copy = EmbeddedStore.in_memory()
    copy.bulk_load(graph.quads())
    return copy


def test_rows_that_were_not_there_are_new(
    graph: EmbeddedStore,
    later: EmbeddedStore,
    folder: Path,
    paper: Callable[..., AnnotatedDocument],
) -> None:
    said = ("A. muciniphila", Predicate.INFLUENCE, "Parkinson's disease")
    load(later, [paper("77", said)], min_belief=0.5)
    (result,) = run_alerts(folder, graph.select, later.select)
    assert (result.name, result.columns) == ("parkinson", ("name",))
    assert (result.new, result.gone) == ((("A. muciniphila",),), ())


def test_rows_that_are_there_no_more_are_gone(
    graph: EmbeddedStore, later: EmbeddedStore, folder: Path
) -> None:
    withdraw(later, ["36517457"], min_belief=0.5)
    (result,) = run_alerts(folder, graph.select, later.select)
    assert (result.new, result.gone) == ((), (("butyrate",),))


def test_a_broken_alert_leaves_the_others(graph: EmbeddedStore, folder: Path) -> None:
    (folder / "broken.rq").write_text("#+ summary: Broken\nSELECT ?x WHERE {")
    (folder / "unnamed.rq").write_text("SELECT ?x WHERE { ?x ?y ?z }")
    results = {r.name: r for r in run_alerts(folder, graph.select, graph.select)}
    assert "refused" in results["broken"].problem
    assert results["unnamed"].problem == ""
    assert results["parkinson"].problem == ""


def test_without_a_folder_there_are_no_alerts(graph: EmbeddedStore, tmp_path: Path) -> None:
    assert run_alerts(tmp_path / "none", graph.select, graph.select) == []


def test_a_graph_that_does_not_answer_is_an_error(graph: EmbeddedStore, folder: Path) -> None:
    def unreachable(_: str) -> list[Row]:
        raise StoreUnreachableError("nobody there")

    with pytest.raises(StoreUnreachableError):
        run_alerts(folder, graph.select, unreachable)
