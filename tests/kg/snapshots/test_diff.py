"""What changed between two graphs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from extract.annotation import AnnotatedDocument
from kg.loading import load, withdraw
from kg.snapshots.diff import Difference, about, compare, run_alerts
from kg.stores import Row
from kg.stores.answers import StoreUnreachableError
from kg.stores.embedded import EmbeddedStore
from ontology.schema import Predicate

Paper = Callable[..., AnnotatedDocument]
TAXON, PARKINSON = "F. prausnitzii", "Parkinson's disease"


@pytest.fixture
def later(graph: EmbeddedStore) -> EmbeddedStore:
    """A copy of the small graph, to be changed."""
    copy = EmbeddedStore.in_memory()
    copy.bulk_load(graph.quads())
    return copy


def _told(found: list[Difference]) -> list[tuple[str, str, str, str]]:
    return [(d.change, d.edge.subject.name, d.edge.predicate, d.edge.object.name) for d in found]


def test_a_graph_does_not_differ_from_itself(graph: EmbeddedStore) -> None:
    assert compare(graph, graph, min_change=0) == []


def test_a_new_paper_makes_a_new_assertion(
    graph: EmbeddedStore, later: EmbeddedStore, paper: Paper
) -> None:
    load(later, [paper("77", ("A. muciniphila", Predicate.INFLUENCE, PARKINSON))], min_belief=0.5)
    (found,) = compare(graph, later)
    assert _told([found]) == [("new", "A. muciniphila", "influence", PARKINSON)]
    assert found.before is None
    assert found.after is not None
    assert (found.after.assertion.paper_count, found.shift) == (1, found.after.assertion.belief)


def test_a_withdrawn_paper_takes_its_assertions_along(
    graph: EmbeddedStore, later: EmbeddedStore
) -> None:
    withdraw(later, ["5"], min_belief=0.5)
    (found,) = compare(graph, later)
    assert _told([found]) == [("gone", "inulin", "impact", "gut microbiota")]
    assert found.after is None


def test_more_evidence_changes_the_belief(
    graph: EmbeddedStore, later: EmbeddedStore, paper: Paper
) -> None:
    load(later, [paper("77", (TAXON, Predicate.INFLUENCE, PARKINSON), score=0.5)], min_belief=0.5)
    (found,) = compare(graph, later, min_change=0.03)
    assert found.change == "changed"
    assert found.shift == pytest.approx(0.04)
    assert compare(graph, later, min_change=0.04) == [found]
    assert compare(graph, later, min_change=0.05) == []


def test_new_belief_is_told_however_small_the_step(
    graph: EmbeddedStore, later: EmbeddedStore, paper: Paper
) -> None:
    load(
        later,
        [paper("77", ("inulin", Predicate.IMPACT, "gut microbiota"), score=0.3)],
        min_belief=0.5,
    )
    (found,) = compare(graph, later, min_change=1)
    assert found.before is not None
    assert found.after is not None
    assert (found.before.assertion.is_believed, found.after.assertion.is_believed) == (False, True)


def test_new_comes_before_gone_before_changed(
    graph: EmbeddedStore, later: EmbeddedStore, paper: Paper
) -> None:
    withdraw(later, ["3", "5"], min_belief=0.5)
    load(later, [paper("77", ("A. muciniphila", Predicate.INFLUENCE, PARKINSON))], min_belief=0.5)
    assert [d.change for d in compare(graph, later)] == ["new", "gone", "changed"]


def test_the_two_ends_narrow_what_is_told(graph: EmbeddedStore, later: EmbeddedStore) -> None:
    withdraw(later, ["4"], min_belief=0.5)
    found = compare(graph, later)
    taxon, depression = "NCBITaxon:853", "NCIT:C124639"
    assert len([d for d in found if about(d, [taxon])]) > 1
    (joined,) = (d for d in found if about(d, [taxon, depression]))
    assert _told([joined]) == [("gone", TAXON, "influence", "depression")]


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
