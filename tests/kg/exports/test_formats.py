"""Every format: the same graph gives the same bytes."""

from pathlib import Path

import pytest

from kg.exports.formats import Format, export
from kg.stores.embedded import EmbeddedStore
from kg.writing import ExportError
from tests.kg.exports.readers import counted


@pytest.mark.parametrize("form", [Format.GRAPHML, Format.CYTOSCAPE, Format.KGX])
def test_a_least_belief_leaves_assertions_out(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    every, _ = export(graph, form, tmp_path / "all" / "x")
    strong, _ = export(graph, form, tmp_path / "strong" / "x", min_belief=0.5)
    weak = counted(graph, "?a gb:belief ?b FILTER (?b < 0.5)")
    assert every - strong == weak > 0


def test_the_whole_graph_takes_no_least_belief(graph: EmbeddedStore, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="whole graph"):
        export(graph, Format.TURTLE, tmp_path / "x", min_belief=0.5)


@pytest.mark.parametrize("form", Format)
def test_the_same_graph_gives_the_same_bytes(
    graph: EmbeddedStore, tmp_path: Path, form: Format
) -> None:
    copy = EmbeddedStore.in_memory()
    copy.bulk_load(reversed(list(graph.quads())))
    export(graph, form, tmp_path / "a" / "out.gz")
    export(copy, form, tmp_path / "b" / "out.gz")
    a, b = (_files(tmp_path / side) for side in ("a", "b"))
    assert a == b
    assert a


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_an_empty_graph_is_written_too(store: EmbeddedStore, tmp_path: Path) -> None:
    for form in Format:
        count, _ = export(store, form, tmp_path / form)
        assert count == 0
        assert (tmp_path / form).exists()
